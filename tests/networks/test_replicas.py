"""One replica with a batch, and two with half of it each."""

import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest


@pytest.fixture(scope='module')
def results(tmp_path_factory) -> dict[str, dict[str, np.ndarray]]:
    folder = tmp_path_factory.mktemp('replicas')
    script = pathlib.Path(__file__).with_name('two_replicas.py')
    command = [sys.executable, '-W', 'ignore', str(script), str(folder / 'results.npz'), str(folder)]
    subprocess.run(command, check=True, env={**os.environ, 'CUDA_VISIBLE_DEVICES': '-1'})
    with np.load(folder / 'results.npz', allow_pickle=False) as file:
        return {
            replicas: {name[2:]: value for name, value in file.items() if name.startswith(f'{replicas}/')}
            for replicas in '12'
        }


@pytest.mark.parametrize('encoder', ['compact', 'resnet18'])
def test_batch_normalisation_is_that_of_the_whole_batch(results, encoder):
    names = [name for name in results['1'] if name.startswith(f'{encoder}/')]
    assert any('moving_variance' in name for name in names)
    for name in names:
        one, two = results['1'][name], results['2'][name]
        np.testing.assert_allclose(two, one, rtol=1e-5, atol=1e-5 * np.abs(one).max(), err_msg=name)


@pytest.mark.parametrize('replicas', ['1', '2'])
def test_dropout_goes_on_where_a_checkpoint_left_it(results, replicas):
    first, second, restored = (results[replicas][f'masks/{name}'] for name in ('first', 'second', 'restored'))
    assert 0.3 < first.mean() < 0.7
    assert (first != second).any()
    np.testing.assert_array_equal(restored, second)


def test_each_replica_draws_masks_of_its_own(results):
    first, second = np.split(results['2']['masks/first'], 2)
    assert 0.3 < (first != second).mean() < 0.7


@pytest.mark.parametrize('replicas', ['1', '2'])
@pytest.mark.parametrize('precision', ['float32', 'mixed_float16', 'mixed_bfloat16'])
@pytest.mark.parametrize('layer', ['dense1', 'dense2', 'embedding'])
def test_spectral_norms_are_1(results, replicas, precision, layer):
    kernel = results[replicas][f'critic/{precision}/{layer}']
    np.testing.assert_allclose(np.linalg.norm(kernel, ord=2), 1.0, rtol=0.01)


@pytest.mark.parametrize('replicas', ['1', '2'])
@pytest.mark.parametrize('precision', ['mixed_float16', 'mixed_bfloat16'])
def test_a_critic_of_spectral_norm_1_works_in_mixed_precision(results, replicas, precision):
    half, full = (results[replicas][f'critic/{name}/outputs'] for name in (precision, 'float32'))
    assert half.dtype == np.float32
    np.testing.assert_allclose(half, full, atol=0.02 * np.abs(full).max())


def test_a_critic_of_spectral_norm_1_is_the_same_on_two_replicas(results):
    names = [name for name in results['1'] if name.startswith('critic/float32/')]
    assert len(names) == 4
    for name in names:
        np.testing.assert_allclose(results['2'][name], results['1'][name], rtol=1e-4, atol=1e-6, err_msg=name)
