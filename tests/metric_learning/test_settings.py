import json

import pytest

from cafer_tf.config import ConfigError
from cafer_tf.datasets.classes import CLASS_LAYOUTS
from cafer_tf.metric_learning import RECIPES, ROWS


def test_every_layout_has_settings():
    assert set(RECIPES) == set(CLASS_LAYOUTS)


def test_values_are_changed_by_name():
    changed = RECIPES['omniglot'].with_changes(['epochs=3', 'margin.margin=0.4', 'network=resnet18'])
    # One alone would be out of range.
    larger = RECIPES['omniglot'].with_changes(['image_size=64', 'stored_size=72'])
    assert (larger.image_size, larger.stored_size) == (64, 72)
    assert (changed.epochs, changed.losses['margin'].margin, changed.network) == (3, 0.4, 'resnet18')
    assert changed.losses['triplet'] == RECIPES['omniglot'].losses['triplet']


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ('epochs', 'KEY=VALUE'),
        ('epoch=3', "unknown setting 'epoch'"),
        ('losses=3', "unknown setting 'losses'"),
        ('hinge.margin=1', "unknown setting 'hinge.margin'"),
        ('margin.epochs=1', "unknown setting 'margin.epochs'"),
        ('epochs=many', "epochs must be a whole number; it is 'many'"),
        ('epochs=1.5', 'epochs must be a whole number'),
        ('decay_rate=nan', 'decay_rate must be a number'),
        ('epochs=0', 'epochs must be at least 1'),
        ('image_size=99', 'image_size'),
        ('augmentation=blur', 'affine or crop'),
        ('images_per_class=1', 'positives'),
        ('constant=1000', 'batch size'),
        ('weight_decay=-1', 'weight_decay must not be negative'),
        ('warm_up_epochs=-1', 'warm_up_epochs must be at least 0'),
        ('warm_up_epochs=20', 'fewer than epochs'),
        ('decay_epochs=-1', 'decay_epochs must not be negative'),
        ('decay_rate=0', 'decay_rate must be above 0'),
        ('decay_rate=1.5', 'at most 1'),
        ('dsml.neighbours=0', 'neighbours'),
        ('dsml.learning_rate=0', 'learning_rate'),
    ],
)
def test_what_is_wrong_is_said(change, message):
    with pytest.raises(ConfigError, match=message):
        RECIPES['omniglot'].with_changes([change])


def test_a_row_depends_on_its_own_loss_and_margin_only():
    settings = RECIPES['omniglot']
    static, adaptive = (settings.of_row(ROWS[name]) for name in ('triplet', 'triplet_adaptive'))
    assert json.loads(json.dumps(static)) == static
    other = settings.with_changes(['dsml.margin=0.7', 'triplet.neighbours=9', 'constant=2'])
    assert other.of_row(ROWS['triplet']) == static
    assert other.of_row(ROWS['triplet_adaptive']) == {**adaptive, 'neighbours': 9, 'constant': 2.0}
    assert other.with_changes(['embedding=8']).of_row(ROWS['triplet']) == {**static, 'embedding': 8}
