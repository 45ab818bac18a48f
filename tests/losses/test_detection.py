import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.losses import detection_terms, face_matches, read_at_face
from cafer_tf.losses.detection import box_offsets


def drawn(seed, count=5, cells=40):
    """Outputs, boxes of faces and boxes of cells, `[n, cells * 7]`, `[n, 3]` and `[cells, 3]`."""
    rng = np.random.default_rng(seed)
    boxes, default_boxes = (
        np.concatenate([rng.uniform(0.2, 0.8, (rows, 2)), rng.uniform(0.2, 0.9, (rows, 1))], axis=1)
        for rows in (count, cells)
    )
    return rng.normal(0, 2, (count, cells * 7)), boxes, default_boxes


def overlap(one, other):
    """Common area over the area of both, of two squares."""
    low = [max(a - one[2] / 2, b - other[2] / 2) for a, b in zip(one[:2], other[:2], strict=True)]
    high = [min(a + one[2] / 2, b + other[2] / 2) for a, b in zip(one[:2], other[:2], strict=True)]
    common = max(high[0] - low[0], 0) * max(high[1] - low[1], 0)
    return common / (one[2] ** 2 + other[2] ** 2 - common)


def reference_matches(boxes, default_boxes):
    overlaps = np.array([[overlap(box, other) for other in default_boxes] for box in boxes])
    matches = overlaps > 0.5
    matches[np.arange(len(boxes)), overlaps.argmax(1)] = True
    return matches


def reference_terms(outputs, boxes, default_boxes):
    """The equations in NumPy, image by image and cell by cell."""
    faceness, placing, spread = [], [], []
    matches = reference_matches(boxes, default_boxes)
    for cells, box, shown in zip(outputs.reshape(len(boxes), -1, 7), boxes, matches, strict=True):
        surely = 1 / (1 + np.exp(-cells[:, 0]))
        wrong = sorted(-np.log(1 - surely[~shown]), reverse=True)
        faceness.append((-np.log(surely[shown]).sum() + sum(wrong[: 3 * shown.sum()])) / shown.sum())
        total = 0
        for cell, own in zip(cells[shown], default_boxes[shown], strict=True):
            size = np.log(box[2] / own[2]) / 0.2
            target = [(box[0] - own[0]) / own[2] / 0.1, (box[1] - own[1]) / own[2] / 0.1, size, size]
            error = np.abs(cell[1:5] - target)
            total += np.where(error < 1, error**2 / 2, error - 0.5).sum()
        placing.append(total / shown.sum())
        spread.append(cells[shown, 5:].var(axis=0).sum())
    return {'faceness_loss': np.mean(faceness), 'box_loss': np.mean(placing), 'spread_loss': np.mean(spread)}


@pytest.mark.parametrize('seed', range(3))
def test_matches_are_the_definition(seed):
    _, boxes, default_boxes = drawn(seed, count=20)
    matches = face_matches(tf.constant(boxes), default_boxes).numpy()
    np.testing.assert_array_equal(matches, reference_matches(boxes, default_boxes))
    assert 1 == matches.sum(1).min() < matches.sum(1).max()


def test_a_face_that_is_nowhere_near_has_a_cell_all_the_same():
    matches = face_matches(tf.constant([[0.9, 0.9, 0.05]]), [[0.1, 0.1, 0.1], [0.5, 0.5, 1.0]])
    np.testing.assert_array_equal(matches, [[0, 1]])  # it covers .25 % of the large one


@pytest.mark.parametrize(('dtype', 'tolerance'), [('float32', 1e-5), ('float64', 1e-10)])
@pytest.mark.parametrize('seed', range(3))
def test_terms_are_the_equations(seed, dtype, tolerance):
    arguments = drawn(seed)
    terms = tf.function(detection_terms)(*(tf.constant(values, dtype) for values in arguments))
    expected = reference_terms(*arguments)
    assert terms.keys() == expected.keys()
    for name, term in terms.items():
        assert term.dtype == dtype
        assert float(term) == pytest.approx(expected[name], rel=tolerance)


def test_by_hand():
    # The first cell is the face's, the others are far; logits of 0 cost log 2 each: that one, and three of four.
    default_boxes = tf.constant([[0.5, 0.5, 0.5], *([[0.1, 0.1, 0.1]] * 4)])
    outputs = np.zeros([1, 5, 7], np.float32)
    outputs[0, 0, 1:5] = 1, 0, 0.5, 0
    terms = detection_terms(outputs.reshape(1, -1), tf.constant([[0.525, 0.5, 0.5]]), default_boxes)
    assert float(terms['faceness_loss']) == pytest.approx(4 * np.log(2))
    # Targets: .025 / (.1 · .5) = ½, then 0. Errors ½, 0, ½ and 0, so twice ½ · ¼.
    assert float(terms['box_loss']) == pytest.approx(0.25)
    assert float(terms['spread_loss']) == 0  # one cell agrees with itself


def test_a_face_found_costs_nothing():
    _, boxes, default_boxes = drawn(0)
    boxes, default_boxes = tf.constant(boxes), tf.constant(default_boxes)
    faceness = 100 * (2 * face_matches(boxes, default_boxes)[..., tf.newaxis] - 1)
    outputs = tf.concat([faceness, box_offsets(boxes, default_boxes), tf.zeros([5, 40, 2], tf.float64)], axis=2)
    terms = detection_terms(tf.reshape(outputs, [5, -1]), boxes, default_boxes)
    assert [float(term) for term in terms.values()] == pytest.approx([0, 0, 0], abs=1e-12)


