import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from cafer_tf import Cafer, Config
from cafer_tf.ledger import Ledger
from cafer_tf.study import comparison, variants
from cafer_tf.study.job import Job, run
from cafer_tf.study.population import Population, render

SMALL = Population(people=8, images=16, new_images=6, image_size=36, folds=4)
SHORT = (('training.epochs', 1), ('training.batch_size', 8), ('input.image_size', 32))


def test_every_variant_is_a_configuration_of_one_budget():
    configs = {name: variants.config_of(name, seed=3) for name in variants.DESCRIPTIONS}
    assert len({json.dumps(config.to_dict(), sort_keys=True) for config in configs.values()}) == len(configs)
    for config in configs.values():
        assert {key: config.flat()[key] for key in variants.BUDGET} == variants.BUDGET
        assert config.training.seed == 3
    assert configs['supervised'].adversarial.weight == configs['balanced'].adversarial.weight == 0
    assert configs['balanced'].grouping.balanced and not configs['supervised'].grouping.balanced


def test_all_variants_begin_with_the_same_weights():
    weights = {}
    for name in variants.DESCRIPTIONS:
        tf.keras.utils.set_random_seed(3)
        config = variants.config_of(name, 3)
        model = Cafer(config, threshold=0.4)
        # The newer methods end the encoder with layers of their own, and have another head.
        networks = (model.encoder,) if config.network.bottleneck else (model.encoder, model.head)
        weights[name] = [weight.numpy() for network in networks for weight in network.weights]
    common = len(Cafer(Config(), threshold=0.4).encoder.weights)
    for found in weights.values():
        assert len(found) > common
        for one, other in zip(found[:common], weights['supervised'], strict=False):
            np.testing.assert_array_equal(one, other)


def test_labels_alone_stay_alone_whatever_is_changed():
    for name in ('supervised', 'balanced'):
        assert variants.config_of(name, 0, {'adversarial.weight': 0.3}).adversarial.weight == 0
    assert variants.config_of('paper', 0, {'adversarial.weight': 0.3}).adversarial.weight == 0.3


def test_changes_come_before_the_budget():
    assert variants.config_of('paper', 0, {'training.epochs': 7}).training.epochs == 7


def test_the_key_tells_jobs_apart_and_survives_json():
    one, other = Job('paper', 1.0, 0, 0, SMALL), Job('paper', 1.0, 0, 0, SMALL, (('adversarial.weight', 0.3),))
    assert one.key() != other.key()
    keys = [json.dumps(key, sort_keys=True) for key in (one.key(), json.loads(json.dumps(one.key())))]
    assert keys[0] == keys[1]


@pytest.fixture(scope='module')
def faces(tmp_path_factory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp('faces')
    render(SMALL, 1.0, folder, workers=1)
    return folder


def test_a_job_judges_people_never_seen_and_people_seen(faces, tmp_path):
    ledger = Ledger(tmp_path / 'results.jsonl')
    ledger.append(run(Job('paper', 1.0, 1, 0, SMALL, SHORT), faces))
    (result,) = ledger.results()
    assert sorted(result['unseen']) == ['person-0000', 'person-0001']
    assert sorted(result['seen']) == ['person-0002-new', 'person-0003-new', 'person-0004-new', 'person-0005-new']
    assert [statistic[0] for statistic in result['unseen']['person-0000'].values()] == [16, 16]
    assert [statistic[0] for statistic in result['seen']['person-0002-new'].values()] == [6, 6]
    assert len(result['validation']) == 1
    assert 0 <= result['probe']['accuracy'] <= 1 and result['probe']['chance'] == 0.5
    assert -1 <= comparison.figures(result)['unseen_ccc'] <= 1
