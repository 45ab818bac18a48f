"""Hostile and unusual files of `torch.save`, made without PyTorch."""

import collections
import io
import pickle
import sys
import types
import zipfile

import drawn
import numpy as np
import pytest

from cafer_tf.networks import WeightsError, load_weights
from cafer_tf.networks.pretrained.formats import read_weights
from cafer_tf.networks.pretrained.pickled import _Unpickler

VALUES = np.arange(6, dtype=np.float32)


def _rebuild_tensor_v2(*_):
    raise AssertionError('the stand-in for a function of PyTorch was called')


class FloatStorage:
    pass


class QInt8Storage:
    pass


class Storage:
    def __init__(self, kind=FloatStorage, length=6):
        self.kind, self.length = kind, length


class Tensor:
    def __init__(self, size, stride, offset=0, storage=None):
        self.arguments = (storage or Storage(), offset, size, stride, False, collections.OrderedDict())

    def __reduce__(self):
        return _rebuild_tensor_v2, self.arguments


class Pickler(pickle.Pickler):
    def persistent_id(self, obj):
        return ('storage', obj.kind, '0', 'cpu', obj.length) if isinstance(obj, Storage) else None


@pytest.fixture
def archive(monkeypatch, tmp_path):
    """Writes an object as `torch.save` would, with one storage, of `VALUES`."""
    for name in ('torch', 'torch._utils'):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    for item, module in ((_rebuild_tensor_v2, 'torch._utils'), (FloatStorage, 'torch'), (QInt8Storage, 'torch')):
        monkeypatch.setattr(item, '__module__', module)
        setattr(sys.modules[module], item.__name__, item)

    def write(content, byteorder=b'little', compression=zipfile.ZIP_STORED, extra=()):
        stream = io.BytesIO()
        Pickler(stream, protocol=2).dump(content)
        with zipfile.ZipFile(tmp_path / 'weights.pth', 'w', compression) as file:
            file.writestr('weights/data.pkl', stream.getvalue())
            file.writestr('weights/byteorder', byteorder)
            file.writestr('weights/data/0', VALUES.tobytes())
            for name in extra:
                file.writestr(name, b'\0' * 10_000)
        return tmp_path / 'weights.pth'

    return write


def test_a_view_is_read_as_one(archive):
    path = archive({'layer.weight': Tensor((2, 2), (1, 3), offset=1)})
    (layer,) = read_weights(path).layers
    np.testing.assert_array_equal(layer.values[0].T, [[1, 4], [2, 5]])


@pytest.mark.parametrize(
    'tensor',
    [
        Tensor((3, 3), (3, 1)),  # longer than the storage
        Tensor((2, 3), (3, 1), offset=1),
        Tensor((1_000_000, 1_000_000), (0, 0)),  # a bomb
        Tensor((2, 2), (-1, 1), offset=3),
        Tensor((2, 2), (1, 1), offset=-1),
        Tensor((2, 2), (1,)),
        Tensor((2, 2.5), (1, 1)),
        Tensor((2, 3), (3, 1), storage=Storage(length=7)),  # longer than its entry
        Tensor((2, 3), (3, 1), storage=Storage(length=10**15)),
    ],
)
def test_tensors_that_do_not_fit_are_refused(archive, tensor):
    with pytest.raises(WeightsError):
        read_weights(archive({'layer.weight': tensor}))


@pytest.mark.parametrize('name', ['malicious.pth', 'malicious_legacy.pth'])
def test_nothing_of_a_pickle_is_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WeightsError, match=r'holds a posix\.system, and only plain tensors are read'):
        load_weights(None, drawn.FIXTURES / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ('content', 'name'),
    [
        (lambda: types.SimpleNamespace(a=1), 'types.SimpleNamespace'),
        (lambda: {'weight': Tensor((2, 3), (3, 1), storage=Storage(QInt8Storage))}, 'torch.QInt8Storage'),
        (lambda: eval, 'eval'),
        (lambda: collections.Counter(), 'collections.Counter'),
    ],
)
def test_other_objects_are_named(archive, content, name):
    with pytest.raises(WeightsError, match=name):
        read_weights(archive(content()))


def test_what_a_pickle_is_given_is_made_for_it():
    """A pickle may set attributes of a function, which must not last."""
    unpickler = _Unpickler(io.BytesIO())
    for name in ('_rebuild_tensor_v2', '_rebuild_parameter'):
        assert unpickler.find_class('torch._utils', name) is not unpickler.find_class('torch._utils', name)


def test_what_holds_no_state_dict_is_refused(archive):
    weight = Tensor((2, 3), (3, 1))
    with pytest.raises(WeightsError, match='holds a list instead of a state dict'):
        read_weights(archive([weight]))
    with pytest.raises(WeightsError, match='holds 0 state dicts, under the keys epoch'):
        read_weights(archive({'epoch': 1}))
    with pytest.raises(WeightsError, match='holds 2 state dicts, under the keys a, b'):
        read_weights(archive({'a': {'weight': weight}, 'b': {'weight': weight}}))
    assert read_weights(archive({'epoch': 1, 'model': {'weight': weight}})).layers[0].names == ('weight',)


def test_archives_that_pytorch_does_not_write_are_refused(archive):
    content = {'layer.weight': Tensor((2, 3), (3, 1))}
    with pytest.raises(WeightsError, match='not little-endian'):
        read_weights(archive(content, byteorder=b'big'))
    with pytest.raises(WeightsError, match='larger than the archive'):
        read_weights(archive(content, compression=zipfile.ZIP_DEFLATED, extra=['weights/data/1']))
    with pytest.raises(WeightsError, match='zip archive of neither'):
        read_weights(archive(content, extra=['other/data.pkl']))
