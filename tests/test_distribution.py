"""Replicas and workers change nothing: the same losses, weights and evaluation as of one device with whole batches.

The cases are made so that rounding stays rounding. Images are smooth and go with the labels, rates are small, and the
optimizer is SGD with momentum: Adam divides by the gradient's size, and so makes full steps of the rounding of a
gradient that is zero, such as that of the critic's last bias, on which no distance depends. Dropout is off, since each
replica draws masks of its own.
"""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from records import write
from workers import environment, finish, free_addresses, start

from cafer_tf import Config

HELPERS = pathlib.Path(__file__).parent / 'helpers'
COMPACT = {'input.image_size': 32}
MIXED = {
    **COMPACT,
    'grouping.rule': 'otsu_per_batch',
    'adversarial.critic_steps': 2,
    'adversarial.warmup_steps': 3,
    'adversarial.encoder_objective': 'divergence',
    'adversarial.separate_optimizer': True,
    'network.spectral_normalization': True,
    'training.ema': 0.9,
}
NEWER = {  # both of the newer methods at once
    **COMPACT,
    'network.bottleneck': [64],
    'network.head': [64],
    'similarity.weight': 0.0256,
    'similarity.learning_rate': 1e-5,
    'matching.people': 3,
    'matching.start': 0,
    'matching.full': 2,
}
CASES = {
    'paper': ('paper', COMPACT),
    'published_code': ('published_code', {'input.image_size': 64, 'network.encoder': 'alexnet'}),
    'mixed': ('paper', MIXED),
    'person_pairs': ('person_pairs', COMPACT),
    'newer': ('elim2022', NEWER),
}
OWN_TERMS = {'loss', 'rmse_loss', 'pcc_loss', 'ccc_loss', 'adversarial_loss', 'critic_loss', 'margin'}
NEWER_TERMS = {'loss', 'mse_loss', 'pcc_loss', 'ccc_loss', 'similarity_loss', 'separation_loss', 'matching_loss'}
TOLERANCE = 1e-5
NORM_TOLERANCE = 1e-3
"""Of gradients: an activation that rounding puts on the other side of a ReLU's corner takes its whole part away."""
UPDATE_TOLERANCE = 1e-3
"""Of what five steps change about a network, which is so little that float32 keeps some four digits of it."""
SCORES = ('ccc', 'pcc', 'sagr', 'rmse', 'fraction')
"""Terms of the order of 1, whose own value may be near 0."""
WEIGHT = 1e-2
"""What weights count as at least: 1e-7 is allowed to biases that begin at 0, one of which has a gradient of zero."""


def make_config(preset, changes):
    fixed = {'training.batch_size': 16, 'network.head_dropout': 0.0, 'network.critic_dropout': 0.0}
    return Config.from_preset(preset).with_changes({**fixed, **changes}.items())


def assert_same(values, expected, name, floor=0.0):
    """Within 1e-5 of each value, and of the largest in the row: what is near 0 there is a difference of others."""
    tolerance = NORM_TOLERANCE if 'gradient_norm' in name else TOLERANCE
    least = 1.0 if any(score in name for score in SCORES) else floor
    scale = max(np.abs(expected).max(), least)
    np.testing.assert_allclose(values, expected, rtol=tolerance, atol=tolerance * scale, err_msg=name)


def assert_same_updates(weights, expected, initial):
    for network in ('compact', 'alexnet', 'head', 'critic'):
        names = [name for name in expected if name.startswith(f'{network}/') and 'moving' not in name]
        update = np.sqrt(sum(np.sum((expected[name] - initial[name]) ** 2) for name in names))
        difference = np.sqrt(sum(np.sum((weights[name] - expected[name]) ** 2) for name in names))
        assert difference <= UPDATE_TOLERANCE * update, network


@pytest.fixture(scope='module', params=CASES)
def replicas(request, tmp_path_factory):
    """What `train_replicas.py` wrote about a case."""
    path = tmp_path_factory.mktemp('replicas') / 'results.npz'
    config = json.dumps(make_config(*CASES[request.param]).to_dict())
    command = [sys.executable, '-W', 'ignore', str(HELPERS / 'train_replicas.py'), str(path), config]
    subprocess.run(command, check=True, timeout=300, env={**os.environ, 'CUDA_VISIBLE_DEVICES': '-1'})
    with np.load(path, allow_pickle=False) as file:
        return dict(file)


