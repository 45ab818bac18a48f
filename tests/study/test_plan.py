import json
import pathlib

from cafer_tf.ledger import Ledger
from cafer_tf.study import plan
from cafer_tf.study.variants import DESCRIPTIONS, LADDER


def test_a_round_trains_every_variant_on_every_fold_and_each_fold_with_another_seed():
    jobs = plan.jobs(idiosyncrasies=[1.0], rounds=1)
    assert len(jobs) == 5 * len(DESCRIPTIONS)
    assert {(job.fold, job.seed) for job in jobs} == {(fold, fold) for fold in range(5)}


def test_five_rounds_give_every_fold_every_seed_once():
    jobs = plan.jobs(['paper'], [0.5], rounds=5)
    assert sorted((job.fold, job.seed) for job in jobs) == [(fold, seed) for fold in range(5) for seed in range(5)]


def test_the_ladder_has_every_seed_and_other_methods_one():
    jobs = plan.jobs(idiosyncrasies=[0.5])
    assert {name: sum(job.variant == name for job in jobs) for name in DESCRIPTIONS} == {
        name: 25 if name in LADDER else 5 for name in DESCRIPTIONS
    }
    assert {(job.fold, job.seed) for job in jobs if job.variant not in LADDER} == {(fold, fold) for fold in range(5)}


def test_what_is_done_is_not_done_again_and_other_settings_do_not_count(tmp_path):
    jobs = plan.jobs(['supervised'], [1.0], rounds=1)
    other = plan.jobs(['supervised'], [1.0], rounds=1, changes=[('training.epochs', 3)])
    assert plan.missing(jobs, tmp_path) == jobs
    ledger = Ledger(tmp_path / plan.RESULTS)
    ledger.append({'job': jobs[1].key(), 'seconds': 1.0})
    ledger.append({'job': other[2].key(), 'seconds': 2.0})
    assert plan.missing(jobs, tmp_path) == [job for job in jobs if job != jobs[1]]
    assert [result['seconds'] for result in plan.finished(jobs, tmp_path)] == [1.0]
    assert [result['seconds'] for result in plan.finished(other, tmp_path)] == [2.0]


def test_results_of_fewer_settings_still_count(tmp_path):
    (job, other), ledger = plan.jobs(['paper'], [0.5])[:2], Ledger(tmp_path / plan.RESULTS)
    older = json.loads(json.dumps(job.key()))
    del older['config']['matching'], older['config']['training']['loss']
    ledger.append({'job': older})
    ledger.append({'job': {'row': 'of something else'}})
    assert plan.missing([job, other], tmp_path) == [other]
    assert [result['job'] for result in plan.finished([job, other], tmp_path)] == [older]


def test_the_results_that_are_kept_are_those_of_this_version():
    kept = pathlib.Path(__file__).parents[2] / 'docs' / 'study'
    assert plan.missing(plan.jobs(), kept) == []
