import numpy as np
import pytest
import tensorflow as tf
from records import encode, image_of, write

from cafer_tf import grouping, input
from cafer_tf.config import Config, InputConfig

CONFIG = Config.from_dict({'input': {'image_size': 32, 'crop': 0.125}, 'training': {'batch_size': 8, 'seed': 3}})
THRESHOLD = 0.8


@pytest.fixture(scope='module')
def labels():
    return np.random.default_rng(0).uniform(-0.7, 0.7, (40, 2)).astype('float32')


@pytest.fixture(scope='module')
def records(tmp_path_factory, labels):
    return str(write(tmp_path_factory.mktemp('records') / 'train.gz', labels))


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


def test_the_same_seed_gives_the_same_batches_and_another_seed_others(records):
    first, again = (take(input.training_dataset([records], CONFIG, THRESHOLD), 6) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])
    elsewhere = Config.from_dict({**CONFIG.to_dict(), 'training': {'batch_size': 8, 'seed': 4}})
    others = take(input.training_dataset([records], elsewhere, THRESHOLD), 6)
    assert any((one[1] != other[1]).any() for one, other in zip(first, others, strict=True))


def test_every_example_of_both_groups_is_met(records, labels):
    met = {
        tuple(label) for _, batch in take(input.training_dataset([records], CONFIG, THRESHOLD), 60) for label in batch
    }
    assert met == {tuple(label) for label in labels}


def test_images_keep_their_labels_through_augmentation(records):
    """Red says valence and green arousal: colour jitter moves them, but not as far as another label would."""
    plain = {'brightness': 0.0, 'contrast': 0.0, 'saturation': 0.0, 'cutout': 0.0}
    config = Config.from_dict({**CONFIG.to_dict(), 'augmentation': plain})
    for images, labels in take(input.training_dataset([records], config, THRESHOLD), 5):
        np.testing.assert_allclose(images[..., :2].mean((1, 2)) * 255, (labels + 1) * 120, atol=4)


@pytest.mark.parametrize('name', ['brightness', 'contrast', 'saturation', 'rotation', 'cutout', 'flip'])
def test_each_augmentation_changes_images(tmp_path, name):
    off = {'brightness': 0.0, 'contrast': 0.0, 'saturation': 0.0, 'rotation': 0.0, 'cutout': 0.0, 'flip': False}
    on = {'brightness': 0.3, 'contrast': 0.3, 'saturation': 0.3, 'rotation': 20.0, 'cutout': 0.3, 'flip': True}
    path = str(write(tmp_path / 'train.gz', np.array([[0.9, 0.1], [0.1, 0.1]])))

    def images(**changes):
        values = {'input': {'image_size': 32, 'crop': 0.0}, 'training': {'batch_size': 8}, 'augmentation': changes}
        return take(input.training_dataset([path], Config.from_dict(values), 0.5), 1)[0][0]

    plain = images(**off)
    changed = images(**{**off, name: on[name]})
    assert np.abs(plain[0] - plain[2]).max() == 0  # the same example, untouched
    assert np.abs(plain - changed).mean() > 3e-4
    if name == 'flip':
        assert all(
            (np.abs(a - b).max() == 0) or np.allclose(a, b[:, ::-1]) for a, b in zip(plain, changed, strict=True)
        )


def test_evaluation_gives_every_example_once_in_order(records, labels):
    batches = take(input.evaluation_dataset([records], CONFIG), -1)
    assert [len(images) for images, _ in batches] == [8] * 5
    np.testing.assert_allclose(np.concatenate([batch for _, batch in batches]), labels, rtol=1e-6)
    assert input.count_examples([records]) == len(labels)
    np.testing.assert_array_equal(input.read_labels([records]), labels)


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


def test_no_files_no_group_and_mixed_compression_are_named(tmp_path, records):
    with pytest.raises(input.InputError, match='no TFRecords match'):
        input.evaluation_dataset([str(tmp_path / '*.gz')], CONFIG)
    with pytest.raises(input.InputError, match='no strong emotion'):
        input.training_dataset([records], CONFIG, 1.4)
    plain = write(tmp_path / 'plain.tfrecord', np.array([[0.1, 0.2]]))
    with pytest.raises(input.InputError, match=r'some TFRecords are compressed'):
        input.evaluation_dataset([records, str(plain)], CONFIG)
    assert input.count_examples([str(plain)]) == 1
