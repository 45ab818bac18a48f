"""Two workers on one machine: one writes, both go on, and both end with the best weights."""

import json
import os
import socket
import subprocess
import sys

import numpy as np
import pytest

SCRIPT = """
import glob, json, os, sys, time
import numpy as np
import tensorflow as tf

_, folder, stop = sys.argv
strategy = tf.distribute.MultiWorkerMirroredStrategy()

from cafer_tf.averaging import WeightAverage
from cafer_tf.callbacks import MONITOR, AveragedWeights, Backup, BestWeights, saved_step

STEPS = 5
tf.keras.utils.set_random_seed(0)
tf.config.experimental.enable_op_determinism()


class Model(tf.keras.Sequential):
    @property
    def metrics(self):
        return [self.mean]

    def train_step(self, number):
        number = tf.cast(number, tf.float32)[:, tf.newaxis]
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(self(tf.sin(number), training=True) - tf.cos(number))) / 2
        self.optimizer.minimize(loss, self.trainable_variables, tape=tape)
        self.average.update()
        self.mean.update_state(loss)
        return {'loss': self.mean.result()}


class Test(tf.keras.callbacks.Callback):
    '''Scores the epochs, records the steps, and dies where it is told to.'''

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        print(json.dumps([int(self.epoch * STEPS + batch), float(logs['loss'])]), flush=True)
        if self.epoch * STEPS + batch == int(stop):
            # One that died before the other has heard of the step would take it from that one.
            open(f'{folder}.{os.getpid()}', 'w').close()
            while len(glob.glob(f'{folder}.*')) < 2:
                time.sleep(0.01)
            os._exit(9)

    def on_epoch_end(self, epoch, logs=None):
        self.model.average.swap()  # as validation does
        logs[MONITOR] = [0.25, 0.5, 0.375][epoch]


class Unswap(tf.keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.average.swap()


with strategy.scope():
    model = Model([tf.keras.layers.Dense(3, input_shape=[1]), tf.keras.layers.BatchNormalization(momentum=0.5)])
    model.compile(tf.keras.optimizers.Adam(0.05))
    model.mean = tf.keras.metrics.Mean('loss')
    model.average = WeightAverage(model.trainable_variables, 0.8)
done = saved_step(os.path.join(folder, 'backup'))
data = strategy.distribute_datasets_from_function(
    lambda context: tf.data.Dataset.range(8 * done + context.input_pipeline_id, 10**6, 2).batch(4)
)
best = BestWeights(folder)
backup = Backup(os.path.join(folder, 'backup'), 2)
model.fit(data, epochs=3, steps_per_epoch=STEPS, callbacks=[Test(), best, Unswap(), backup], verbose=0)
print(json.dumps([*(float(value) for weight in model.get_weights() for value in weight.ravel())]), flush=True)
os._exit(0)  # not waiting for the other worker's connection
"""


@pytest.mark.e2e
def test_two_workers_go_on_after_being_killed(tmp_path):
    script = tmp_path / 'worker.py'
    script.write_text(SCRIPT)

    def run(folder, stop=-1):
        folder.mkdir(exist_ok=True)
        with socket.socket() as one, socket.socket() as other:
            addresses = []
            for each in (one, other):
                each.bind(('127.0.0.1', 0))
                addresses.append(f'127.0.0.1:{each.getsockname()[1]}')
        workers = []
        for index in range(2):
            task = {'cluster': {'worker': addresses}, 'task': {'type': 'worker', 'index': index}}
            environment = {**os.environ, 'TF_CONFIG': json.dumps(task), 'CUDA_VISIBLE_DEVICES': '-1'}
            command = [sys.executable, script, str(folder), str(stop)]
            workers.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment))
        outputs = [worker.communicate(timeout=120)[0] for worker in workers]
        return [[json.loads(line) for line in output.splitlines()] for output in outputs]

    whole = run(tmp_path / 'whole')
    assert whole[0] == whole[1]
    assert [number for number, _ in whole[0][:-1]] == list(range(15))
    assert json.loads((tmp_path / 'whole' / 'best.json').read_text()) == {'epoch': 1, 'val_ccc': 0.5}
    with np.load(tmp_path / 'whole' / 'best_weights.npz') as best:
        values = [value for name in best.files for value in best[name].ravel()]
    assert whole[0][-1] == whole[1][-1] == pytest.approx(values, rel=1e-6)
    killed = run(tmp_path / 'killed', stop=8)
    resumed = run(tmp_path / 'killed')
    for index in range(2):
        assert killed[index] == whole[index][:9]
        # Saved were steps 2, 4, 5, 6 and 8. What each replica has of its own is saved as its sum or mean over all of
        # them, so that the last digit may differ.
        assert len(resumed[index]) == len(whole[index][8:])
        for seen, expected in zip(resumed[index], whole[index][8:], strict=True):
            assert seen == pytest.approx(expected, rel=1e-5)
    assert {path.name for path in (tmp_path / 'whole').iterdir()} == {'backup', 'best.json', 'best_weights.npz'}
