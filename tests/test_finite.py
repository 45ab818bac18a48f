import numpy as np
import pytest
import tensorflow as tf

from cafer_tf import finite


@pytest.mark.parametrize('graph', [False, True])
def test_names_the_first_wrong_term(graph):
    def check(value):
        finite.require_finite({'a': tf.constant(1.0), 'b_loss': value, 'c': value, 'd': tf.constant(-2e-30)})

    run = tf.function(check) if graph else check
    run(tf.constant(2.0))
    with pytest.raises(tf.errors.InvalidArgumentError) as error:
        run(tf.constant(-np.inf))
    readable = finite.translate(error.value, step=7)
    assert (readable.term, readable.step) == ('b_loss', 7)
    assert str(readable).startswith('training stopped at step 7: b_loss is -inf.')


def test_many_terms_are_all_looked_at():
    terms = {f'term{index}': tf.constant(float(index)) for index in range(40)}
    with pytest.raises(tf.errors.InvalidArgumentError) as error:
        finite.require_finite({**terms, 'last gradient norm': tf.constant(np.nan)})
    assert finite.translate(error.value, 0).term == 'last gradient norm'


def test_other_errors_are_left_alone():
    with pytest.raises(tf.errors.InvalidArgumentError) as error:
        tf.reshape(tf.zeros([3]), [2])
    assert finite.translate(error.value, 0) is None


def test_first_wrong():
    assert finite.first_wrong({'a': 1.0}, 3) is None
    assert finite.first_wrong({'a': 1.0, 'b': float('nan')}, 3).term == 'b'
