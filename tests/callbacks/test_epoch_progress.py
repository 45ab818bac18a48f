import contextlib
import io
import re
import time

import tensorflow as tf

from cafer_tf.callbacks import EpochProgress, Rates


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Slow(tf.keras.callbacks.Callback):
    """Steps that last longer than the bar takes between two drawings."""

    def on_train_batch_end(self, batch, logs=None):
        time.sleep(0.15)


def test_prints_a_line_an_epoch(line, fit, scores, capsys):
    fit(line(), 2, [Rates(8), scores([0.5, 0.625]), EpochProgress(2, 8)])
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert len(lines) == 2
    for number, (text, score) in enumerate(zip(lines, ('0.500', '0.625'), strict=True), 1):
        pattern = rf'  epoch   {number}/2  loss \d+\.\d{{3}}  CCC 0\.125  validation CCC {score} '
        assert re.fullmatch(pattern + r'\(valence 0\.250, arousal 0\.750\)  \d+ images/s', text), text
    assert 'epoch' not in printed.err  # no bar where nobody looks


def test_says_that_training_stopped(line, fit, scores, capsys):
    class Stop(tf.keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = True

    fit(line(), 3, [Rates(8), scores([0.5]), Stop(), EpochProgress(3, 8)])
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith('  epoch   1/3')
    assert second == '  stopped: the validation CCC has not improved for too long'


class Named(tf.keras.callbacks.Callback):
    """Gives steps the logs of a `Cafer`."""

    def __init__(self):
        super().__init__()
        self._supports_tf_logs = True

    def on_train_batch_end(self, batch, logs=None):
        logs['ccc'] = tf.constant(0.5 + batch / 100)


def test_the_bar_shows_loss_ccc_and_images_a_second(line, fit, scores, capsys):
    with contextlib.redirect_stderr(Terminal()) as terminal:
        fit(line(), 2, [Rates(8), Slow(), Named(), scores([0.5, 0.5]), EpochProgress(2, 8)])
    drawn = terminal.getvalue().split('\r')
    assert any(re.search(r'epoch 1/2: .* 8/40 .*images/s, loss=\d+\.\d{3}, CCC=0\.500', text) for text in drawn)
    assert any(re.search(r'epoch 2/2: .* 40/40 .*images/s, loss=\d+\.\d{3}, CCC=0\.540', text) for text in drawn)
    rates = [float(rate) for rate in re.findall(r'([\d.]+) images/s', terminal.getvalue())]
    assert max(rates) < 8 / 0.15
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_the_bar_goes_on_in_the_middle_of_an_epoch():
    progress = EpochProgress(3, 8)
    progress.set_params({'steps': 5})
    progress.on_epoch_begin(1)
    with contextlib.redirect_stderr(Terminal()) as terminal:
        progress.on_train_batch_begin(3)
    assert re.search(r'epoch 2/3:\s+60%.* 24/40 ', terminal.getvalue())


def test_a_step_waits_for_its_values_only_when_they_are_drawn():
    class Tensor:
        def __float__(self):
            raise AssertionError('read')

    progress = EpochProgress(1, 8)
    progress.set_params({'steps': 10**6})
    progress.on_epoch_begin(0)
    progress.on_train_batch_begin(0)
    progress.on_train_batch_end(0, {'loss': Tensor(), 'ccc': Tensor()})
    callbacks = tf.keras.callbacks.CallbackList([progress, Rates(8)])
    assert callbacks._batch_hooks_support_tf_logs
