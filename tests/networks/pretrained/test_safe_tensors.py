import json

import numpy as np
import pytest

from cafer_tf.networks import WeightsError
from cafer_tf.networks.pretrained.formats import read_weights
from cafer_tf.networks.pretrained.safe_tensors import read_safe_tensors


@pytest.fixture
def write(tmp_path):
    def write(header, data=bytes(24), length=None):
        text = json.dumps(header).encode()
        (tmp_path / 'weights').write_bytes((length or len(text)).to_bytes(8, 'little') + text + data)
        return tmp_path / 'weights'

    return write


def entry(shape=(2, 3), offsets=(0, 24), dtype='F32'):
    return {'dtype': dtype, 'shape': list(shape), 'data_offsets': list(offsets)}


def test_names_are_sorted_as_numbers(write):
    header = {'__metadata__': {'format': 'pt'}, 'a.10': entry(), 'a.9': entry()}
    assert list(read_safe_tensors(write(header))) == ['a.9', 'a.10']


def test_bfloat16_is_read(write):
    values = np.array([1.0, -2.5, 0.15625], np.float32)
    data = (values.view(np.uint32) >> 16).astype('<u2').tobytes()  # the upper half of a float32
    tensors = read_safe_tensors(write({'a': entry([3], [0, 6], 'BF16')}, data))
    np.testing.assert_array_equal(tensors['a'].astype(np.float32), values)


@pytest.mark.parametrize(
    ('bad', 'message'),
    [
        (entry(offsets=(0, 28)), 'cut short'),
        (entry(offsets=(8, 32)), 'cut short'),
        (entry(offsets=(-24, 0)), 'cut short'),
        (entry(shape=(10**9, 10**9)), 'cut short'),
        (entry(shape=(-2, -3)), 'damaged'),
        (entry(dtype='F8_E4M3'), 'dtype F8_E4M3'),
        ({'shape': [2, 3]}, 'damaged'),
    ],
)
def test_tensors_that_do_not_fit_are_refused(write, bad, message):
    with pytest.raises(WeightsError, match=message):
        read_weights(write({'a.weight': bad}))


def test_a_damaged_header_is_refused(write):
    with pytest.raises(WeightsError, match='damaged'):
        read_weights(write({'a.weight': entry()}, length=20))
    with pytest.raises(WeightsError, match='no file of weights'):
        read_weights(write({'a.weight': entry()}, length=1 << 40))
