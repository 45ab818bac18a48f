"""AffectNet, in either of its layouts, from the disk to a pushed model; with its landmarks, and without."""

import json

import pytest

pytestmark = pytest.mark.e2e


def test_from_csv_with_the_landmarks_it_brings(run_layout, config, tmp_path):
    settings = {**json.loads(config.read_text()), 'faces': {'source': 'given', 'size': 68}}
    path = tmp_path / 'config.json'
    path.write_text(json.dumps(settings))
    user, done = run_layout('affectnet_csv', CAFER_CONFIG=path)
    assert done.status == 0, done.errors
    assert user.excluded() == {
        'expression 9, uncertain': 1,
        'expression 10, no face': 1,
        'valence or arousal is -2': 1,
        'no face box': 1,
    }
    assert 'validation' not in done.errors
    # Every fifth of 144 faces is a validation row, and those are the test; who is shown is not known.
    assert (user.metrics()['examples'], user.metrics()['subjects']) == (28, None)
    (version,) = user.versions()
    stored = json.loads((user.out / 'serving' / 'cafer' / version / 'assets.extra' / 'cafer.json').read_text())
    assert stored['config']['faces'] == {
        'source': 'given',
        'align': True,
        'margin': 0.3,
        'size': 68,
        'quality': 95,
        'min_confidence': 0.9,
    }


def test_from_npy(run_layout):
    user, done = run_layout('affectnet_npy')
    assert done.status == 0, done.errors
    assert (user.metrics()['examples'], user.metrics()['subjects']) == (28, None)
    assert len(user.versions()) == 1
