"""The environments of the schema, and anomalies in words."""

from __future__ import annotations

from tensorflow_metadata.proto.v0 import anomalies_pb2

INGESTED = 'INGESTED'
"""Examples as FaceExampleGen writes them."""
GROUPED = 'GROUPED'
"""The same after EmotionGrouper: with intensity and group."""
SERVING = 'SERVING'
"""What a request to the served model holds: the image and nothing else."""
ENVIRONMENTS = (INGESTED, GROUPED, SERVING)


def describe(anomalies: anomalies_pb2.Anomalies) -> list[str]:
    """One line for each anomaly."""
    lines = []
    if anomalies.data_missing:
        lines.append('there are no examples')
    if anomalies.HasField('dataset_anomaly_info'):
        lines.append(anomalies.dataset_anomaly_info.description)
    lines += [f'{name}: {info.description}' for name, info in sorted(anomalies.anomaly_info.items())]
    return lines
