import json
import signal
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from records import write

from cafer_tf import Cafer, Config, callbacks, input, training

THRESHOLD = 0.6
STEPS = 6
"""Of an epoch: 96 examples in batches of 16."""


def make_config(network=None, **values):
    settings = {'epochs': 3, 'batch_size': 16, 'learning_rate': 3e-3, **values}
    network = {'head_dropout': 0.1, **(network or {})}
    return Config.from_dict({'input': {'image_size': 32}, 'network': network, 'training': settings})


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp('records')
    rng = np.random.default_rng(0)
    return [
        str(write(folder / f'{name}.gz', rng.uniform(-0.7, 0.7, (n, 2)))) for name, n in (('train', 96), ('eval', 32))
    ]


@pytest.fixture(scope='module')
def trained(files, tmp_path_factory):
    """A run, what it printed, and the folder of its logs."""
    logs = tmp_path_factory.mktemp('logs')
    with pytest.MonkeyPatch.context() as patch:
        lines = []
        patch.setattr('builtins.print', lambda *parts, **_: lines.append(' '.join(map(str, parts))))
        model = training.train(make_config(), THRESHOLD, files[:1], files[1:], log_directory=logs)
    return model, lines, logs


def score(model, files):
    return model.evaluate(input.evaluation_dataset(files[1:], model.config), verbose=0, return_dict=True)['ccc']


def printed_scores(lines):
    return [float(line.split('validation CCC ')[1].split()[0]) for line in lines]


def networks_weights(model):
    return [weight for network in (model.encoder, model.head, model.critic) for weight in network.get_weights()]


def assert_same_weights(model, other):
    for one, expected in zip(networks_weights(model), networks_weights(other), strict=True):
        np.testing.assert_array_equal(one, expected)


def test_returns_the_model_of_the_best_epoch(trained, files):
    model, lines, _ = trained
    printed = printed_scores(lines)
    assert len(printed) == 3
    assert score(model, files) == pytest.approx(max(printed), abs=6e-4)
    assert max(printed) > min(printed)


def test_the_same_seed_gives_the_same_run(trained, files):
    assert_same_weights(trained[0], training.train(make_config(), THRESHOLD, files[:1], files[1:]))


def test_learning_rate_decays_by_the_configured_factor_an_epoch(trained):
    for optimizer in trained[0].optimizers.values():
        assert optimizer.iterations.numpy() == 3 * STEPS
        schedule = tf.keras.optimizers.schedules.deserialize(optimizer.get_config()['learning_rate'])
        assert [float(schedule(step)) for step in (0, 6, 18)] == pytest.approx([3e-3, 3e-3 * 0.9, 3e-3 * 0.9**3])


def test_writes_scalars_for_tensorboard(trained):
    _, _, logs = trained
    tags = {'train': {}, 'validation': {}}
    for split, values in tags.items():
        for path in (logs / split).glob('events*'):
            for event in tf.compat.v1.train.summary_iterator(str(path)):
                for value in event.summary.value:
                    values.setdefault(value.tag, {})[event.step] = tf.make_ndarray(value.tensor).item()
    losses = {'loss', 'rmse_loss', 'pcc_loss', 'ccc_loss', 'adversarial_loss', 'critic_loss'}
    critic = {'positive_distance', 'negative_distance', 'margin', 'mutual_information', 'confidence'}
    groups = {'threshold', 'strong_fraction'}
    scores = {'ccc', 'valence_ccc', 'arousal_ccc', 'valence_rmse', 'arousal_sagr'}
    norms = {f'{name}_gradient_norm' for name in ('encoder', 'head', 'critic')}
    rates = {f'{name}_learning_rate' for name in ('encoder', 'head', 'critic')}
    assert losses | critic | groups | scores | norms | rates | {'images_per_second'} <= set(tags['train'])
    assert losses | critic | groups | scores <= set(tags['validation'])
    assert all(list(values) == [1, 2, 3] for values in tags['train'].values())
    # Group balance and threshold are those of the input; margin and its two parts belong together.
    assert list(tags['train']['threshold'].values()) == pytest.approx([THRESHOLD] * 3)
    assert list(tags['train']['strong_fraction'].values()) == pytest.approx([0.5] * 3)
    for step, margin in tags['train']['margin'].items():
        parts = tags['train']['mutual_information'][step] + tags['train']['confidence'][step]
        assert margin == pytest.approx(parts, rel=1e-4)
    assert tags['train']['critic_learning_rate'][1] == pytest.approx(3e-3 * 0.9 ** (5 / 6))


