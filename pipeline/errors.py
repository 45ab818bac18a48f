"""The failures that a user is expected to meet; each message stands alone, without a stack trace."""

from cafer_tf.callbacks import BackupError
from cafer_tf.config import ConfigError
from cafer_tf.datasets import DataError
from cafer_tf.faces import FacesError
from cafer_tf.finite import NonFiniteError
from cafer_tf.grouping import GroupingError
from cafer_tf.input import InputError
from cafer_tf.networks import WeightsError
from cafer_tf.serving import ModelError
from cafer_tf.strategy import WorkerError


class RunError(Exception):
    """A run stopped for a reason that its user can act on."""


class AnomalyError(RunError):
    """The data does not satisfy the schema."""


class ServingError(RunError):
    """The exported model does not answer requests as it must."""


class GateError(RunError):
    """The model is not good enough to be served."""


EXPECTED = (
    *(RunError, DataError, ConfigError, GroupingError, InputError, ModelError, NonFiniteError),
    *(BackupError, FacesError, WeightsError, WorkerError),
)
"""What the commands report in a line or a few, and exit with 1."""
