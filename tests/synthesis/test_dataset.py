"""The folder: layout, determinism, and what happens to what is already there."""

import csv
import dataclasses
import io
import json
import pathlib
import shutil

import numpy as np
import pytest
from PIL import Image

from cafer_tf.synthesis import FaceSet, contact_sheet, dataset, write_face_set
from cafer_tf.synthesis.identity import make_person
from cafer_tf.synthesis.population import render_sample

SMALL = FaceSet(people=4, images_per_person=3, image_size=32, seed=7)


def rows_of(directory: pathlib.Path) -> list[dict[str, str]]:
    with (directory / 'labels.csv').open(encoding='utf-8') as file:
        return list(csv.DictReader(file))


def contents(directory: pathlib.Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob('*') if path.is_file()}


@pytest.fixture(scope='module')
def written(tmp_path_factory):
    return write_face_set(tmp_path_factory.mktemp('faces') / 'set', SMALL, workers=1, progress=False)


def test_two_workers_write_the_same_bytes_as_one(written, tmp_path):
    again = write_face_set(tmp_path / 'set', SMALL, workers=2, progress=False)
    assert contents(again) == contents(written)


def test_the_layout(written):
    rows = rows_of(written)
    assert list(rows[0])[:5] == ['path', 'valence', 'arousal', 'subject_id', 'split']
    assert len(rows) == SMALL.people * SMALL.images_per_person
    assert rows[0]['path'] == 'images/person-0000/0000.jpg'
    assert rows == sorted(rows, key=lambda row: row['path'])
    assert {row['path'] for row in rows} == {name for name in contents(written) if name.endswith('.jpg')}
    for row in rows:
        assert row['path'].split('/')[1] == row['subject_id']
        assert -1 <= float(row['valence']) <= 1
        assert -1 <= float(row['arousal']) <= 1
        with Image.open(written / row['path']) as image:
            assert (image.size, image.mode, image.format) == ((32, 32), 'RGB', 'JPEG')


def test_splits_are_disjoint_by_person_and_all_there(written):
    splits: dict[str, set[str]] = {}
    for row in rows_of(written):
        splits.setdefault(row['split'], set()).add(row['subject_id'])
    assert set(splits) == {'train', 'eval', 'test'}
    assert sum(len(people) for people in splits.values()) == SMALL.people == len(set().union(*splits.values()))


def test_splits_follow_the_fractions_and_the_seed():
    splits = FaceSet(people=100, eval_fraction=0.1, test_fraction=0.3).splits()
    assert [splits.count(name) for name in ('train', 'eval', 'test')] == [60, 10, 30]
    assert splits == FaceSet(people=100, eval_fraction=0.1, test_fraction=0.3).splits()
    assert splits != FaceSet(people=100, eval_fraction=0.1, test_fraction=0.3, seed=1).splits()


def test_an_image_depends_on_nobody_else():
    many = dataclasses.replace(SMALL, people=50, images_per_person=9)
    person = make_person(SMALL.seed, 2)
    assert render_sample(SMALL, person, 2, 1) == render_sample(many, person, 2, 1)
    assert render_sample(SMALL, person, 2, 1)[0] != render_sample(SMALL, person, 2, 2)[0]


def test_further_images_of_the_people_of_a_split(written, tmp_path):
    further = write_face_set(tmp_path / 'more', SMALL, 1, progress=False, first_image=3, splits=['train'])
    rows, old = rows_of(further), rows_of(written)
    assert {row['split'] for row in rows} == {'train'}
    assert {row['subject_id'] for row in rows} == {row['subject_id'] for row in old if row['split'] == 'train'}
    assert [row['path'][-8:] for row in rows[:3]] == ['0003.jpg', '0004.jpg', '0005.jpg']
    images = {value for name, value in contents(written).items() if name.endswith('.jpg')}
    assert not images & {value for name, value in contents(further).items() if name.endswith('.jpg')}


def test_a_complete_set_is_kept(written, monkeypatch):
    monkeypatch.setattr(dataset, '_render', lambda *_: pytest.fail('rendered again'))
    assert write_face_set(written, SMALL, progress=False) == written


def test_a_set_with_other_parameters_is_an_error_that_names_them(written):
    with pytest.raises(FileExistsError, match=r'seed is 7, not 8.*choose another directory'):
        write_face_set(written, dataclasses.replace(SMALL, seed=8), progress=False)