SCRIPT = """
import json, os, sys, time
import numpy as np
import tensorflow as tf
from cafer_tf import Config, training

_, config, train_file, eval_file, folder, stop = sys.argv
before = training._callbacks


class Record(tf.keras.callbacks.Callback):
    '''Writes the logs of each step to a file, and waits for its end after one of them.'''

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        number = int(self.epoch * self.params['steps'] + batch)
        with open(os.path.join(folder, 'steps.jsonl'), 'a') as file:
            file.write(json.dumps([number, {name: float(value) for name, value in logs.items()}]) + os.linesep)
        if number == int(stop):
            print('waiting', flush=True)
            time.sleep(600)


training._callbacks = lambda *arguments: [*before(*arguments), Record()]
model = training.train(
    Config.from_dict(json.loads(config)), 0.6, [train_file], [eval_file], backup_directory=os.path.join(folder, 'state')
)
weights = [*model.encoder.get_weights(), *model.head.get_weights(), *model.critic.get_weights()]
np.savez(os.path.join(folder, 'weights.npz'), *weights)
print([optimizer.iterations.numpy().item() for optimizer in model.optimizers.values()], float(model.multiplier.numpy()))
"""


@pytest.mark.e2e
def test_a_killed_process_goes_on_as_if_nothing_had_happened(files, tmp_path):
    """Everything that has a state: dropout, schedule, λ of the published code, the average, spectral norms."""
    config = make_config(
        network={'spectral_normalization': True},
        epochs=2,
        ema=0.8,
        backup_steps=4,
        schedule='cosine',
        clip_norm=5.0,
    ).to_dict()
    config['adversarial'] |= {'critic_objective': 'lagrangian', 'penalty': 0.1}
    script = tmp_path / 'train.py'
    script.write_text(SCRIPT)

    def start(folder, stop):
        folder.mkdir(exist_ok=True)
        arguments = [json.dumps(config), *files, str(folder), str(stop)]
        return subprocess.Popen([sys.executable, script, *arguments], stdout=subprocess.PIPE, text=True)

    def lines_until(process, text):
        lines = []
        for line in process.stdout:
            lines.append(line)
            if text in line:
                break
        return lines

    def steps(folder):
        return [json.loads(line) for line in (folder / 'steps.jsonl').read_text().splitlines()]

    whole, killed = tmp_path / 'whole', tmp_path / 'killed'
    process = start(whole, -1)
    finished, _ = process.communicate(timeout=300)
    for stop in (4, 9):  # in the middle of either epoch; saved are steps 4, 6 (the epoch's end) and 8
        process = start(killed, stop)
        lines = lines_until(process, 'waiting')
        process.send_signal(signal.SIGKILL)
        assert process.wait(60) == -signal.SIGKILL
        assert 'waiting' in lines[-1], lines
        process.stdout.close()
    process = start(killed, -1)
    resumed, _ = process.communicate(timeout=300)
    expected, seen = dict(steps(whole)), steps(killed)
    assert [number for number, _ in seen] == [*range(5), *range(4, 10), *range(8, 12)]
    assert list(expected) == list(range(12))
    for number, logs in seen:
        assert logs == expected[number]
    with np.load(whole / 'weights.npz') as one, np.load(killed / 'weights.npz') as other:
        assert one.files == other.files
        for name in one.files:
            np.testing.assert_array_equal(one[name], other[name])
    assert resumed.splitlines()[-1] == finished.splitlines()[-1]  # updates, and λ
    assert resumed.splitlines()[-1].startswith('[12, 12, 12]')
    assert resumed.splitlines()[0].rpartition('  ')[0] == finished.splitlines()[1].rpartition('  ')[0]  # but for speed


class Killed(Exception):
    pass


