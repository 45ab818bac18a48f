"""How well a model does on people it has never seen, how sure that is, and how much of the person it still holds."""

from cafer_tf.evaluation.evaluating import SEEN, UNSEEN, evaluate
from cafer_tf.evaluation.folders import write_faces
from cafer_tf.evaluation.predicting import Predicted, predict
from cafer_tf.evaluation.sets import judge
from cafer_tf.evaluation.text import described

__all__ = ['SEEN', 'UNSEEN', 'Predicted', 'described', 'evaluate', 'judge', 'predict', 'write_faces']
