"""The poster's first table: its eight published lines, and the rows that are trained here on any data set.

`Benchmark(...).run()` is the way in, `table(summarise(...))` the way out.
"""

from cafer_tf.comparison_table.benchmark import Benchmark, Run
from cafer_tf.comparison_table.plots import plot_table, table_figure
from cafer_tf.comparison_table.published import PUBLISHED, Published
from cafer_tf.comparison_table.rows import DEFAULT_ROWS, ROWS, Row
from cafer_tf.comparison_table.summary import PICTURE, SUMMARY, summarise
from cafer_tf.comparison_table.text import HEADS, groups, name_of, table

__all__ = [
    'DEFAULT_ROWS',
    'HEADS',
    'PICTURE',
    'PUBLISHED',
    'ROWS',
    'SUMMARY',
    'Benchmark',
    'Published',
    'Row',
    'Run',
    'groups',
    'name_of',
    'plot_table',
    'summarise',
    'table',
    'table_figure',
]
