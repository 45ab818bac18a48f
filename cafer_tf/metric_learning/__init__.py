"""Metric learning on classes that are not trained on: five losses, with their static and with the adaptive margin.

The poster's second table. `Benchmark(...).run()` is the way in, `table(summarise(...))` the way out.
"""

from cafer_tf.metric_learning.benchmark import Benchmark, Run
from cafer_tf.metric_learning.rows import LOSSES, ROWS, Row, class_margin
from cafer_tf.metric_learning.settings import RECIPES, LossSettings, Settings, SettingsError
from cafer_tf.metric_learning.table import summarise, table
from cafer_tf.metric_learning.training import DivergedError, train_row

__all__ = [
    'LOSSES',
    'RECIPES',
    'ROWS',
    'Benchmark',
    'DivergedError',
    'LossSettings',
    'Row',
    'Run',
    'Settings',
    'SettingsError',
    'class_margin',
    'summarise',
    'table',
    'train_row',
]
