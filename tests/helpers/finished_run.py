"""The metadata and the artifacts that a run leaves, without the run."""

import json
import pathlib

from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2 as proto
from tensorflow_metadata.proto.v0 import statistics_pb2

from cafer_tf import features, grouping, input
from cafer_tf.callbacks import Scalars
from cafer_tf.examples import write_examples

STEPS = (
    ('FaceExampleGen', (), ('examples', 'quarantine')),
    ('EmotionGrouper', ('FaceExampleGen.examples',), ('grouped_examples', 'grouping')),
    ('GroupedStatisticsGen', ('EmotionGrouper.grouped_examples',), ('statistics',)),
    ('GroupedExampleValidator', ('GroupedStatisticsGen.statistics',), ('anomalies',)),
    ('Trainer', ('EmotionGrouper.grouped_examples',), ('model', 'model_run')),
    ('VersionPusher', ('Trainer.model',), ('pushed_model',)),
)
"""Component, its inputs, and the keys of its outputs."""


class Store:
    """ML Metadata of runs in a folder.

    Args:
        out: the folder.
    """

    def __init__(self, out: pathlib.Path):
        self._out = out
        config = proto.ConnectionConfig()
        config.sqlite.filename_uri = str(out / 'metadata.sqlite')
        config.sqlite.connection_mode = proto.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        self._store = metadata_store.MetadataStore(config)

    def add_run(self, number: int, version: str | None, root: str = '', without: tuple[str, ...] = ()) -> None:
        """A run with artifacts of a number; without a version its model is not pushed."""
        made: dict[str, int] = {}
        for component, inputs, outputs in STEPS:
            if component == 'VersionPusher' and version is None:
                continue
            kind = self._store.put_execution_type(proto.ExecutionType(name=component))
            execution = proto.Execution(type_id=kind)
            if component == 'FaceExampleGen':
                execution.custom_properties['layout'].string_value = 'csv'
                execution.custom_properties['root'].string_value = root or f'/faces-{number}'
            (identifier,) = self._store.put_executions([execution])
            events = [self._event(proto.Event.INPUT, identifier, made[name], name) for name in inputs]
            for key in set(outputs) - set(without):
                name = f'{component}.{key}'
                made[name] = self._artifact(name, number, version)
                events.append(self._event(proto.Event.OUTPUT, identifier, made[name], name))
            self._store.put_events(events)

    def _artifact(self, name: str, number: int, version: str | None) -> int:
        pushed = name.endswith('pushed_model')
        kind = self._store.put_artifact_type(proto.ArtifactType(name='PushedModel' if pushed else 'Other'))
        artifact = proto.Artifact(type_id=kind, uri=str(self._out / 'artifacts' / name.replace('.', '/') / str(number)))
        if pushed:
            artifact.custom_properties['pushed_version'].string_value = version
        return self._store.put_artifacts([artifact])[0]

    def _event(self, kind: int, execution: int, artifact: int, name: str) -> proto.Event:
        event = proto.Event(type=kind, execution_id=execution, artifact_id=artifact)
        key = name.split('.')[1]
        # The steps that take the grouped examples call them examples.
        event.path.steps.add().key = key.removeprefix('grouped_') if kind == proto.Event.INPUT else key
        return event


def write_run(out: pathlib.Path, root: pathlib.Path, version: str) -> None:
    """Everything that a report is made from but the served model."""
    Store(out).add_run(1, version, root=str(root))
    artifacts = out / 'artifacts'
    files = write_examples('csv', root, out / 'examples')
    labels = {split: input.read_labels([str(path)]) for split, path in files.items()}
    histogram = grouping.IntensityHistogram.empty().add(grouping.intensity(labels['train']))
    threshold, sizes = histogram.threshold(), {}
    for split, path in files.items():
        folder = artifacts / 'FaceExampleGen' / 'examples' / '1' / f'Split-{split}'
        folder.mkdir(parents=True)
        pathlib.Path(path).rename(folder / pathlib.Path(path).name)
        strong = int((grouping.intensity(labels[split]) > threshold).sum())
        sizes[split] = {'weak': len(labels[split]) - strong, 'strong': strong}
        people = set(input.read_texts([str(folder / '*')], features.SUBJECT))
        statistics = statistics_pb2.DatasetFeatureStatisticsList()
        dataset = statistics.datasets.add(num_examples=len(labels[split]))
        dataset.features.add(name=features.SUBJECT).string_stats.unique = len(people)
        target = artifacts / 'GroupedStatisticsGen' / 'statistics' / '1' / f'Split-{split}'
        target.mkdir(parents=True)
        (target / 'FeatureStats.pb').write_bytes(statistics.SerializeToString())
    grouped = {'otsu_threshold': threshold, 'sizes': sizes, 'histogram': {'counts': histogram.counts.tolist()}}
    for folder, name, content in (
        ('EmotionGrouper/grouping/1', 'grouping.json', json.dumps(grouped)),
        ('FaceExampleGen/quarantine/1', 'excluded.json', '{"no face box": 3}'),
        ('FaceExampleGen/quarantine/1', 'quarantine.jsonl', '{}\n{}\n'),
    ):
        (artifacts / folder).mkdir(parents=True, exist_ok=True)
        (artifacts / folder / name).write_text(content)
    scalars = Scalars(artifacts / 'Trainer' / 'model_run' / '1')
    scalars.on_train_begin()
    for epoch, ccc in enumerate((0.25, 0.5)):
        scalars.on_epoch_end(epoch, {'loss': 1.0 - ccc, 'ccc': ccc, 'val_loss': 1.0 - ccc, 'val_ccc': ccc})
    scalars.on_train_end()
