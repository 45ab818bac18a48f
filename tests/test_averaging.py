import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from cafer_tf.averaging import WeightAverage


def small_model():
    model = tf.keras.Sequential([tf.keras.layers.Dense(2, input_shape=[3]), tf.keras.layers.BatchNormalization()])
    model.compile('sgd', 'mse')
    return model


def average_of(values, momentum):
    """By definition: weighted with (1 - m) m^(t - k), the weights brought to a sum of 1."""
    weights = [(1 - momentum) * momentum ** (len(values) - 1 - k) for k in range(len(values))]
    return sum(weight * value for weight, value in zip(weights, values, strict=True)) / sum(weights)


@pytest.mark.parametrize('momentum', [0.5, 0.999, 0.99999])
@pytest.mark.parametrize('wrap', [lambda function: function, tf.function])
def test_averages_without_bias(momentum, wrap):
    values = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    variable = tf.Variable([100.0, 100.0, 100.0])
    average = WeightAverage([variable], momentum)
    update = wrap(average.update)
    for count, value in enumerate(values, 1):
        variable.assign(value)
        update()
        expected = average_of(values[:count].astype(np.float64), momentum)
        np.testing.assert_allclose(average.averages[0], expected, rtol=2e-4, atol=2e-4)


def test_two_swaps_change_nothing():
    variables = [tf.Variable([1.0, 2.0]), tf.Variable(3.0)]
    average = WeightAverage(variables, 0.5)
    average.update()
    variables[0].assign([5.0, 6.0])
    before = [variable.numpy() for variable in (*variables, *average.averages)]
    average.swap()
    np.testing.assert_allclose(variables[0], [1.0, 2.0])
    np.testing.assert_allclose(average.averages[0], [5.0, 6.0])
    average.swap()
    for variable, value in zip((*variables, *average.averages), before, strict=True):
        np.testing.assert_array_equal(variable, value)


def test_is_no_part_of_the_models_weights_or_of_its_file(tmp_path):
    model = small_model()
    before = [weight.name for weight in model.weights], len(model.trainable_variables), len(model.variables)
    model.average = WeightAverage(model.trainable_variables, 0.9)
    assert ([weight.name for weight in model.weights], len(model.trainable_variables), len(model.variables)) == before
    assert len(model.get_weights()) == 6  # kernel and bias; scale, shift, mean and variance
    model.save(tmp_path / 'with.keras')
    small_model().save(tmp_path / 'without.keras')
    assert (tmp_path / 'with.keras').stat().st_size == pytest.approx(
        (tmp_path / 'without.keras').stat().st_size, abs=64
    )
    loaded = tf.keras.models.load_model(tmp_path / 'with.keras')
    for one, other in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_is_saved_in_the_models_checkpoints(tmp_path):
    def averaged():
        model = small_model()
        model.average = WeightAverage(model.trainable_variables, 0.9)
        return model

    model = averaged()
    for value in (1.0, 2.0):
        model.layers[0].kernel.assign(tf.fill([3, 2], value))
        model.average.update()
    path = tf.train.Checkpoint(model=model).save(tmp_path / 'checkpoint')
    restored = averaged()
    tf.train.Checkpoint(model=restored).restore(path).assert_existing_objects_matched()
    assert restored.average.updates.numpy() == 2
    for one, other in zip(model.average.averages, restored.average.averages, strict=True):
        np.testing.assert_array_equal(one, other)
    for each in (model, restored):
        each.layers[0].kernel.assign(tf.fill([3, 2], 5.0))
        each.average.update()
    np.testing.assert_array_equal(model.average.averages[0], restored.average.averages[0])


def test_keeps_full_precision_under_mixed_precision():
    tf.keras.mixed_precision.set_global_policy('mixed_bfloat16')
    try:
        model = small_model()
    finally:
        tf.keras.mixed_precision.set_global_policy('float32')
    average = WeightAverage(model.trainable_variables, 0.9)
    average.update()
    assert all(value.dtype == tf.float32 for value in average.averages)
    average.swap()
    assert all(variable.dtype == tf.float32 for variable in model.trainable_variables)


REPLICAS = """
import tensorflow as tf
from cafer_tf.averaging import WeightAverage

cpu = tf.config.list_physical_devices('CPU')[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
strategy = tf.distribute.MirroredStrategy(['CPU:0', 'CPU:1'])
with strategy.scope():
    model = tf.keras.Sequential([tf.keras.layers.Dense(2, input_shape=[3])])
    average = WeightAverage(model.trainable_variables, 0.5)
    optimizer = tf.keras.optimizers.SGD(1.0)
    optimizer.build(model.trainable_variables)
kernel = model.layers[0].kernel
kernel.assign(tf.zeros([3, 2]))


def step():
    optimizer.apply_gradients([(-tf.ones([3, 2]), kernel)])  # summed over two replicas: + 2 a step
    average.update()


run = tf.function(lambda: strategy.run(step))
for _ in range(3):
    run()
# (1 · 2 + 2 · 4 + 4 · 6) / 7
expected = 34 / 7
for copy in strategy.experimental_local_results(average.averages[0]):
    tf.debugging.assert_near(copy, tf.fill([3, 2], expected), rtol=1e-6)
with strategy.scope():
    average.swap()
for copy in strategy.experimental_local_results(kernel):
    tf.debugging.assert_near(copy, tf.fill([3, 2], expected), rtol=1e-6)
for copy in strategy.experimental_local_results(average.averages[0]):
    tf.debugging.assert_near(copy, tf.fill([3, 2], 6.0))
print(average.updates.numpy(), len(strategy.experimental_local_results(kernel)))
"""


def test_every_replica_has_the_same_average(tmp_path):
    script = tmp_path / 'replicas.py'
    script.write_text(REPLICAS)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ['3', '2']
