"""Real statistics against the real schema; what does not fit stops the run with the anomaly's text."""

import json
import pathlib

import pytest
import tensorflow_data_validation as tfdv
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.components.statistics_gen import executor as statistics_executor
from tfx.types import standard_artifacts

from cafer_tf import features
from pipeline.components.face_example_validator import executor
from pipeline.errors import AnomalyError
from pipeline.pipeline import SCHEMA


@pytest.fixture
def validate(lab):
    """Computes the statistics of examples and validates them; returns the anomalies artifact."""

    def run(examples):
        schema = lab.artifact(standard_artifacts.Schema)
        (pathlib.Path(schema.uri) / 'schema.pbtxt').write_text(SCHEMA.read_text())
        statistics = lab.artifact(standard_artifacts.ExampleStatistics)
        statistics_executor.Executor(lab.context()).Do(
            {'examples': [lab.examples(examples)], 'schema': [schema]},
            {'statistics': [statistics]},
            {'exclude_splits': json.dumps([])},
        )
        anomalies = lab.artifact(standard_artifacts.ExampleAnomalies)
        executor.Executor().Do(
            {'statistics': [statistics], 'schema': [schema]}, {'anomalies': [anomalies]}, {'exclude_splits': '[]'}
        )
        return anomalies

    return run


def test_good_examples_pass(lab, validate):
    anomalies = validate(lab.random_examples({'train': 20, 'eval': 5, 'test': 5}))
    written = sorted(path.parent.name for path in pathlib.Path(anomalies.uri).rglob('SchemaDiff.pb'))
    assert written == ['Split-eval', 'Split-test', 'Split-train']


def test_what_does_not_fit_stops_the_run(lab, validate):
    examples = lab.random_examples({'train': 20, 'eval': 5, 'test': 5})
    examples['eval'][2].features.feature[features.VALENCE].float_list.value[:] = [1.5]
    del examples['test'][0].features.feature[features.SUBJECT]
    examples['train'][0].features.feature[features.IMAGE_FORMAT].bytes_list.value[:] = [b'bmp']
    examples['train'][1].features.feature['smile'].float_list.value[:] = [1.0]
    with pytest.raises(AnomalyError) as raised:
        validate(examples)
    lines = str(raised.value).splitlines()
    assert 'do not satisfy schemas/face_affect/schema.pbtxt' in lines[0]
    assert any(line.startswith('  eval: valence: ') and '1.5' in line for line in lines)
    assert any(line.startswith('  test: subject_id: ') for line in lines)
    assert any(line.startswith('  train: image/format: ') and 'bmp' in line for line in lines)
    assert any(line.startswith('  train: smile: ') and 'New column' in line for line in lines)
    assert len(lines) == 5


def test_labels_that_are_not_finite_stop_the_run(lab, validate):
    examples = lab.random_examples({'train': 20, 'eval': 5, 'test': 5})
    examples['train'][3].features.feature[features.AROUSAL].float_list.value[:] = [float('nan')]
    with pytest.raises(AnomalyError, match='train: arousal: '):
        validate(examples)


def test_an_empty_split_stops_the_run(lab, validate):
    with pytest.raises(AnomalyError, match='eval: there are no examples'):
        validate(lab.random_examples({'train': 20, 'eval': 0, 'test': 5}))


def test_the_schema_knows_every_feature_and_the_groups_only_after_grouping():
    schema = text_format.Parse(SCHEMA.read_text(), schema_pb2.Schema())
    names = {feature.name: feature for feature in schema.feature}
    assert set(names) == {
        features.IMAGE,
        features.IMAGE_FORMAT,
        features.VALENCE,
        features.AROUSAL,
        features.SUBJECT,
        features.DATASET,
        features.SPLIT,
        features.SOURCE,
        features.VIDEO,
        features.FRAME,
        features.FACE_BOX,
        features.LANDMARKS,
        features.INTENSITY,
        features.GROUP,
        features.GROUP_NAME,
    }
    grouped = {name for name, feature in names.items() if list(feature.not_in_environment) == [executor.ENVIRONMENT]}
    assert grouped == {features.INTENSITY, features.GROUP, features.GROUP_NAME}
    assert {value for domain in schema.string_domain for value in domain.value} == {
        'jpeg',
        'png',
        *features.SPLITS,
        *features.GROUP_NAMES,
    }
    for name in features.OUTPUTS:
        domain = names[name].float_domain
        assert (domain.min, domain.max) == (features.LABEL_MIN, features.LABEL_MAX)


def test_grouped_examples_satisfy_the_schema_in_their_environment(lab):
    examples = lab.random_examples({'train': 8})['train']
    schema = text_format.Parse(SCHEMA.read_text(), schema_pb2.Schema())

    def anomalies():
        artifact = lab.examples({'train': examples})
        statistics = tfdv.generate_statistics_from_tfrecord(
            str(lab.files(artifact, 'train')[0]), stats_options=tfdv.StatsOptions(schema=schema)
        )
        return set(tfdv.validate_statistics(statistics, schema, environment='GROUPED').anomaly_info)

    assert anomalies() == {features.INTENSITY, features.GROUP, features.GROUP_NAME}
    for example in examples:
        example.features.feature[features.INTENSITY].float_list.value[:] = [0.5]
        example.features.feature[features.GROUP].int64_list.value[:] = [1]
        example.features.feature[features.GROUP_NAME].bytes_list.value[:] = [b'strong']
    assert anomalies() == set()
