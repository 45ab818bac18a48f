import itertools

import numpy as np
import pytest
import tensorflow as tf
from records import encode, image_of, write

from cafer_tf import grouping, input
from cafer_tf.config import Config, InputConfig
from cafer_tf.input import order

CONFIG = Config.from_dict({'input': {'image_size': 32, 'crop': 0.125}, 'training': {'batch_size': 8, 'seed': 3}})
UNBALANCED = CONFIG.with_changes([('grouping.balanced', False)])
THRESHOLD = 0.8


@pytest.fixture(scope='module')
def labels():
    return np.random.default_rng(0).uniform(-0.7, 0.7, (40, 2)).astype('float32')


@pytest.fixture(scope='module')
def records(tmp_path_factory, labels):
    return str(write(tmp_path_factory.mktemp('records') / 'train.gz', labels))


@pytest.fixture(scope='module', params=['.gz', '.tfrecord'])
def shards(tmp_path_factory, labels, request):
    """The same examples in three files of different lengths, compressed and not."""
    folder = tmp_path_factory.mktemp('shards')
    for number, part in enumerate(np.split(labels, [8, 24])):
        write(folder / f'train-{number}{request.param}', part)
    return str(folder / 'train-*')


def is_strong(labels):
    return grouping.is_strong(grouping.intensity(labels), THRESHOLD)


def rows(labels):
    return [tuple(label) for label in labels]


def labels_of(dataset, batches):
    return np.concatenate([batch for _, batch in take(dataset, batches)])


def assert_same(batches, others):
    for one, other in zip(batches, others, strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])


def take(dataset, batches):
    return [tuple(part.numpy() for part in batch) for batch in dataset.take(batches)]


def test_batches_are_half_strong_and_half_weak(records, labels):
    strong_share = grouping.is_strong(grouping.intensity(labels), THRESHOLD).mean()
    assert 0 < strong_share < 0.3  # so balance is not for free
    for images, batch_labels in take(input.training_dataset([records], CONFIG, THRESHOLD), 12):
        assert images.shape == (8, 32, 32, 3)
        assert images.dtype == np.float32
        assert 0 <= images.min() <= images.max() <= 1
        assert grouping.is_strong(grouping.intensity(batch_labels), THRESHOLD).sum() == 4


def test_shapes_are_static(records):
    images, labels = input.training_dataset([records], CONFIG, THRESHOLD).element_spec
    assert images.shape == [8, 32, 32, 3]
    assert labels.shape == [8, 2]


def test_nobody_waits_for_a_thread_that_tunes(records):
    for dataset in (input.training_dataset([records], CONFIG, THRESHOLD), input.evaluation_dataset([records], CONFIG)):
        assert dataset.options().autotune.enabled is False


def test_the_same_seed_gives_the_same_batches_and_another_seed_others(records):
    first, again = (take(input.training_dataset([records], CONFIG, THRESHOLD), 6) for _ in range(2))
    assert_same(first, again)
    elsewhere = Config.from_dict({**CONFIG.to_dict(), 'training': {'batch_size': 8, 'seed': 4}})
    others = take(input.training_dataset([records], elsewhere, THRESHOLD), 6)
    assert any((one[1] != other[1]).any() for one, other in zip(first, others, strict=True))


@pytest.mark.parametrize('config', [CONFIG, UNBALANCED])
def test_the_random_state_of_the_process_changes_nothing(records, config):
    tf.random.set_seed(0)
    first = take(input.training_dataset([records], config, THRESHOLD), 3)
    tf.random.set_seed(1)
    assert_same(first, take(input.training_dataset([records], config, THRESHOLD), 3))


def test_an_epoch_of_a_group_holds_each_of_its_examples_once(shards, labels):
    met = labels_of(input.training_dataset([shards], CONFIG, THRESHOLD), 30)
    np.testing.assert_array_equal(is_strong(met), [False, True] * 120)  # in turn
    for group in (False, True):
        expected = sorted(rows(labels[is_strong(labels) == group]))
        stream = rows(met[is_strong(met) == group])
        epochs = [stream[start : start + len(expected)] for start in range(0, len(stream), len(expected))]
        assert len(epochs) >= 3
        assert all(sorted(epoch) == expected for epoch in epochs[:-1])
        assert all(one != other for one, other in itertools.pairwise(epochs))  # each in an order of its own