def test_a_run_that_was_stopped_continues_and_keeps_its_best_epoch(files, tmp_path, monkeypatch, capsys):
    original = callbacks.EpochProgress.on_epoch_begin

    def dies(self, epoch, logs=None):
        if epoch == 2:
            raise Killed
        original(self, epoch, logs)

    def train(**values):
        return training.train(make_config(**values), THRESHOLD, files[:1], files[1:], backup_directory=tmp_path)

    with monkeypatch.context() as patch:
        patch.setattr(callbacks.EpochProgress, 'on_epoch_begin', dies)
        with pytest.raises(Killed):
            train()
    before = json.loads((tmp_path / 'best.json').read_text())
    capsys.readouterr()
    model = train()
    printed = capsys.readouterr().out
    assert 'epoch   3/3' in printed
    assert 'epoch   2/3' not in printed
    assert [optimizer.iterations.numpy() for optimizer in model.optimizers.values()] == [18, 18, 18]
    assert json.loads((tmp_path / 'best.json').read_text())['val_ccc'] >= before['val_ccc']
    finished = train()
    assert 'epoch' not in capsys.readouterr().out  # nothing is left to do but to restore
    assert_same_weights(model, finished)
    with pytest.raises(callbacks.BackupError, match='another training'):
        train(seed=1)


def test_stops_when_patience_runs_out_and_stays_stopped(files, tmp_path, monkeypatch, capsys):
    scores = [0.25, 0.5, 0.375, 0.75]
    original = callbacks.BestWeights.on_epoch_end

    def scored(self, epoch, logs=None):
        logs['val_ccc'] = scores[epoch]
        original(self, epoch, logs)

    monkeypatch.setattr(callbacks.BestWeights, 'on_epoch_end', scored)
    config = make_config(epochs=4, patience=1)

    def train():
        return training.train(config, THRESHOLD, files[:1], files[1:], backup_directory=tmp_path)

    stopped = train()
    lines = capsys.readouterr().out.splitlines()
    assert [line[:13] for line in lines] == ['  epoch   1/4', '  epoch   2/4', '  epoch   3/4', '  stopped: th']
    assert json.loads((tmp_path / 'best.json').read_text()) == {'epoch': 1, 'val_ccc': 0.5}
    again = train()  # as after being killed when all was trained, but the model not yet exported
    assert capsys.readouterr().out == ''
    assert again.optimizer.iterations.numpy() == 3 * STEPS
    assert_same_weights(stopped, again)


def test_the_average_of_the_weights_is_judged_and_returned(files, capsys):
    model = training.train(make_config(epochs=1, ema=0.8), THRESHOLD, files[:1], files[1:])
    (printed,) = printed_scores(capsys.readouterr().out.splitlines())
    assert score(model, files) == pytest.approx(printed, abs=6e-4)
    assert model.average.updates.numpy() == STEPS
    for variable, average in zip(model.trainable_variables, model.average.averages, strict=True):
        np.testing.assert_array_equal(variable.numpy(), average.numpy())


def test_a_new_run_starts_from_pretrained_weights_and_a_resumed_one_does_not(files, tmp_path):
    tf.keras.utils.set_random_seed(5)
    donor = Cafer(make_config(), THRESHOLD)
    weights = {name: tmp_path / f'{name}.weights.h5' for name in ('encoder', 'head')}
    for name, path in weights.items():
        getattr(donor, name).save_weights(path)
    config = make_config({f'{name}_weights': str(path) for name, path in weights.items()}, epochs=1, learning_rate=1e-9)
    model = training.train(config, THRESHOLD, files[:1], files[1:], backup_directory=tmp_path / 'state')
    for name, path in weights.items():
        pairs = zip(getattr(donor, name).trainable_variables, getattr(model, name).trainable_variables, strict=True)
        for given, trained in pairs:
            np.testing.assert_allclose(trained, given, atol=1e-6)
        path.write_bytes(b'no weights')
    again = training.train(config, THRESHOLD, files[:1], files[1:], backup_directory=tmp_path / 'state')
    for one, other in zip(again.trainable_variables, model.trainable_variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def test_several_workers_need_a_folder_that_all_can_read(files, monkeypatch):
    class Several(tf.distribute.MultiWorkerMirroredStrategy):
        def __init__(self):
            pass

    monkeypatch.setattr(training, 'choose_strategy', Several)
    with pytest.raises(ValueError, match='backup directory that all of them can read'):
        training.train(make_config(), THRESHOLD, files[:1], files[1:])


def test_pretrained_weights_are_those_before_a_bottleneck(tmp_path):
    donor = Cafer(make_config(), THRESHOLD)
    donor.encoder.save_weights(path := tmp_path / 'encoder.weights.h5')
    model = Cafer(make_config({'encoder_weights': str(path), 'bottleneck': [16]}), THRESHOLD)
    training._load_pretrained(model)
    assert len(model.encoder.weights) == len(donor.encoder.weights) + 2
    for given, own in zip(donor.encoder.weights, model.encoder.weights, strict=False):
        np.testing.assert_array_equal(own, given)
