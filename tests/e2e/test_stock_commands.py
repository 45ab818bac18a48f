"""The two commands of the stock CLI, on the demo's rendered faces."""

import pytest

pytestmark = pytest.mark.e2e


def test_register_then_run(commands):
    user = commands(CAFER_PEOPLE=9, CAFER_IMAGES_PER_PERSON=8)
    path = 'pipeline/local_runner.py'
    registered = user.tfx('pipeline', 'create', '--engine', 'local', '--pipeline_path', path)
    assert registered.status == 0, registered.errors
    assert 'Pipeline "cafer" created successfully.' in registered.output
    # Registering reads and renders nothing.
    assert not (user.out / 'faces').exists()
    assert not (user.out / 'metadata.sqlite').exists()

    listed = user.tfx('pipeline', 'list', '--engine', 'local')
    assert 'cafer' in listed.output.split()

    done = user.tfx('run', 'create', '--engine', 'local', '--pipeline_name', 'cafer')
    assert done.status == 0, done.errors
    assert (user.out / 'faces' / 'labels.csv').exists()
    (version,) = user.versions()
    assert user.metrics()['model'] == f'serving/cafer/{version}'
    # FaceSet's defaults hold out 0.2 of 9 people for the test.
    assert (user.metrics()['subjects'], user.metrics()['examples']) == (2, 16)

    refused = user.tfx('run', 'create', '--engine', 'local', '--pipeline_name', 'cafer', CAFER_MIN_CCC=0.999)
    assert refused.status == 1
    assert 'is below 0.999' in refused.errors
    assert 'Traceback' not in refused.errors
    assert user.versions() == [version]
