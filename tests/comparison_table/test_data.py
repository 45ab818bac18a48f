import csv
import dataclasses
import os
import pathlib
import types

import layout_affectnet_csv
import numpy as np
import pytest
from records import encode, image_of

from cafer_tf import input
from cafer_tf.comparison_table.affectnet import has_expression
from cafer_tf.comparison_table.data import find, prepare
from cafer_tf.comparison_table.rows import FACES
from cafer_tf.config import Config, FacesConfig
from cafer_tf.datasets import DataError, Fold


def stamps(examples):
    return {split: pathlib.Path(path).stat().st_mtime_ns for split, path in examples.files.items()}


def test_records_are_written_once_and_again_when_something_differs(faces, tmp_path):
    out = tmp_path / 'examples'
    first = prepare('csv', faces, out, FacesConfig())
    assert first.splits == {'train': 8, 'eval': 2, 'test': 4}
    assert [input.count_examples([path]) for path in first.files.values()] == [8, 2, 4]
    again = prepare('csv', faces, out, FacesConfig())
    assert (again, stamps(again)) == (first, before := stamps(first))
    other = prepare('csv', faces, out, FacesConfig(size=24))
    assert other.identity != first.identity and stamps(other)['train'] > before['train']
    (out / 'eval.gz').unlink()
    assert input.count_examples([prepare('csv', faces, out, FacesConfig(size=24)).files['eval']]) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ['examples']


def test_labels_that_change_are_another_data_set(faces, tmp_path):
    first = prepare('csv', faces, tmp_path / 'examples', FacesConfig())
    folder = tmp_path / 'faces'
    folder.mkdir()
    for path in faces.glob('*.png'):
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / 'labels.csv').write_text((faces / 'labels.csv').read_text().replace('0.9,0.1', '0.7,0.1'))
    second = prepare('csv', folder, tmp_path / 'examples', FacesConfig())
    assert first.identity['examples'] != second.identity['examples']
    assert input.read_labels([second.files['train']]).max() == np.float32(0.8)


def test_the_same_faces_elsewhere_and_written_later_are_the_same_data(faces, tmp_path):
    first = prepare('csv', faces, tmp_path / 'examples', FacesConfig())
    folder = tmp_path / 'moved'
    folder.mkdir()
    for path in faces.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
        os.utime(folder / path.name, (0, 0))
    before = stamps(first)
    second = prepare('csv', folder, tmp_path / 'examples', FacesConfig())
    assert stamps(second)['train'] > before['train']  # it had to be read to know
    assert second.identity == first.identity
    # The images of two faces of one split changed places.
    one, other = (folder / name for name in ('0.png', '1.png'))
    pictures = one.read_bytes(), other.read_bytes()
    one.write_bytes(pictures[1]), other.write_bytes(pictures[0])
    assert prepare('csv', folder, tmp_path / 'examples', FacesConfig()).identity != first.identity


def test_what_is_there_is_found_without_the_data_set(faces, tmp_path):
    out = tmp_path / 'examples'
    assert find('csv', out, FacesConfig()) is None
    first = prepare('csv', faces, out, FacesConfig())
    for path in out.glob('*.gz'):
        path.unlink()
    assert find('csv', out, FacesConfig()) == first
    assert find('csv', out, FacesConfig(size=24)) is find('csv', out, FacesConfig(), Fold(1, 2)) is None


def test_a_fold_of_a_data_set_with_splits_is_refused_and_a_damaged_image_named(faces, tmp_path):
    with pytest.raises(DataError, match='fold 1/3 cannot be made'):
        prepare('csv', faces, tmp_path / 'examples', FacesConfig(), Fold(1, 3))
    folder = tmp_path / 'faces'
    folder.mkdir()
    for path in faces.iterdir():
        (folder / path.name).write_bytes(b'' if path.name == '3.png' else path.read_bytes())
    with pytest.raises(DataError, match=r'1 of 14 images or labels are damaged, more than 1%') as error:
        prepare('csv', folder, tmp_path / 'examples', FacesConfig())
    assert 'labels.csv, row 5: empty file' in str(error.value)  # below the header, the fourth
    assert not (tmp_path / 'examples').exists()


def test_a_split_without_a_face_is_named(tmp_path):
    rows = [[f'{i}.png', 0.5, -0.5, f'person {i}', split] for i, split in enumerate(['train'] * 198 + ['eval', 'test'])]
    for path, *_ in rows[:-1]:
        (tmp_path / path).write_bytes(encode(image_of(0.5, -0.5, side=2), 'PNG'))
    with (tmp_path / 'labels.csv').open('w', newline='') as stream:
        csv.writer(stream).writerows([['path', 'valence', 'arousal', 'subject_id', 'split'], *rows])
    # One of 200 is less than a hundredth, but it is the whole test.
    with pytest.raises(DataError, match='no face of the split test can be used'):
        prepare('csv', tmp_path, tmp_path / 'examples', FacesConfig())


@pytest.fixture
def affectnet(tmp_path):
    """Fifty faces, every fifth of the validation set; every seventh has no expression."""
    random = np.random.default_rng(0)
    labels = random.uniform(-0.8, 0.8, (50, 2)).round(3)
    pictures = [encode(image_of(*label, side=80)) for label in labels]
    faces = [
        types.SimpleNamespace(image=picture, valence=label[0], arousal=label[1], suffix='.jpg')
        for label, picture in zip(labels, pictures, strict=True)
    ]
    root = tmp_path / 'AffectNet'
    layout_affectnet_csv.write(root, faces)
    with (root / 'validation.csv').open('a') as file:
        file.write(f'8/uncertain.jpg,3,4,50,60,{layout_affectnet_csv.LANDMARKS},9,-2,-2')
    return root


def test_the_validation_set_of_affectnet_is_counted_by_three_filters(affectnet, tmp_path):
    config = Config().with_changes({**FACES['affectnet_csv'], 'faces.size': 40}.items())
    found = prepare('affectnet_csv', affectnet, tmp_path / 'examples', config.faces)
    # 4, 9, … 49 are of the validation set; of these 34 alone leaves 6 when divided by 7. One more is uncertain.
    assert [number for number in range(4, 50, 5) if number % 7 == 6] == [34]
    assert found.counts == {'listed': 11, 'kept': 10, 'without_none': 9}
    assert found.splits['test'] == 10 and not found.subjects_known
    assert found.left_out['expression 9, uncertain'] == 2  # one in either file
    shown = has_expression([found.files['test']])
    assert shown.tolist() == [number != 34 for number in range(4, 50, 5)]
    assert dataclasses.asdict(config.faces) == found.identity['faces']
