"""Compilation where numba finds no place for its cache."""

import numba

from cafer_tf.synthesis import jit


def double(value: float) -> float:
    return 2 * value


def test_compiled_functions_are_cached():
    assert jit.compiled(double).stats.cache_path


def test_a_read_only_installation_compiles_without_a_cache(monkeypatch):
    original, caches = numba.njit, []

    def refusing(*arguments, **options):
        caches.append(options.get('cache', False))
        if options.get('cache'):
            raise RuntimeError('cannot cache function: no locator available')
        return original(*arguments, **options)

    monkeypatch.setattr(numba, 'njit', refusing)
    assert jit.compiled(double)(1.5) == 3
    assert caches[:2] == [True, False]  # then numba compiles functions of its own
