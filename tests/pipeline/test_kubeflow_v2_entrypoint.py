"""What a component is told, and what goes back to the engine."""

import copy
import importlib

import pytest

from pipeline.kubeflow_v2_entrypoint import ARTIFACT_CLASSES, with_addresses, with_folders

INVOCATION = {
    'inputs': {
        'artifacts': {
            'examples': {'artifacts': [{'name': 'a/1', 'uri': 'gs://bucket/run/examples', 'metadata': {'span': 0.0}}]},
            'baseline_model': {'artifacts': []},
            'schema': {},
        },
        'parameters': {'note': {'stringValue': 'gs://bucket/as/it/is'}},
    },
    'outputs': {
        'artifacts': {'model': {'artifacts': [{'uri': 'gs://bucket/run/model'}]}},
        'outputFile': 'gs://bucket/run/executor_output.json',
    },
}


def test_a_component_is_told_folders_and_its_parameters_stay():
    before = copy.deepcopy(INVOCATION)
    told = with_folders(INVOCATION)
    assert before == INVOCATION
    assert told['inputs']['artifacts']['examples']['artifacts'] == [
        {'name': 'a/1', 'uri': '/gcs/bucket/run/examples', 'metadata': {'span': 0.0}}
    ]
    assert told['inputs']['artifacts']['baseline_model'] == {'artifacts': []}
    assert told['inputs']['artifacts']['schema'] == {}
    assert told['inputs']['parameters'] == INVOCATION['inputs']['parameters']
    assert told['outputs'] == {
        'artifacts': {'model': {'artifacts': [{'uri': '/gcs/bucket/run/model'}]}},
        'outputFile': '/gcs/bucket/run/executor_output.json',
    }


def test_an_invocation_without_inputs_stays_one():
    assert with_folders({'outputs': {'outputFile': '/elsewhere/out.json'}}) == {
        'inputs': {},
        'outputs': {'outputFile': '/elsewhere/out.json'},
    }


def test_what_is_reported_goes_back_as_addresses():
    reported = {
        'artifacts': {
            'model': {'artifacts': [{'uri': '/gcs/bucket/run/model', 'metadata': {'pushed': '/gcs/bucket/serving/1'}}]},
            'log': {'artifacts': [{'uri': '/tmp/gcs/log'}]},
        }
    }
    assert with_addresses(reported) == {
        'artifacts': {
            'model': {'artifacts': [{'uri': 'gs://bucket/run/model', 'metadata': {'pushed': '/gcs/bucket/serving/1'}}]},
            'log': {'artifacts': [{'uri': '/tmp/gcs/log'}]},
        }
    }


@pytest.mark.parametrize('title', sorted(ARTIFACT_CLASSES))
def test_a_title_leads_to_the_class_that_bears_it(title):
    module, _, name = ARTIFACT_CLASSES[title].rpartition('.')
    artifact_class = getattr(importlib.import_module(module), name)
    assert title == artifact_class.TYPE_NAME
