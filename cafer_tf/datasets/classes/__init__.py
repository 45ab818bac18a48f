"""Images in classes, for learning a metric: test classes are never trained on.

`read_classes(layout, root)` is the way in. No TensorFlow here, and images are not opened.
"""

from cafer_tf.datasets.classes.reader import CLASS_LAYOUTS, read_classes
from cafer_tf.datasets.classes.records import ClassListing, ClassRecord

__all__ = ['CLASS_LAYOUTS', 'ClassListing', 'ClassRecord', 'read_classes']
