import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.metric_learning import ROWS, DivergedError, SettingsError, train_row
from cafer_tf.metric_learning.data import ClassImages, load_classes
from cafer_tf.metric_learning.networks import build_network
from cafer_tf.metric_learning.rows import Objective
from cafer_tf.metric_learning.training import Trainer


@pytest.fixture
def data(folders):
    return load_classes('folders', folders, 12, 1)


@pytest.fixture
def eager():
    """For what does not need a graph, of which making one takes most of the time."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.mark.parametrize('name', ['contrastive', *(name for name in ROWS if name.endswith('adaptive'))])
def test_every_loss_trains(name, data, small):
    result = train_row(data, ROWS[name], 0, small)
    assert result['classes'] == {'train': 4, 'validation': 2, 'test': 6}
    assert result['images'] == {'train': 16, 'validation': 8, 'test': 24}
    assert list(result['recall']) == ['1', '2', '4', '8']
    assert len(result['curve']) == 2
    static = small.losses[ROWS[name].loss].margin
    assert (result['curve'][0]['margin'] == pytest.approx(static)) == (not ROWS[name].adaptive)


def test_the_epoch_is_the_first_of_the_best_on_classes_set_aside(data, small, eager):
    small = small.with_changes(['epochs=4', 'triplet.learning_rate=0.01'])
    result = train_row(data, ROWS['triplet'], 0, small)
    scores = [entry['validation'] for entry in result['curve']]
    assert result['epoch'] == 1 + scores.index(max(scores)) and result['validation'] == max(scores)
    # As many epochs as were best give the same network: later ones have left no trace, and so the same recall.
    shorter = train_row(data, ROWS['triplet'], 0, small.with_changes([f'epochs={result["epoch"]}']))
    assert shorter['recall'] == result['recall'] and shorter['curve'] == result['curve'][: result['epoch']]


def test_test_images_change_nothing_but_the_recall(data, small, eager):
    noise = np.random.default_rng(1).integers(0, 256, data.test.images.shape, np.uint8)
    other = data._replace(test=ClassImages(noise, data.test.labels))
    first, second = train_row(data, ROWS['dsml'], 0, small), train_row(other, ROWS['dsml'], 0, small)
    assert first.pop('recall') != second.pop('recall')
    assert first == second
    assert train_row(data, ROWS['dsml'], 0, small, with_test=False) == first


def test_a_loss_that_is_no_number_stops_the_run(data, small, eager):
    with pytest.raises(DivergedError, match='dsml, seed 3: the loss is nan in epoch 1'):
        train_row(data, ROWS['dsml'], 3, small.with_changes(['dsml.learning_rate=1e30', 'weight_decay=1e30']))


def test_embeddings_that_are_no_numbers_stop_the_run(data, small, eager):
    # One step an epoch: its loss is that of the first weights, and only its update is too long.
    changes = ('epochs=1', 'classes_per_batch=4', 'images_per_class=4', 'dsml.learning_rate=1e30')
    with pytest.raises(DivergedError, match='dsml, seed 3: embeddings are not finite after epoch 1'):
        train_row(data, ROWS['dsml'], 3, small.with_changes(changes))


def test_an_epoch_goes_by_the_batches_that_there_are(data, small, eager):
    # Of four classes to train on, a batch of thirty is a batch of four.
    four, thirty = (small.with_changes(['epochs=1', f'classes_per_batch={classes}']) for classes in (4, 30))
    assert train_row(data, ROWS['triplet'], 0, thirty) == train_row(data, ROWS['triplet'], 0, four)


def test_a_constant_above_the_batches_that_there_are_is_refused(data, small):
    settings = small.with_changes(['classes_per_batch=30', 'constant=9'])
    with pytest.raises(SettingsError, match='here 8 with 4 classes to train on; it is 9'):
        train_row(data, ROWS['triplet_adaptive'], 0, settings)


def test_warm_up_leaves_the_encoder_as_it_is_and_rates_decay(tmp_path, small, eager):
    # An encoder with weights from a file, and its batch normalisation as it came.
    generator = np.random.default_rng(0)
    images = ClassImages(generator.integers(0, 256, (16, 36, 36, 3), np.uint8), np.repeat(np.arange(4), 4))
    encoder = build_network('compact', 32, 4).get_layer('compact')
    encoder.save_weights(tmp_path / 'encoder.weights.h5')
    changes = ('network=compact', 'stored_size=36', 'image_size=32', 'augmentation=crop', 'epochs=3')
    settings = small.with_changes([*changes, 'warm_up_epochs=2', 'decay_epochs=1', 'decay_rate=0.25'])
    network = build_network('compact', 32, 4, tmp_path / 'encoder.weights.h5')
    for ours, stored in zip(network.get_layer('compact').get_weights(), encoder.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, stored)
    objective = Objective(ROWS['proxy_anchor'], 4, 4, 0.1, 4, 1.0)
    trainer = Trainer(network, objective, settings, rate=1e-3, own_rate=100, seed=0)
    before, proxies = network.get_weights(), objective.trainable_variables[0].numpy()
    trainer.epoch(0, [images])
    moved = [not np.array_equal(old, new) for old, new in zip(before, network.get_weights(), strict=True)]
    assert moved == [False] * (len(before) - 2) + [True, True]  # kernel and bias of the embedding layer
    # Adam's first step is as long as the rate; that of the proxies is 100 times the network's.
    assert np.abs(objective.trainable_variables[0].numpy() - proxies).max() == pytest.approx(0.1, rel=0.01)
    trainer.epoch(2, [images])
    assert [float(rate) for rate in trainer.rates()] == pytest.approx([1e-3 / 16, 0.1 / 16])
    for layer, stored in zip(network.get_layer('compact').layers, encoder.layers, strict=True):
        frozen = isinstance(layer, tf.keras.layers.BatchNormalization)
        for ours, theirs in zip(layer.get_weights(), stored.get_weights(), strict=True):
            assert np.array_equal(ours, theirs) == frozen


def test_weights_for_the_drawing_network_are_refused(tmp_path):
    with pytest.raises(ValueError, match='takes none'):
        build_network('drawing', 28, 8, tmp_path / 'weights.h5')
    assert build_network('drawing', 28, 8)(tf.zeros([2, 28, 28, 1])).shape == (2, 8)
