import zipfile

import h5py
import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.networks import WeightsError, build_encoder, build_head, load_weights
from cafer_tf.networks.breg_next import BoundedShortcut
from cafer_tf.networks.cp_resnet18 import RankOneConvolution
from cafer_tf.networks.face_ssd import ScaledUnitNormalization


def saved(network, path):
    """Writes weights alone where the name says so, else the network."""
    if path.name.startswith('whole') or path.suffix == '.keras':
        network.save(path)
    else:
        network.save_weights(path)
    return path


@pytest.mark.parametrize('name', ['network.keras', 'network.weights.h5', 'network.h5', 'whole.h5'])
@pytest.mark.filterwarnings('ignore:You are saving your model as an HDF5 file')
def test_round_trip(name, tmp_path):
    images = tf.random.stateless_uniform([2, 32, 32, 3], seed=[0, 0])
    encoder, other = build_encoder('compact', 32), build_encoder('compact', 32)
    encoder(images, training=True)  # so that the moving statistics are not those of the start
    path = saved(encoder, tmp_path / name)
    path = path.rename(tmp_path / 'weights.pth')  # the content says what it is
    report = load_weights(other, path)
    assert len(report.loaded) == len(encoder.weights)
    np.testing.assert_array_equal(other(images), encoder(images))

    head, other = build_head(72), build_head(72)
    load_weights(other, saved(head, tmp_path / f'head-{name}'))
    np.testing.assert_array_equal(other(tf.ones([1, 72])), head(tf.ones([1, 72])))


@pytest.mark.parametrize('name', ['network.keras', 'network.weights.h5', 'network.h5'])
def test_round_trip_of_this_packages_layers(name, tmp_path):
    def network():
        inputs = tf.keras.Input([4, 4, 3])
        x = BoundedShortcut(5)(RankOneConvolution(1)(inputs))
        return tf.keras.Model(inputs, ScaledUnitNormalization()(x))

    one, other = network(), network()
    weights = [np.random.default_rng(0).normal(size=weight.shape) for weight in one.get_weights()]
    one.set_weights(weights)
    assert len(load_weights(other, saved(one, tmp_path / name)).loaded) == 6
    np.testing.assert_array_equal(other(tf.ones([1, 4, 4, 3])), one(tf.ones([1, 4, 4, 3])))


@pytest.mark.parametrize('name', ['network.keras', 'whole.h5'])
@pytest.mark.filterwarnings('ignore:You are saving your model as an HDF5 file')
def test_other_constants_of_normalisation_are_refused(name, tmp_path):
    path = saved(build_encoder('compact', 32, mean=(0.5, 0.5, 0.5)), tmp_path / name)
    with pytest.raises(WeightsError, match=r'by mean \[0\.5, 0\.5, 0\.5\] and .* set network\.mean and network\.stand'):
        load_weights(build_encoder('compact', 32), path)
    load_weights(build_encoder('compact', 32, mean=(0.5, 0.5, 0.5)), path)


def test_a_wrong_shape_is_named(tmp_path):
    path = saved(build_head(72), tmp_path / 'head.weights.h5')
    with pytest.raises(WeightsError, match=r"'layers/dense/vars/0' is \[72, 64\] .* layer 'dense1' is \[36, 64\]"):
        load_weights(build_head(36), path)


def test_no_object_is_built_from_a_configuration(tmp_path):
    path = saved(build_head(72), tmp_path / 'head.keras')
    with zipfile.ZipFile(path) as archive:
        weights = archive.read('model.weights.h5')
    with zipfile.ZipFile(tmp_path / 'other.keras', 'w') as archive:
        archive.writestr('config.json', '{"class_name": "Lambda", "module": "nowhere", "config": {"layers": []}}')
        archive.writestr('model.weights.h5', weights)
    load_weights(build_head(72), tmp_path / 'other.keras')


@pytest.mark.parametrize('kind', ['compressed', 'external', 'virtual', 'empty', 'huge'])
def test_unusual_data_sets_are_refused(kind, tmp_path):
    path = tmp_path / 'weights.h5'
    with h5py.File(path, 'w') as file:
        if kind == 'compressed':
            file.create_dataset('layers/dense/vars/0', data=np.zeros([2, 3]), compression='gzip')
        elif kind == 'external':
            (tmp_path / 'secret').write_bytes(bytes(24))
            file.create_dataset('layers/dense/vars/0', [2, 3], 'f4', external=[(str(tmp_path / 'secret'), 0, 24)])
        elif kind == 'virtual':
            layout = h5py.VirtualLayout((2, 3), 'f4')
            layout[:] = h5py.VirtualSource(str(tmp_path / 'other.h5'), 'secret', (2, 3))
            file.create_virtual_dataset('layers/dense/vars/0', layout)
        elif kind == 'huge':
            file.create_dataset('layers/dense/vars/0', [1_000_000, 1_000_000], 'f4')
        else:
            file.create_group('layers')
    with pytest.raises(WeightsError, match='not stored as Keras stores' if kind != 'empty' else 'no layers'):
        load_weights(build_head(2), path)


def test_a_model_of_several_networks_is_refused(tmp_path):
    class Pair(tf.keras.Model):
        def __init__(self):
            super().__init__()
            self.first, self.second = build_head(4), build_head(4)
            self.built = True

    Pair().save_weights(tmp_path / 'pair.weights.h5')
    with pytest.raises(WeightsError, match='no layers as Keras writes those of one network'):
        load_weights(build_head(4), tmp_path / 'pair.weights.h5')


def test_a_truncated_file_is_refused(tmp_path):
    head = build_head(8)
    for name in ('head.keras', 'head.weights.h5', 'head.h5'):
        path = saved(head, tmp_path / name)
        content = path.read_bytes()
        for length in range(40, len(content), len(content) // 20):
            path.write_bytes(content[:length])
            with pytest.raises(WeightsError):
                load_weights(head, path)
