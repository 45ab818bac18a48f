import math

import numpy as np
import pytest
import tensorflow as tf

from cafer_tf import losses
from cafer_tf.metric_learning.rows import ROWS, Objective, class_margin


@pytest.fixture
def batch():
    generator = np.random.default_rng(0)
    # A mean that all share, so that η is not 0.
    return np.repeat([0, 1, 2], 3), tf.constant(generator.normal([2, -1, 0, 1, 0], 1, (9, 5)), tf.float32)


def test_the_margin_is_that_of_all_pairs_of_different_classes(batch):
    labels, embeddings = batch
    unit = embeddings.numpy() / np.linalg.norm(embeddings, axis=1, keepdims=True)
    pairs = [(i, j) for i in range(9) for j in range(9) if labels[i] != labels[j]]
    first, second = (np.concatenate([unit[pair[side]] for pair in pairs]) for side in (0, 1))
    eta = np.corrcoef(first, second)[0, 1]
    assert eta > 0.1
    expected = -0.5 * math.log(1 - eta**2) + math.log(9 / 0.5) / (2 * 3)
    assert float(class_margin(labels, embeddings, neighbours=3, constant=0.5)) == pytest.approx(expected, rel=1e-4)
    assert float(class_margin(labels, 7 * embeddings, neighbours=3, constant=0.5)) == pytest.approx(expected, rel=1e-4)


def test_one_class_has_the_confidence_term_alone(batch):
    assert float(class_margin([4] * 9, batch[1], neighbours=2)) == pytest.approx(math.log(9) / 4)


def test_the_rows_are_five_losses_with_two_margins():
    assert [row.name for row in ROWS.values()] == list(ROWS)
    assert list(ROWS)[:3] == ['contrastive', 'contrastive_adaptive', 'triplet']
    assert len(ROWS) == 10 and ROWS['dsml_adaptive'].title == 'DSML with α̂'


@pytest.mark.parametrize('name', ROWS)
def test_a_row_is_its_loss_with_its_margin(name, batch):
    labels, embeddings = batch
    objective = Objective(ROWS[name], 3, 5, margin=0.3, neighbours=4, constant=1.0)
    learned = objective.trainable_variables
    adaptive = float(class_margin(labels, embeddings, neighbours=4))
    margin = adaptive if ROWS[name].adaptive else 0.3
    expected = {
        'contrastive': lambda: losses.contrastive_loss(labels, embeddings, margin, exponent=2),
        'triplet': lambda: losses.triplet_semihard_loss(labels, embeddings, margin, distance='squared_l2'),
        'margin': lambda: losses.margin_loss(labels, embeddings, margin, learned[0], triplets()),
        'dsml': lambda: losses.snr_triplet_loss(labels, embeddings, margin),
        'proxy_anchor': lambda: losses.proxy_anchor_loss(labels, embeddings, learned[0], margin),
    }

    def triplets():
        unit = embeddings / tf.norm(embeddings, axis=1, keepdims=True)
        return losses.distance_weighted_triplets(unit, labels, [3, 4], farthest=1.2 + margin)

    loss, used = objective(tf.constant(labels), embeddings, tf.constant([3, 4]))
    assert float(used) == pytest.approx(margin)
    assert float(loss) == pytest.approx(float(expected[ROWS[name].loss]()), rel=1e-5)
    assert [variable.shape.as_list() for variable in learned] == {'margin': [[3]], 'proxy_anchor': [[3, 5]]}.get(
        ROWS[name].loss, []
    )


@pytest.mark.parametrize(
    ('name', 'ceiling'), [('contrastive', 2**0.5), ('triplet', 2), ('margin', 0.6), ('dsml', 2), ('proxy_anchor', 1)]
)
def test_the_adaptive_margin_asks_for_nothing_that_embeddings_cannot_do(name, ceiling):
    # Equal embeddings: η is 1 and α̂ above 6. For the margin loss the ceiling is half of β, 1.2 at first.
    objective = Objective(ROWS[f'{name}_adaptive'], 2, 4, margin=0.3, neighbours=4, constant=1.0)
    embeddings = tf.constant([[1.0, 2.0, 3.0, 4.0]] * 4)
    assert float(class_margin([0, 0, 1, 1], embeddings, 4)) > 6
    margin = objective(tf.constant([0, 0, 1, 1]), embeddings, tf.constant([0, 0]))[1]
    assert float(margin) == pytest.approx(ceiling)


def test_the_margin_is_a_constant_for_the_gradient(batch):
    labels, embeddings = batch
    with tf.GradientTape() as tape:
        tape.watch(embeddings)
        margin = class_margin(labels, embeddings, 4)
    assert tape.gradient(margin, embeddings) is None


def test_the_bound_of_the_margin_is_a_constant_for_the_gradient_too(batch):
    objective = Objective(ROWS['margin_adaptive'], 4, 5, margin=0.3, neighbours=4, constant=1.0)
    beta = objective.trainable_variables[0]
    beta.assign([1.2, 1.2, 1.2, 0.3])  # the smallest one is that of a class that the batch does not have
    with tf.GradientTape() as tape:
        loss, margin = objective(tf.constant(batch[0]), batch[1], tf.constant([3, 4]))
    assert float(margin) == pytest.approx(0.15)
    gradient = tape.gradient(loss, beta).numpy()
    assert gradient[3] == 0 and gradient[:3].any()