def test_gradients_are_finite_and_those_of_cells_that_count():
    outputs, boxes, default_boxes = drawn(1)
    outputs[:, ::7] *= 1e4  # as sure as can be
    outputs = tf.constant(outputs, tf.float32)
    matches = face_matches(tf.constant(boxes, tf.float32), default_boxes)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(outputs)
        terms = detection_terms(outputs, boxes, default_boxes)
        read = tf.reduce_sum(read_at_face(outputs, matches))
    gradients = {name: tape.gradient(term, outputs).numpy() for name, term in (*terms.items(), ('read', read))}
    by_cell = {name: gradient.reshape(5, 40, 7) for name, gradient in gradients.items()}
    assert all(np.isfinite(gradient).all() for gradient in by_cell.values())
    shown = matches.numpy() == 1
    assert (by_cell['faceness_loss'][..., 1:] == 0).all()
    assert ((by_cell['faceness_loss'][..., 0] != 0)[~shown].sum()) <= 3 * shown.sum()
    assert ((by_cell['box_loss'] != 0).any(axis=(0, 1)) == [False, True, True, True, True, False, False]).all()
    assert (by_cell['box_loss'][~shown] == 0).all()
    assert ((by_cell['spread_loss'] != 0).any(axis=(0, 1)) == [False] * 5 + [True] * 2).all()
    assert (by_cell['spread_loss'][~shown] == 0).all()
    # Of a mean over the cells that show the face, and of nothing else.
    np.testing.assert_allclose(by_cell['read'][..., 5:], (shown / shown.sum(1, keepdims=True))[..., None].repeat(2, 2))
    assert (by_cell['read'][..., :5] == 0).all()


def test_reads_the_mean_at_the_face():
    outputs = np.zeros([2, 3, 7], np.float32)
    outputs[..., 5:] = [[[0.1, 0.2], [0.3, 0.4], [9, 9]], [[9, 9], [9, 9], [-0.5, 0.6]]]
    read = read_at_face(outputs.reshape(2, -1), tf.constant([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]))
    np.testing.assert_allclose(read, [[0.2, 0.3], [-0.5, 0.6]], rtol=1e-6)


def test_errors_of_the_mean_and_the_spread_are_those_of_the_cells():
    outputs, boxes, default_boxes = drawn(0)
    labels = np.random.default_rng(9).uniform(-1, 1, (5, 2))
    matches = face_matches(tf.constant(boxes), default_boxes)
    of_mean = np.sum((read_at_face(outputs, matches) - labels) ** 2, axis=1).mean()
    spread = float(detection_terms(outputs, boxes, default_boxes)['spread_loss'])
    cells = zip(outputs.reshape(5, 40, 7), matches.numpy() == 1, labels, strict=True)
    of_cells = np.mean([((cell[shown, 5:] - label) ** 2).sum(1).mean() for cell, shown, label in cells])
    assert of_mean + spread == pytest.approx(of_cells)


def test_terms_are_means_over_the_batch():
    outputs, boxes, default_boxes = drawn(2, count=6)
    whole = detection_terms(outputs, boxes, default_boxes)
    parts = [detection_terms(outputs[rows], boxes[rows], default_boxes) for rows in (slice(2), slice(2, 6))]
    for name, term in whole.items():
        assert float(term) == pytest.approx((2 * float(parts[0][name]) + 4 * float(parts[1][name])) / 6)


def test_half_precision_is_judged_in_float32():
    outputs, boxes, default_boxes = drawn(3)
    outputs = tf.constant(outputs, tf.float16)
    terms = detection_terms(outputs, boxes, default_boxes)
    expected = detection_terms(tf.cast(outputs, tf.float32), boxes, default_boxes)
    assert all(term.dtype == tf.float32 for term in terms.values())
    assert [float(term) for term in terms.values()] == [float(term) for term in expected.values()]


def test_refuses_other_shapes():
    with pytest.raises(ValueError, match=r'outputs must have shape \[n, cells \* 7\]; theirs is \(2, 20\)'):
        detection_terms(tf.zeros([2, 20]), tf.ones([2, 3]), tf.ones([3, 3]))
    with pytest.raises(
        ValueError, match=r'default_boxes must have shape \[2, 3\] for these outputs; theirs is \(3, 3\)'
    ):
        detection_terms(tf.zeros([2, 14]), tf.ones([2, 3]), tf.ones([3, 3]))
    corners = tf.ones([2, 4])  # other boxes than squares by middle and side
    message = r'boxes and default_boxes must have shapes \[n, 3\] and \[cells, 3\]; theirs are \(2, 4\) and \(2, 3\)'
    for refuses in (face_matches, box_offsets, lambda boxes, others: detection_terms(tf.zeros([2, 14]), boxes, others)):
        with pytest.raises(ValueError, match=message):
            refuses(corners, tf.ones([2, 3]))
    with pytest.raises(ValueError, match=r'theirs are \(2, 3\) and \(2, 4\)'):
        face_matches(tf.ones([2, 3]), corners)
