"""What TensorFlow Data Validation says of examples: anomalies, drift, comparisons, and a page to read it on."""

from pipeline.data_validation.anomalies import ENVIRONMENTS, GROUPED, INGESTED, SERVING, describe
from pipeline.data_validation.comparison import Comparison, compare
from pipeline.data_validation.drift import split_drift
from pipeline.data_validation.label_statistics import label_statistics
from pipeline.data_validation.page import statistics_page
from pipeline.data_validation.schema import SCHEMA, face_schema
from pipeline.data_validation.training_statistics import read_training_statistics

__all__ = [
    'ENVIRONMENTS',
    'GROUPED',
    'INGESTED',
    'SCHEMA',
    'SERVING',
    'Comparison',
    'compare',
    'describe',
    'face_schema',
    'label_statistics',
    'read_training_statistics',
    'split_drift',
    'statistics_page',
]
