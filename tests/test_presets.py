"""The other systems of the comparison table: shape, size, learning in mixed precision, and saving."""

import numpy as np
import pytest
import tensorflow as tf

from cafer_tf import Cafer, Config, features
from cafer_tf.comparison_table import PUBLISHED, ROWS
from cafer_tf.comparison_table.training import parameters_of
from cafer_tf.config.systems import SYSTEMS

NEWER = ('avce2022', 'elim2022')
SMALL = {'alexnet': 64, 'face_ssd': 64}
BATCH = 8
REGRESSION = {'rmse_loss', 'mse_loss', 'pcc_loss', 'ccc_loss'}


def small(name):
    """The configuration of a preset on images as small as its network takes, without dropout."""
    config = Config.from_preset(name)
    changes = {
        'input.image_size': SMALL.get(config.network.encoder, 32),
        'network.head_dropout': 0.0,
        'network.critic_dropout': 0.0,
        'training.batch_size': BATCH,
        'training.optimizer': 'adam',
        'training.learning_rate': 5e-5,
        'training.schedule': 'constant',
        'training.precision': 'mixed_bfloat16',
    }
    return config.with_changes(changes.items())


def batch_of(config):
    random = np.random.default_rng(0)
    labels = random.uniform(-0.9, 0.9, (BATCH, 2)).astype(np.float32)
    size = config.input.image_size
    # Brightness shows valence and redness arousal, so that there is something to learn.
    images = 0.5 + 0.3 * labels[:, :1, None, None] + random.normal(0, 0.05, (BATCH, size, size, 3))
    images[..., 0] += 0.2 * labels[:, 1, None, None]
    images = np.clip(images, 0, 1).astype(np.float32)
    targets = {features.LABELS: labels}
    if config.compares_people:
        targets[features.PEOPLE] = np.arange(BATCH) % 3
    if config.finds_faces:
        targets[features.BOXES] = np.tile(np.float32([0.5, 0.5, 0.6]), (BATCH, 1))
    return images, targets if len(targets) > 1 else labels


@pytest.mark.parametrize(
    ('name', 'trained'),
    [
        # docs/table.md says how each is made up.
        ('mollahosseini2017', 61_102_842),
        ('kollias2018', 50_382_658),
        ('barros2019', 3_589_530),
        ('kossaifi2020', 11_226_445),
        ('hasani2020', 3_071_922),
        ('jang2019', 23_121_386),
        ('resnet18', None),
        ('alexnet', None),
    ],
)
def test_the_number_of_parameters(name, trained):
    found = sum(parameters_of(Cafer(Config.from_preset(*ROWS[name].presets))).values())
    if trained is not None:
        assert found == trained
    published = PUBLISHED[ROWS[name].published].parameters
    if published is not None:
        assert found == pytest.approx(published * 1e6, rel=0.03)


def test_the_newer_methods_on_alexnet_are_as_large_as_published():
    """What predicts, without what training needs beside it."""
    sizes = {}
    for name in NEWER:
        found = parameters_of(Cafer(Config.from_preset('alexnet', name)))
        sizes[name] = found['encoder'] + found['head']
    # elim2022 normalises its layer of 256, too, as its authors' ResNet18 does: two parameters a unit more.
    assert sizes == {'avce2022': 2_773_602, 'elim2022': 10_255_938 + 2 * 256}


@pytest.mark.parametrize('name', [*SYSTEMS, *NEWER])
def test_learns_a_tiny_batch_in_mixed_precision_and_answers_alike_once_saved(name, tmp_path):
    tf.keras.utils.set_random_seed(0)
    config = small(name)
    model = Cafer(config, threshold=0.5)
    model.compile(run_eagerly=True)  # a few steps take less time than building their graph
    images, targets = batch_of(config)
    before = [variable.numpy() for variable in model.encoder.trainable_variables]
    steps = [model.train_on_batch(images, targets, reset_metrics=True, return_dict=True) for _ in range(6)]
    assert all(np.isfinite(value) for logs in steps for value in logs.values()), steps
    assert all(logs['encoder_gradient_norm'] > 0 for logs in steps)
    errors = [sum(value for term, value in logs.items() if term in REGRESSION) for logs in steps]
    assert min(errors[1:]) < 0.97 * errors[0], errors
    moved = [(old != new.numpy()).any() for old, new in zip(before, model.encoder.trainable_variables, strict=True)]
    assert np.mean(moved) > 0.9

    answers = model(images).numpy()
    assert answers.shape == (BATCH, 2) and answers.dtype == np.float32 and np.abs(answers).max() <= 1
    model.compile(optimizer='sgd')  # whose state is small
    model.save(tmp_path / 'model.keras')
    loaded = tf.keras.models.load_model(tmp_path / 'model.keras')
    np.testing.assert_allclose(loaded(images), answers, atol=1e-6)