def test_something_else_is_not_overwritten(tmp_path):
    (tmp_path / 'holiday.jpg').write_bytes(b'')
    with pytest.raises(FileExistsError, match='no face set'):
        write_face_set(tmp_path, SMALL, progress=False)
    assert (tmp_path / 'holiday.jpg').exists()


def test_an_interrupted_set_is_neither_taken_for_a_whole_one_nor_left_behind(tmp_path, monkeypatch):
    original, calls = dataset.render_sample, []

    def interrupted(*arguments):
        calls.append(arguments)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return original(*arguments)

    monkeypatch.setattr(dataset, 'render_sample', interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_face_set(tmp_path / 'set', SMALL, 1, progress=False)
    assert len(calls) == 5
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_not_a_set(written, tmp_path):
    # A process that is killed cannot clean up: its folder has images but neither labels nor parameters, or both but
    # still its temporary name.
    half = tmp_path / 'half' / 'images' / 'person-0000'
    half.mkdir(parents=True)
    (half / '0000.jpg').write_bytes(b'')
    with pytest.raises(FileExistsError, match='no face set'):
        write_face_set(tmp_path / 'half', SMALL, 1, progress=False)
    (tmp_path / '.set-1234-unfinished').mkdir()
    assert contents(write_face_set(tmp_path / 'set', SMALL, 1, progress=False)) == contents(written)


def test_two_processes_that_write_the_same_set_agree(written, tmp_path, monkeypatch):
    original = dataset._render

    def overtaken(*arguments):
        rows = original(*arguments)
        shutil.copytree(written, tmp_path / 'set')
        return rows

    monkeypatch.setattr(dataset, '_render', overtaken)
    assert contents(write_face_set(tmp_path / 'set', SMALL, 1, progress=False)) == contents(written)
    assert list(tmp_path.iterdir()) == [tmp_path / 'set']


def test_the_parameters_are_recorded(written):
    parameters = json.loads((written / 'face_set.json').read_text(encoding='utf-8'))
    assert {name: parameters[name] for name in dataclasses.asdict(SMALL)} == dataclasses.asdict(SMALL)


@pytest.mark.parametrize(
    ('values', 'message'),
    [
        ({'people': 2}, 'people must be at least 3'),
        ({'images_per_person': 0}, 'images_per_person'),
        ({'image_size': 16}, 'image_size must be 32 to 512'),
        ({'idiosyncrasy': 1.5}, 'idiosyncrasy'),
        ({'seed': -1}, 'seed'),
        ({'eval_fraction': 0.0}, 'eval_fraction'),
        ({'eval_fraction': 0.5, 'test_fraction': 0.5}, 'leave nobody to train on'),
        ({'people': 3, 'eval_fraction': 0.4, 'test_fraction': 0.55}, 'leave nobody to train on'),
    ],
)
def test_impossible_sets_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        FaceSet(**values)


@pytest.mark.parametrize(
    ('options', 'message'),
    [({'splits': ['validation']}, 'validation'), ({'first_image': -1}, 'first_image'), ({'workers': 0}, 'workers')],
)
def test_impossible_options_are_refused(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        write_face_set(tmp_path / 'set', SMALL, progress=False, **options)
    assert list(tmp_path.iterdir()) == []


def test_idiosyncrasy_changes_the_face_and_not_the_label():
    person = make_person(SMALL.seed, 0)
    (common, label), (own, same) = (
        render_sample(dataclasses.replace(SMALL, idiosyncrasy=value), person, 0, 0) for value in (0.0, 1.0)
    )
    assert label == same
    first, second = (np.asarray(Image.open(io.BytesIO(data)), float) for data in (common, own))
    assert np.abs(first - second).mean() > 0.5


def test_a_contact_sheet_has_a_cell_for_each_person_and_expression(tmp_path):
    small = contact_sheet(SMALL, tmp_path / 'a.png', people=1, expressions=['neutral'], image_size=32)
    large = contact_sheet(SMALL, tmp_path / 'b.png', people=[0, 2], expressions=['neutral', 'happy'], image_size=32)
    with Image.open(small) as one, Image.open(large) as two:
        assert two.width - one.width == two.height - one.height >= 32
        assert np.asarray(two).std() > 20
