"""A small evaluation to report on: twelve people with twelve faces each, six of them in training."""

import numpy as np
import pytest
from records import encode, image_of

from cafer_tf import evaluation, grouping
from cafer_tf.config import Config
from cafer_tf.evaluation import Predicted
from cafer_tf.report import page

HOSTILE = 'ann <b>& "co"'
"""A name that would break a page that does not escape it."""


def make_predicted(people, noise, seed):
    """Twelve faces of each person, whose embedding holds emotion and person."""
    rng = np.random.default_rng(seed)
    subjects = np.repeat(people, 12)
    labels = rng.uniform(-0.9, 0.9, [len(subjects), 2])
    predictions = np.clip(labels + rng.normal(0, noise, labels.shape), -1, 1)
    identity = np.repeat(rng.normal(size=[len(people), 4]), 12, axis=0)
    embeddings = np.hstack([labels, identity + 0.5 * rng.normal(size=identity.shape)])
    count = len(subjects)
    return Predicted(
        labels,
        predictions,
        embeddings,
        subjects,
        np.full(count, ''),
        np.full(count, -1),
        np.array([f'images/{place}.png' for place in range(count)]),
        tuple((f'camera={"left" if place % 2 else "right"}',) for place in range(count)),
    )


@pytest.fixture(scope='package')
def unseen():
    """The faces that are judged."""
    return make_predicted([HOSTILE, *(f'person-{number}' for number in range(5))], 0.2, 0)


@pytest.fixture(scope='package')
def figures(unseen):
    """The evaluation of them."""
    seen = make_predicted([f'known-{number}' for number in range(6)], 0.1, 1)
    return evaluation.evaluate(unseen, 0.5, model='serving/cafer/1', seen=seen, resamples=50)


@pytest.fixture(scope='package')
def material(unseen, figures):
    """Everything on the page."""
    config = Config().with_changes([('training.epochs', 3)])
    ccc = {1: 0.2, 2: 0.6, 3: 0.5}
    return page.Material(
        model='serving/cafer/1',
        made='24 November 2026',
        version='1.2.3',
        config=config.flat(),
        defaults=Config().flat(),
        data=page.Data(
            dataset='csv',
            splits={'train': page.Split(6, 30, 42), 'eval': page.Split(2, 12, 12), 'test': page.Split(6, 33, 39)},
            excluded={'no <face> box': 7},
            quarantined=2,
            histogram=grouping.IntensityHistogram.empty().add(np.linspace(0.05, 1.2, 72)),
            threshold=0.5,
        ),
        scalars={split: {'loss': {1: 1.5, 2: 0.9, 3: 0.7}, 'ccc': ccc} for split in ('train', 'validation')},
        evaluation=figures,
        unseen=unseen,
        faces=dict.fromkeys(page.shown_faces(unseen), encode(image_of(0.5, 0.5))),
    )
