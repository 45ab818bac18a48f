import pytest
import tensorflow as tf

from cafer_tf.losses import warm_up


@pytest.mark.parametrize(
    ('start', 'full', 'shares'), [(2, 4, [0, 0, 0.5, 0.75, 1, 1]), (3, 3, [0, 0, 0, 1, 1, 1]), (0, 0, [1] * 6)]
)
def test_the_weight_warms_up(start, full, shares):
    weights = [warm_up(tf.constant(step, tf.int64), start, full) for step in range(6)]
    assert {weight.dtype for weight in weights} == {tf.float32}
    assert [float(weight) for weight in weights] == shares


def test_refuses_steps_out_of_order():
    with pytest.raises(ValueError, match='start must be in'):
        warm_up(0, 5, 4)