def test_unbalanced_batches_are_drawn_from_all_examples_alike(shards, labels):
    met = labels_of(input.training_dataset([shards], UNBALANCED, THRESHOLD), 15)
    epochs = [rows(epoch) for epoch in np.split(met, 3)]
    assert all(sorted(epoch) == sorted(rows(labels)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 3


def test_files_are_read_in_turn_and_in_another_order_each_epoch(shards, labels, monkeypatch):
    monkeypatch.setattr(order, 'SHUFFLE_BUFFER', 1)  # leaves the order of reading as it is
    met = labels_of(input.training_dataset([shards], UNBALANCED, THRESHOLD), 30)
    file_of = {label: 0 if place < 8 else 1 if place < 24 else 2 for place, label in enumerate(rows(labels))}
    orders = [[file_of[label] for label in rows(epoch)] for epoch in np.split(met, 6)]
    for files in orders:
        assert files[:24] == files[:3] * 8  # until the shortest has ended
        assert sorted(files[:3]) == [0, 1, 2]
    assert len({tuple(files[:3]) for files in orders}) > 1


@pytest.mark.parametrize('config', [CONFIG, UNBALANCED])
def test_a_stream_begins_anywhere_as_if_it_had_begun_at_the_start(shards, labels, config):
    # Epochs end within batches: 4 of each group a batch, and neither group's size is a multiple of 4.
    assert all(count % 4 for count in np.bincount(is_strong(labels)))
    whole = take(input.training_dataset([shards], config, THRESHOLD), 14)
    for start in (1, 2, 5, 11):
        rest = input.training_dataset([shards], config, THRESHOLD, start_step=start)
        assert_same(take(rest, 14 - start), whole[start:])


def test_what_is_skipped_is_not_decoded(tmp_path, labels):
    path = write(tmp_path / 'train.tfrecord', labels[:1])
    serialised = next(tf.data.TFRecordDataset(str(path)).as_numpy_iterator())
    example = tf.train.Example.FromString(serialised)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for number in range(40):
            example.features.feature['image/encoded'].bytes_list.value[0] = encode(image_of(0, 0)) if number else b'no'
            writer.write(example.SerializeToString())
    good = 0
    with pytest.raises(tf.errors.InvalidArgumentError):
        for _ in input.training_dataset([str(path)], UNBALANCED, THRESHOLD):
            good += 1
    assert good < 4
    assert len(take(input.training_dataset([str(path)], UNBALANCED, THRESHOLD, start_step=good + 1), 4 - good)) > 0


@pytest.mark.parametrize('replicas', [2, 4])
@pytest.mark.parametrize('config', [CONFIG, UNBALANCED])
def test_the_parts_of_the_workers_make_up_the_batch(shards, config, replicas):
    whole = take(input.training_dataset([shards], config, THRESHOLD, start_step=2), 6)
    parts = []
    for worker in range(2):
        context = tf.distribute.InputContext(
            num_input_pipelines=2, input_pipeline_id=worker, num_replicas_in_sync=replicas
        )
        dataset = input.training_dataset([shards], config, THRESHOLD, start_step=2, shard=context)
        batches = take(dataset, 6 * replicas // 2)  # one for each replica of the worker in each step
        assert all(len(images) == 8 // replicas for images, _ in batches)
        parts.append([np.concatenate(column) for column in zip(*batches, strict=True)])
    for number, part in enumerate(zip(*whole, strict=True)):
        shares = [np.split(worker[number], 6) for worker in parts]
        together = [np.concatenate(step) for step in zip(*shares, strict=True)]
        np.testing.assert_array_equal(together, part)


def test_an_example_looks_different_each_time(tmp_path):
    path = write(tmp_path / 'train.gz', np.array([[0.1, 0.2], [0.9, 0.2]]))
    images = np.concatenate([batch for batch, _ in take(input.training_dataset([str(path)], CONFIG, THRESHOLD), 4)])
    assert len(np.unique(images.reshape(32, -1), axis=0)) == 32


def test_a_batch_that_replicas_cannot_share_is_refused(records):
    context = tf.distribute.InputContext(num_input_pipelines=3, input_pipeline_id=0, num_replicas_in_sync=3)
    with pytest.raises(input.InputError, match=r'batch_size 8 cannot be shared evenly by 3 replicas'):
        input.training_dataset([records], CONFIG, THRESHOLD, shard=context)


def test_training_without_changes_sees_what_evaluation_sees(records):
    off = {'flip': False, 'brightness': 0.0, 'contrast': 0.0, 'saturation': 0.0, 'rotation': 0.0, 'cutout': 0.0}
    config = Config.from_dict({**UNBALANCED.to_dict(), 'input': {'image_size': 32, 'crop': 0.0}, 'augmentation': off})
    training = take(input.training_dataset([records], config, THRESHOLD), 5)
    seen = {tuple(label): image for images, batch in training for image, label in zip(images, batch, strict=True)}
    for images, batch in take(input.evaluation_dataset([records], config), -1):
        for image, label in zip(images, batch, strict=True):
            # Training rounds resized images to whole levels.
            np.testing.assert_allclose(seen[tuple(label)], image, atol=0.501 / 255)


def test_images_keep_their_labels_through_augmentation(records):
    """Red says valence and green arousal: colour jitter moves them, but not as far as another label would."""
    plain = {'brightness': 0.0, 'contrast': 0.0, 'saturation': 0.0, 'cutout': 0.0}
    config = Config.from_dict({**CONFIG.to_dict(), 'augmentation': plain})
    for images, labels in take(input.training_dataset([records], config, THRESHOLD), 5):
        np.testing.assert_allclose(images[..., :2].mean((1, 2)) * 255, (labels + 1) * 120, atol=4)


def test_evaluation_gives_every_example_once_in_order(records, labels):
    batches = take(input.evaluation_dataset([records], CONFIG), -1)
    assert [len(images) for images, _ in batches] == [8] * 5
    np.testing.assert_allclose(np.concatenate([batch for _, batch in batches]), labels, rtol=1e-6)
    assert input.count_examples([records]) == len(labels)
    np.testing.assert_array_equal(input.read_labels([records]), labels)


def test_several_files_are_one_data_set(shards, labels):
    assert input.count_examples([shards]) == 40
    np.testing.assert_array_equal(input.read_labels([shards]), labels)
    np.testing.assert_allclose(labels_of(input.evaluation_dataset([shards], CONFIG), -1), labels, rtol=1e-6)


@pytest.mark.parametrize('dtype', [tf.float32, tf.uint8])
def test_resizing_to_the_same_size_changes_nothing(dtype):
    image = tf.cast(image_of(0.5, -0.5, side=32), dtype)
    np.testing.assert_array_equal(input.resize(image, 32), image)
    np.testing.assert_array_equal(
        tf.image.resize(tf.cast(image, tf.float32), [32, 32], antialias=True), tf.cast(image, tf.float32)
    )  # which is what was left out


def test_resizing_rounds_levels():
    image = image_of(0.5, -0.5, side=48)
    levels = input.resize(tf.constant(image), 32)
    assert levels.dtype == tf.uint8
    np.testing.assert_allclose(levels, input.resize(tf.constant(image, tf.float32), 32), atol=0.501)


def test_preprocess_takes_the_middle():
    image = np.zeros([64, 64, 3], np.uint8)
    image[16:48, 16:48] = 255
    config = InputConfig(image_size=32, crop=0.5)
    np.testing.assert_allclose(input.preprocess(tf.constant(encode(image, 'PNG')), config), np.ones([32, 32, 3]))


@pytest.mark.parametrize('shape', [(40, 90), (90, 40)])
def test_preprocess_keeps_the_aspect_ratio(shape):
    image = np.zeros([*shape, 3], np.uint8)
    middle = [slice((side - 40) // 2, (side + 40) // 2) for side in shape]
    image[tuple(middle)] = 255  # the central square, all that may be seen
    result = input.preprocess(tf.constant(encode(image, 'PNG')), InputConfig(image_size=32, crop=0.0))
    np.testing.assert_allclose(result, np.ones([32, 32, 3]), atol=0.01)


@pytest.mark.parametrize('form', ['JPEG', 'PNG'])
def test_reads_jpeg_and_png_grey_and_colour_of_any_size(form):
    image = image_of(0.5, -0.5, side=50)
    for pixels in (image, image[:40, :, :1].repeat(3, 2), image[..., 0]):
        result = input.preprocess(tf.constant(encode(pixels, form)), CONFIG.input)
        assert result.shape == [32, 32, 3]
        assert float(tf.reduce_mean(result)) == pytest.approx(pixels.mean() / 255, abs=0.02)


def test_no_files_no_group_no_examples_and_mixed_compression_are_named(tmp_path, records):
    with pytest.raises(input.InputError, match='no TFRecords match'):
        input.evaluation_dataset([str(tmp_path / '*.gz')], CONFIG)
    with pytest.raises(input.InputError, match='no strong emotion'):
        input.training_dataset([records], CONFIG, 1.4)
    empty = write(tmp_path / 'empty.tfrecord', np.empty([0, 2]))
    with pytest.raises(input.InputError, match=r'no examples in .*empty\.tfrecord'):
        input.training_dataset([str(empty)], UNBALANCED, THRESHOLD)
    plain = write(tmp_path / 'plain.tfrecord', np.array([[0.1, 0.2]]))
    with pytest.raises(input.InputError, match=r'some TFRecords are compressed'):
        input.evaluation_dataset([records, str(plain)], CONFIG)
    assert input.count_examples([str(plain)]) == 1
