"""Metrics that are exact over a whole evaluation set, however it is batched."""

from cafer_tf.metrics.agreement import (
    ConcordanceCorrelation,
    PearsonCorrelation,
    RootMeanSquaredError,
    SignAgreement,
    agreement_metrics,
    agreement_scores,
)
from cafer_tf.metrics.retrieval import recall_at_k
from cafer_tf.metrics.transient import RunningMeans

__all__ = [
    'ConcordanceCorrelation',
    'PearsonCorrelation',
    'RootMeanSquaredError',
    'RunningMeans',
    'SignAgreement',
    'agreement_metrics',
    'agreement_scores',
    'recall_at_k',
]
