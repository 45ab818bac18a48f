"""The poster's first table: its eight published lines, and the rows that are trained here on any data set.

`Benchmark(...).run()` is the way in, `table(summarise(...))` the way out.
"""

from cafer_tf.comparison_table.benchmark import Benchmark, Run
from cafer_tf.comparison_table.published import PUBLISHED, Published
from cafer_tf.comparison_table.rows import DEFAULT_ROWS, ROWS, Row
from cafer_tf.comparison_table.summary import summarise
from cafer_tf.comparison_table.text import table

__all__ = ['DEFAULT_ROWS', 'PUBLISHED', 'ROWS', 'Benchmark', 'Published', 'Row', 'Run', 'summarise', 'table']
