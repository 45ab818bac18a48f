"""Aff-Wild and Aff-Wild2 from the disk to a pushed model."""

import pytest

pytestmark = pytest.mark.e2e


def test_aff_wild(run_layout):
    user, done = run_layout('aff_wild')
    assert done.status == 0, done.errors
    assert user.excluded() == {'label without a frame': 1, 'frame without a label': 1, 'arousal without valence': 1}
    assert 'no splits given: 12 subjects were drawn into train, eval and test' in done.output
    assert user.metrics()['subjects'] >= 1
    assert len(user.versions()) == 1


def test_aff_wild2(run_layout):
    user, done = run_layout('aff_wild2')
    assert done.status == 0, done.errors
    assert user.excluded() == {
        'valence or arousal is -5': 12,
        'no crop of this frame': 12,
        'crop without a label': 12,
    }
    # The validation set is the test: a third of 12 people with 12 frames each.
    assert (user.metrics()['examples'], user.metrics()['subjects']) == (48, 4)
    assert len(user.versions()) == 1
