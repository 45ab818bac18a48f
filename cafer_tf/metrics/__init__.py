"""Metrics that are exact over a whole evaluation set, however it is batched."""

from cafer_tf.metrics.agreement import (
    ConcordanceCorrelation,
    PearsonCorrelation,
    RootMeanSquaredError,
    SignAgreement,
    agreement_metrics,
    agreement_scores,
)
from cafer_tf.metrics.bootstrap import Interval, Replicates, mean_of, replicate
from cafer_tf.metrics.calibration import calibration_curve
from cafer_tf.metrics.identity import identity_probe, verification
from cafer_tf.metrics.offsets import centred_ccc, levelled_ccc, pooled_ccc, within_person_pcc
from cafer_tf.metrics.retrieval import recall_at_k
from cafer_tf.metrics.statistic import AgreementStatistic, statistics_by_name
from cafer_tf.metrics.transient import RunningMeans

__all__ = [
    'AgreementStatistic',
    'ConcordanceCorrelation',
    'Interval',
    'PearsonCorrelation',
    'Replicates',
    'RootMeanSquaredError',
    'RunningMeans',
    'SignAgreement',
    'agreement_metrics',
    'agreement_scores',
    'calibration_curve',
    'centred_ccc',
    'identity_probe',
    'levelled_ccc',
    'mean_of',
    'pooled_ccc',
    'recall_at_k',
    'replicate',
    'statistics_by_name',
    'verification',
    'within_person_pcc',
]
