"""What a docstring of a public function must have."""

import importlib
import inspect

import pytest

PACKAGES = (
    *('app', 'augment', 'callbacks', 'client', 'config', 'conversion', 'evaluation', 'faces', 'input', 'losses'),
    *('metric_learning', 'metrics', 'networks', 'serving', 'synthesis', 'video'),
)


@pytest.mark.parametrize('package', PACKAGES)
def test_public_functions_say_what_they_take(package):
    module = importlib.import_module(f'cafer_tf.{package}')
    functions = {name: getattr(module, name) for name in module.__all__ if inspect.isfunction(getattr(module, name))}
    assert functions
    silent = [
        name
        for name, function in functions.items()
        if inspect.signature(function).parameters and 'Args:' not in inspect.getdoc(function)
    ]
    assert silent == []
