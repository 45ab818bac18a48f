"""Real statistics against the real schema; what does not fit stops the run with the anomaly's text."""

import json
import logging
import pathlib

import pytest
import tensorflow_data_validation as tfdv
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2
from tfx import types
from tfx.components import ExampleValidator
from tfx.components.statistics_gen import executor as statistics_executor
from tfx.types import standard_artifacts

from cafer_tf import features
from pipeline.components.face_example_validator import FaceExampleValidator, executor
from pipeline.data_validation import ENVIRONMENTS, GROUPED, INGESTED, SCHEMA, SERVING
from pipeline.errors import AnomalyError


@pytest.fixture
def validate(lab):
    """Computes the statistics of examples and validates them; returns the anomalies artifact."""

    def run(examples, **properties):
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
            {'statistics': [statistics], 'schema': [schema]},
            {'anomalies': [anomalies]},
            {'exclude_splits': '[]', **properties},
        )
        return anomalies

    return run


def test_good_examples_pass(lab, validate):
    anomalies = validate(lab.random_examples({'train': 20, 'eval': 5, 'test': 5}))
    written = sorted(path.parent.name for path in pathlib.Path(anomalies.uri).rglob('SchemaDiff.pb'))
    assert written == ['Split-eval', 'Split-test', 'Split-train']
    page = (pathlib.Path(anomalies.uri) / 'statistics.html').read_text()
    assert 'Statistics of the ingested examples' in page and 'No anomalies.' in page and 'No warnings.' in page


def test_metadata_passes_in_some_examples_and_with_a_value_of_its_own_in_each(lab, validate, caplog):
    examples = lab.random_examples({'train': 300, 'eval': 30, 'test': 5})
    for split, members in examples.items():
        for index, example in enumerate(members[::2]):
            texts = [f'light={split}'.encode(), f'time={split}{index}'.encode()][: 1 + index % 2]
            example.features.feature[features.METADATA].bytes_list.value[:] = texts
    with caplog.at_level(logging.WARNING, logger=executor.__name__):
        anomalies = pathlib.Path(validate(examples).uri)
    assert not [record for record in caplog.records if features.METADATA in record.getMessage()]
    assert 'metadata (optional)' in (anomalies / 'statistics.html').read_text()


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
        features.METADATA,
        features.INTENSITY,
        features.GROUP,
        features.GROUP_NAME,
        features.QUADRANT,
        features.SLICED_METADATA,
    }
    grouped = {features.INTENSITY, features.GROUP, features.GROUP_NAME, features.QUADRANT, features.SLICED_METADATA}
    for name, feature in names.items():
        absent = set() if name == features.IMAGE else {SERVING, INGESTED} if name in grouped else {SERVING}
        assert set(feature.not_in_environment) == absent, name
    assert tuple(schema.default_environment) == ENVIRONMENTS
    assert {value for domain in schema.string_domain for value in domain.value} == {
        'jpeg',
        'png',
        *features.SPLITS,
        *features.GROUP_NAMES,
        *features.QUADRANTS,
    }
    for name in features.OUTPUTS:
        domain = names[name].float_domain
        assert (domain.min, domain.max) == (features.LABEL_MIN, features.LABEL_MAX)


def test_each_environment_accepts_its_examples_and_refuses_others(lab):
    schema = text_format.Parse(SCHEMA.read_text(), schema_pb2.Schema())
    grouping = {features.INTENSITY, features.GROUP, features.GROUP_NAME, features.QUADRANT}

    def statistics(examples):
        file = lab.files(lab.examples({'train': examples}), 'train')[0]
        return tfdv.generate_statistics_from_tfrecord(str(file), stats_options=tfdv.StatsOptions(schema=schema))

    def anomalies(found):
        return {name: set(tfdv.validate_statistics(found, schema, name).anomaly_info) for name in ENVIRONMENTS}

    examples = lab.random_examples({'train': 8})['train']
    ingested = anomalies(statistics(examples))
    labelled = set(examples[0].features.feature) - {features.IMAGE}
    assert ingested == {INGESTED: set(), GROUPED: grouping, SERVING: labelled}

    for example in examples:
        example.features.feature[features.INTENSITY].float_list.value[:] = [0.5]
        example.features.feature[features.GROUP].int64_list.value[:] = [1]
        example.features.feature[features.GROUP_NAME].bytes_list.value[:] = [b'strong']
        example.features.feature[features.QUADRANT].bytes_list.value[:] = [b'positive valence, negative arousal']
    # Of what evaluation is sliced by there may be none.
    sliced = {features.SLICED_METADATA}
    examples[0].features.feature[features.SLICED_METADATA].bytes_list.value[:] = [b'camera=1', b'light=soft']
    grouped = anomalies(statistics(examples))
    assert grouped == {INGESTED: grouping | sliced, GROUPED: set(), SERVING: labelled | grouping | sliced}

    for example in examples:
        for name in (labelled | grouping | sliced) & set(example.features.feature):
            del example.features.feature[name]
    served = anomalies(statistics(examples))
    assert served[SERVING] == set()
    assert {features.VALENCE, features.AROUSAL, features.SUBJECT} < served[INGESTED]


def test_the_environment_is_that_of_the_parameter(lab, validate):
    examples = lab.random_examples({'train': 8})
    with pytest.raises(AnomalyError, match='train: intensity: ') as raised:
        validate(examples, environment=GROUPED)
    page = pathlib.Path(str(raised.value).split('right; ')[1].split(' shows')[0])
    assert page.name == 'statistics.html'
    assert 'train: intensity: ' in page.read_text()


def test_a_split_that_differs_from_train_is_a_warning_and_no_stop(lab, validate, caplog):
    examples = lab.random_examples({'train': 300, 'eval': 300, 'test': 300})
    for splits in examples.values():
        for index, example in enumerate(splits):
            example.features.feature[features.SUBJECT].bytes_list.value[:] = [f'person-{index}'.encode()]
    for example in examples['eval']:
        value = example.features.feature[features.VALENCE].float_list.value
        value[:] = [abs(value[0])]
    with caplog.at_level(logging.WARNING, logger=executor.__name__):
        anomalies = pathlib.Path(validate(examples).uri)
    told = [record.getMessage() for record in caplog.records if record.name == executor.__name__]
    assert len(told) == 1
    assert told[0].startswith('eval differs from train: valence: The approximate Jensen-Shannon divergence')
    drift = {
        split: anomalies_pb2.Anomalies.FromString((anomalies / f'Split-{split}' / 'Drift.pb').read_bytes())
        for split in ('eval', 'test')
    }
    assert set(drift['eval'].anomaly_info) == {features.VALENCE}
    assert set(drift['test'].anomaly_info) == set()
    assert not (anomalies / 'Split-train' / 'Drift.pb').exists()
    assert told[0] in (anomalies / 'statistics.html').read_text()


def test_the_component_takes_what_the_stock_one_takes_and_the_environment():
    channels = (
        types.Channel(type=standard_artifacts.ExampleStatistics),
        types.Channel(type=standard_artifacts.Schema),
    )
    component = FaceExampleValidator(*channels, exclude_splits=['test'], environment=GROUPED)
    assert isinstance(component, ExampleValidator)
    assert component.exec_properties == {
        **ExampleValidator(*channels, exclude_splits=['test']).exec_properties,
        'environment': GROUPED,
    }
    assert FaceExampleValidator(*channels).exec_properties['environment'] == INGESTED
    assert set(component.outputs) == {'anomalies'}
    with pytest.raises(ValueError, match="one of INGESTED, GROUPED, SERVING; it is 'TRAINING'"):
        FaceExampleValidator(*channels, environment='TRAINING')
