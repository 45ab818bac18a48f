"""AFEW-VA from the disk to a pushed model, of a method that compares people, judged by one fold of its actors."""

import pytest

pytestmark = pytest.mark.e2e


def test_a_fold_of_afew_va(run_layout):
    user, done = run_layout('afew_va', CAFER_FOLD='2/4', CAFER_PRESET='elim2022')
    assert done.status == 0, done.errors
    assert user.excluded() == {'frame without a label': 1}
    assert 'fold 2/4: 3 of 12 subjects are the test (seed 0)' in done.output
    assert (user.metrics()['examples'], user.metrics()['subjects']) == (36, 3)
    assert len(user.versions()) == 1


def test_a_fold_of_a_data_set_with_splits_is_refused(run_layout):
    _, done = run_layout('aff_wild2', CAFER_FOLD='1/5')
    assert done.status == 1
    assert 'so fold 1/5 cannot be made' in done.errors
    assert 'Traceback' not in done.errors
