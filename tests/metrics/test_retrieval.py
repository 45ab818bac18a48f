import tracemalloc

import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.metrics import recall_at_k


def reference(embeddings, labels, ks):
    """Neighbour by neighbour: the others in order of similarity, the first in the data before its equals."""
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    hits = dict.fromkeys(ks, 0)
    for i in range(len(unit)):
        others = [j for j in range(len(unit)) if j != i]
        others.sort(key=lambda j: -round(float(unit[i] @ unit[j]), 11))
        for k in ks:
            hits[k] += any(labels[j] == labels[i] for j in others[:k])
    return {k: count / len(unit) for k, count in hits.items()}


def nearest(embeddings, labels, ks):
    """The same by the differences of unit rows, which do not cancel where rows are close together."""
    embeddings = np.asarray(embeddings, np.float64)
    norms = np.linalg.norm(embeddings, axis=1, keepdims=True)
    unit = embeddings / np.where(norms == 0, 1, norms)
    hits = dict.fromkeys(ks, 0)
    for i in range(len(unit)):
        squares = ((unit - unit[i]) ** 2).sum(axis=1)
        squares[i] = np.inf
        order = np.argsort(squares, kind='stable')
        for k in ks:
            hits[k] += labels[i] in labels[order[:k]]
    return {k: count / len(unit) for k, count in hits.items()}


def data(seed, rows=60, dimension=8, classes=10):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(rows, dimension)), rng.integers(0, classes, rows)


def test_by_hand():
    # Unit vectors at 0°, 10°, 30° and 70°, nearest first: 0 sees 1, 2, 3; 1 sees 0, 2, 3; 2 sees 1, 0, 3; 3 sees 2, 1,
    # 0. With classes a, b, a, a row 0 finds its class at the second, row 1 never, row 2 at the second, row 3 at once.
    angles = np.radians([0, 10, 30, 70])
    embeddings = np.stack([np.cos(angles), np.sin(angles)], axis=1) * [[1], [5], [0.1], [2]]
    assert recall_at_k(embeddings, [0, 1, 0, 0], ks=(1, 2, 3)) == {1: 0.25, 2: 0.75, 3: 0.75}


@pytest.mark.parametrize('seed', range(3))
@pytest.mark.parametrize('dtype', ['float32', 'float64'])
def test_is_the_share_with_a_neighbour_of_its_class(seed, dtype):
    embeddings, labels = data(seed)
    ks = (1, 2, 4, 8, 59)
    assert recall_at_k(embeddings.astype(dtype), labels, ks) == reference(embeddings.astype(dtype), labels, ks)


@pytest.mark.parametrize('seed', range(3))
def test_of_neighbours_equally_near_the_first_counts(seed):
    rng = np.random.default_rng(seed)
    embeddings = rng.normal(size=(5, 7))[rng.integers(0, 5, 40)] * rng.choice([0.3, 1.0, 7.0], (40, 1))
    labels = rng.integers(0, 6, 40)
    ks = (1, 2, 4, 8)
    expected = reference(embeddings, labels, ks)
    assert 0 < expected[1] < expected[8]
    for chunk_size in (1, 7, 40):
        assert recall_at_k(embeddings, labels, ks, chunk_size) == expected


@pytest.mark.parametrize('chunk_size', [1, 2, 7, 59, 60, 1000])
def test_does_not_depend_on_the_chunks(chunk_size):
    embeddings, labels = data(3)
    assert recall_at_k(embeddings, labels, chunk_size=chunk_size) == recall_at_k(embeddings, labels)


@pytest.mark.parametrize(
    ('dtype', 'spread'), [('float32', 1e-6), ('float32', 1e-4), ('float64', 1e-8), ('float64', 1e-6)]
)
@pytest.mark.parametrize('noise', [0.3, 1.0])
@pytest.mark.parametrize('zeros', [0, 1])
def test_embeddings_that_are_close_together_are_told_apart(dtype, spread, noise, zeros):
    rng = np.random.default_rng(0)
    labels = np.arange(200) % 20
    rows = rng.normal(size=(20, 16))[labels] + noise * rng.normal(size=(200, 16))
    # A row of zeros is far from all; of a class of its own, it misses.
    embeddings = np.concatenate([1 + spread * rows, np.zeros([zeros, 16])]).astype(dtype)
    labels = np.concatenate([labels, np.full(zeros, 20)])
    ks = (1, 2, 4, 8)
    expected = nearest(embeddings, labels, ks)
    assert expected[1] > 0.99 * 200 / len(labels) if noise < 1 else 0.5 < expected[1] < expected[8]
    for chunk_size in (7, 256):
        assert recall_at_k(embeddings, labels, ks, chunk_size) == expected


