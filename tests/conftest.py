"""What every test runs under. It imports no TensorFlow, so that the tests that need none start at once."""

import os

os.environ.setdefault('MPLBACKEND', 'Agg')
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