def part(results, prefix):
    return {name.removeprefix(prefix): value for name, value in results.items() if name.startswith(prefix)}


@pytest.mark.e2e
def test_two_replicas_train_as_one(replicas):
    one, two = part(replicas, '1/'), part(replicas, '2/')
    steps = part(one, 'steps/')
    assert any(expected.issubset(steps) for expected in (OWN_TERMS, NEWER_TERMS))
    for name, values in steps.items():
        assert len(values) == 5
        # Its contrast is a difference of numbers of the order of 1.
        floor = NEWER['similarity.weight'] if name == 'similarity_loss' else 0.0
        assert_same(two[f'steps/{name}'], values, name, floor)
    for name, values in part(one, 'initial/').items():
        np.testing.assert_array_equal(two[f'initial/{name}'], values, err_msg=name)
    for name, values in part(one, 'weights/').items():
        # The mean of what is made of centred features is zero, and its rounding that of numbers of the order of 1.
        centred = 'bottleneck_norm' in name and 'moving_mean' in name
        assert_same(two[f'weights/{name}'], values, name, 1.0 if centred else WEIGHT)
    assert_same_updates(
        *(part(results, f'{what}/') for results, what in ((two, 'weights'), (one, 'weights'), (one, 'initial')))
    )


@pytest.mark.e2e
def test_two_replicas_evaluate_as_one(replicas):
    one, two = part(replicas, '1/evaluation/'), part(replicas, '2/evaluation/')
    assert {'20/loss', '20/ccc', '21/loss', '21/ccc'} <= set(one)
    for name, value in one.items():
        assert_same(two[name], value, name, floor=np.abs(replicas[f'1/steps/{name.partition("/")[2]}']).max())


@pytest.mark.e2e
def test_statistics_of_halves_would_differ(replicas):
    """Else the tests above would say nothing: the mean of what each half says by itself is not what the batch says."""
    halves, batches = part(replicas, 'halves/'), part(replicas, 'batches/')
    own = ('critic_loss', 'positive_distance', 'margin', 'mutual_information') if 'critic_loss' in batches else ()
    for name in ('loss', 'pcc_loss', 'ccc_loss', *own):
        assert abs(halves[name] - batches[name]) > 100 * TOLERANCE * abs(batches[name]), name


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    """80 examples, five steps, and 20, whose last batch is not full."""
    folder = tmp_path_factory.mktemp('records')
    rng = np.random.default_rng(0)
    sizes = {'train': 80, 'eval': 20}
    return [str(write(folder / name, rng.uniform(-0.7, 0.7, (size, 2)))) for name, size in sizes.items()]


@pytest.mark.e2e
def test_two_workers_train_as_one_process(files, tmp_path):
    script = HELPERS / 'train_worker.py'
    changes = {**COMPACT, 'training.epochs': 1, 'training.learning_rate': 1e-6}
    config = json.dumps(make_config('paper', changes).to_dict())

    def run(name, variables):
        backup = tmp_path / ('alone' if name == 'alone' else 'together')
        return start(script, variables, str(tmp_path / name), config, *files, str(backup))

    alone = run('alone', {})
    printed = [finish(alone)]
    addresses = free_addresses(2)
    workers = [run(f'worker-{index}', environment(addresses, index)) for index in range(2)]
    printed += [finish(worker) for worker in workers]
    for process, output in zip([alone, *workers], printed, strict=True):
        assert process.returncode == 0, output
    assert ['epoch   1/1' in output for output in printed] == [True, True, False]
    results = [dict(np.load(tmp_path / f'{name}.npz')) for name in ('alone', 'worker-0', 'worker-1')]
    for name, expected in results[0].items():
        for found in results[1:]:
            assert_same(found[name], expected, name, WEIGHT if name.startswith('weights/') else 0.0)
        if name.startswith('weights/'):
            np.testing.assert_array_equal(results[1][name], results[2][name], err_msg=name)