def test_a_row_of_zeros_is_1_away_from_all_others():
    # Row 0 is √2 (1 - cos 1.4)^½ = 1.29 away from row 2 and 2 from row 3, so that its class, in row 1, is the nearest.
    # From row 1 all others are equally near, of which row 0 is the first.
    embeddings = np.array([[1.0, 0.0], [0.0, 0.0], [np.cos(1.4), np.sin(1.4)], [-1.0, 0.0]])
    labels = np.array([0, 0, 1, 2])
    assert recall_at_k(embeddings, labels, ks=(1,)) == {1: 0.5} == nearest(embeddings, labels, (1,))


@pytest.mark.parametrize('seed', range(3))
def test_multiples_of_one_embedding_rank_by_their_order(seed):
    rng = np.random.default_rng(seed)
    embeddings = np.outer(rng.choice([0.3, 1.0, 7.0, np.pi], 30), rng.normal(size=9))
    labels = rng.integers(0, 6, 30)
    assert recall_at_k(embeddings, labels) == recall_at_k(np.ones([30, 1]), labels)


def test_embeddings_all_alike_rank_by_their_order():
    # Everyone's first neighbours are rows 0 and 1: of class 0, rows 1 to 3 find theirs, row 0 finds row 1; of class 1
    # nobody does until the third neighbour, row 2, which is of class 0 too, and so on to the fifth, row 4 or row 5.
    labels = [0, 0, 0, 0, 1, 1]
    assert recall_at_k(np.ones([6, 3]), labels, ks=(1, 4, 5)) == {1: 4 / 6, 4: 4 / 6, 5: 1.0}
    assert recall_at_k(np.zeros([6, 3]), labels, ks=(1, 4, 5)) == {1: 4 / 6, 4: 4 / 6, 5: 1.0}


def test_with_as_many_neighbours_as_there_are_others_only_the_lonely_miss():
    embeddings, _ = data(0, rows=5)
    assert recall_at_k(embeddings, [0, 0, 1, 1, 2], ks=(4, 5, 1000)) == {4: 0.8, 5: 0.8, 1000: 0.8}


def test_one_example_and_classes_of_one_find_nothing():
    assert recall_at_k([[1.0, 2.0]], [3]) == {1: 0.0, 2: 0.0, 4: 0.0, 8: 0.0}
    assert recall_at_k(np.eye(4), [0, 1, 2, 3], ks=(10**12,)) == {10**12: 0.0}


def test_takes_tensors_names_and_columns():
    embeddings, labels = data(0)
    expected = recall_at_k(embeddings, labels)
    assert recall_at_k(tf.constant(embeddings), tf.constant(labels)[:, None]) == expected
    assert recall_at_k(embeddings, [f'class {label}' for label in labels]) == expected


@pytest.mark.parametrize('chunk_size', [1, 256])
def test_memory_is_that_of_a_chunk(chunk_size):
    embeddings, labels = data(0, rows=3000, dimension=4)
    tracemalloc.start()
    recall_at_k(embeddings, labels, ks=(1,), chunk_size=chunk_size)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2e6 + 16 * chunk_size * 3000  # all pairs at once would be 72 MB


@pytest.mark.parametrize('name', ['l2norm', 'cos'])
def test_reproduces_the_golden_recall(name, goldens):
    values = goldens('metric_learning')
    recall = recall_at_k(values['retr_embeddings'], values['retr_labels'])
    np.testing.assert_allclose(list(recall.values()), values[f'recall_{name}'], rtol=1e-12)


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ({'embeddings': np.zeros([0, 3]), 'labels': []}, 'at least 1'),
        ({'embeddings': np.zeros([3])}, r'\[n, d\]'),
        ({'labels': [0, 1]}, r'labels \[n\]'),
        ({'ks': (1, 0)}, 'at least 1'),
        ({'chunk_size': 0}, 'at least 1'),
        ({'embeddings': [[1.0], [np.nan], [0.0]]}, 'row 1 is not'),
        ({'embeddings': [[1.0], [1.0], [np.inf]]}, 'row 2 is not'),
    ],
)
def test_refuses_what_does_not_fit(arguments, message):
    with pytest.raises(ValueError, match=message):
        recall_at_k(**{'embeddings': np.ones([3, 2]), 'labels': [0, 1, 1], **arguments})
