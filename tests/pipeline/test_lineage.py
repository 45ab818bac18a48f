"""What a served model was made from is found in the metadata, also where newer artifacts lie beside."""

import pathlib

import pytest
from finished_run import Store

from pipeline.errors import RunError
from pipeline.lineage import origin_of


def test_the_artifacts_of_an_older_version_are_found_among_those_of_later_runs(tmp_path):
    store = Store(tmp_path)
    store.add_run(1, version='17')
    store.add_run(2, version='23')
    store.add_run(3, version=None)  # ended at the gate
    artifacts = tmp_path / 'artifacts'
    origin = origin_of(tmp_path, '17')
    assert origin.examples == artifacts / 'FaceExampleGen' / 'examples' / '1'
    assert origin.quarantine == artifacts / 'FaceExampleGen' / 'quarantine' / '1'
    assert origin.grouping == artifacts / 'EmotionGrouper' / 'grouping' / '1'
    assert origin.statistics == artifacts / 'GroupedStatisticsGen' / 'statistics' / '1'
    assert origin.scalars == artifacts / 'Trainer' / 'model_run' / '1'
    assert (origin.layout, origin.root) == ('csv', pathlib.Path('/faces-1'))
    assert origin_of(tmp_path, '23').scalars == artifacts / 'Trainer' / 'model_run' / '2'


def test_a_run_that_was_moved_is_found_where_it_is(tmp_path):
    (tmp_path / 'before').mkdir()
    Store(tmp_path / 'before').add_run(1, version='17')
    (tmp_path / 'before').rename(tmp_path / 'after')
    assert origin_of(tmp_path / 'after', '17').examples.is_relative_to(tmp_path / 'after')


def test_a_folder_that_is_no_run_is_named(tmp_path):
    with pytest.raises(RunError, match=r'no metadata\.sqlite in it'):
        origin_of(tmp_path, '17')


def test_a_version_that_nobody_pushed_is_named(tmp_path):
    Store(tmp_path).add_run(1, version='17')
    with pytest.raises(RunError, match=r'version 18 is served, but metadata\.sqlite does not know it'):
        origin_of(tmp_path, '18')


def test_metadata_of_another_pipeline_is_refused(tmp_path):
    Store(tmp_path).add_run(1, version='17', without=('quarantine',))
    with pytest.raises(RunError, match=r"not complete in it \('quarantine'\)\. Run the pipeline again"):
        origin_of(tmp_path, '17')
