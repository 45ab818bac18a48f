"""The page to try a model: a server on this machine, and what a browser gets from it.

Needs the packages of the extra `app`. What a browser sends stays in memory, is answered and is forgotten.
"""

from cafer_tf.app.access import LOOPBACK_NAMES, host_name, is_loopback
from cafer_tf.app.answers import answer, warm_up
from cafer_tf.app.application import create_app
from cafer_tf.app.limits import Limits
from cafer_tf.app.server import AppError, address_of, listen, make_server

__all__ = [
    'LOOPBACK_NAMES',
    'AppError',
    'Limits',
    'address_of',
    'answer',
    'create_app',
    'host_name',
    'is_loopback',
    'listen',
    'make_server',
    'warm_up',
]
