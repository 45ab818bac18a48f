import pathlib

import pytest

from cafer_tf import input
from cafer_tf.config import ConfigError
from cafer_tf.study.population import Population, fold_of, render

SMALL = Population(people=4, images=3, new_images=2, image_size=32, folds=4)


def test_people_are_in_one_part_of_a_fold_and_tested_alike_often():
    population = Population()
    tested = []
    for fold in range(population.folds):
        files = fold_of(population, pathlib.Path('faces'), fold)
        parts = [set(files.train), set(files.eval), set(files.test)]
        assert [len(part) for part in parts] == [20, 10, 20]
        assert len(set.union(*parts)) == population.people
        assert {path.replace('-new', '') for path in files.seen} == set(files.train)
        tested += files.test
    assert {tested.count(path) for path in tested} == {2}


def test_people_that_cannot_be_parted_evenly_are_refused():
    with pytest.raises(ConfigError, match='multiple of folds'):
        Population(people=51)


def test_rendering_goes_on_where_it_was_and_shows_new_images_of_the_same_people(tmp_path):
    render(SMALL, 1.0, tmp_path, workers=1)
    fold = fold_of(SMALL, tmp_path, 0)
    assert [input.count_examples([path]) for path in (fold.train[0], fold.seen[0])] == [3, 2]
    sources = [set(input.read_texts([path], 'source_path')) for path in (fold.train[0], fold.seen[0])]
    assert not sources[0] & sources[1]
    assert {source.split('/')[0] for source in sources[0] | sources[1]} == {'person-0000'}
    kept = pathlib.Path(fold.eval[0]).read_bytes()
    pathlib.Path(fold.eval[0]).unlink()
    untouched = pathlib.Path(fold.test[0]).stat().st_mtime_ns
    render(SMALL, 1.0, tmp_path, workers=1)
    assert pathlib.Path(fold.eval[0]).read_bytes() == kept
    assert pathlib.Path(fold.test[0]).stat().st_mtime_ns == untouched


def test_people_of_other_parameters_are_not_taken_for_these(tmp_path):
    render(SMALL, 1.0, tmp_path, workers=1)
    with pytest.raises(ConfigError, match='another study'):
        render(SMALL, 0.5, tmp_path, workers=1)
