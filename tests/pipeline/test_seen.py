"""Left-over images of other people, or of training itself, are never counted as new images of people seen."""

import json

import pytest
from finished_run import Store

from pipeline.lineage import origin_of
from pipeline.seen import data_root, seen_people

FACES = {'seed': 0, 'images_per_person': 12, 'first_image': 0, 'splits': ['train', 'eval', 'test']}
LATER = {**FACES, 'images_per_person': 3, 'first_image': 12, 'splits': ['train']}


def write(folder, parameters):
    folder.mkdir()
    (folder / 'labels.csv').touch()
    (folder / 'face_set.json').write_text(parameters if isinstance(parameters, str) else json.dumps(parameters))
    return folder


def test_later_images_of_the_training_people_are_found(tmp_path, capsys):
    faces = write(tmp_path / 'faces', FACES)
    assert seen_people(tmp_path, faces) is None
    folder = write(tmp_path / 'seen_people', LATER)
    assert seen_people(tmp_path, faces) == folder
    assert capsys.readouterr().err == ''


@pytest.mark.parametrize(
    'parameters',
    [
        {**LATER, 'seed': 1},
        {**LATER, 'people': 7},
        {**LATER, 'first_image': 11},
        {**LATER, 'splits': ['train', 'test']},
        {'seed': 0},
        '[]',
        '{',
    ],
)
def test_a_folder_of_others_is_passed_over_and_the_user_is_told(tmp_path, capsys, parameters):
    faces, folder = write(tmp_path / 'faces', FACES), write(tmp_path / 'seen_people', parameters)
    assert seen_people(tmp_path, faces) is None
    told = capsys.readouterr()
    assert told.err.startswith(f'{folder} is passed over: ')
    assert str(faces) in told.err
    assert told.out == ''


def test_nobody_is_seen_where_the_model_was_trained_on_photographs(tmp_path, capsys):
    write(tmp_path / 'seen_people', LATER)
    (tmp_path / 'photographs').mkdir()
    assert seen_people(tmp_path, tmp_path / 'photographs') is None
    assert 'passed over' in capsys.readouterr().err


def test_the_faces_of_a_run_that_was_moved_are_found_in_it(tmp_path):
    Store(tmp_path).add_run(1, '5', root=str(tmp_path / 'before' / 'faces'))
    origin = origin_of(tmp_path, '5')
    assert data_root(tmp_path, origin) == tmp_path / 'faces'
    origin.root.mkdir(parents=True)
    assert data_root(tmp_path, origin) == origin.root
