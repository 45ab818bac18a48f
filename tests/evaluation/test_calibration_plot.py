import numpy as np

from cafer_tf.metrics import calibration_curve
from cafer_tf.report.calibration import draw_calibration


def test_bins_lie_at_their_means_over_how_many_faces_they_have():
    random = np.random.default_rng(0)
    found = {output: calibration_curve(*random.uniform(-0.8, 0.8, (2, 200))) for output in ('valence', 'arousal')}
    valence, arousal, counts, _ = draw_calibration(found).axes
    marks = valence.get_lines()[-1]
    assert marks.get_xdata().tolist() == [one['predicted'] for one in found['valence']['bins']]
    assert marks.get_ydata().tolist() == [one['label'] for one in found['valence']['bins']]
    assert sum(bar.get_height() for bar in counts.patches) == 200
    assert valence.get_title() == 'valence: 200 faces'
    assert arousal.get_ylabel() == 'mean true arousal'


def test_constant_predictions_have_no_line():
    found = {output: calibration_curve([0.1, 0.3], [0.2, 0.2]) for output in ('valence', 'arousal')}
    assert [len(axes.get_lines()) for axes in draw_calibration(found).axes[:2]] == [2, 2]  # the diagonal and the marks
