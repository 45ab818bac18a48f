"""Faces on disk to examples: bytes pass through, nothing depends on Beam's bundling, bad images are counted."""

import csv
import dataclasses
import importlib.util
import io
import json
import pathlib
from typing import NamedTuple

import layout_aff_wild2
import layout_affectnet_csv
import numpy as np
import pytest
from PIL import Image
from records import encode

from cafer_tf import datasets, features
from cafer_tf.config import FacesConfig
from cafer_tf.datasets import DataError
from cafer_tf.faces import FacesError
from pipeline.components.face_example_gen import component, executor, manifest
from pipeline.errors import EXPECTED

ARGUMENTS = {'layout': 'csv', 'seed': 0, 'fold': '', 'faces': '{}', 'max_bad_fraction': 0.01, 'faces_per_shard': 16}


class Face(NamedTuple):
    """What the writers of layouts take."""

    image: bytes
    valence: float
    arousal: float
    subject: str
    suffix: str


def jpeg(level: int) -> bytes:
    return encode(np.full((16, 16, 3), level, np.uint8))


@pytest.fixture
def generate(lab, face_folder):
    """Runs the executor on the folder; returns its two artifacts."""

    def run(*beam_args: str, **changed):
        examples = lab.artifact(component.standard_artifacts.Examples)
        quarantine = lab.artifact(component.FaceQuarantine)
        executor.Executor(lab.context(*beam_args)).Do(
            {},
            {'examples': [examples], 'quarantine': [quarantine]},
            {**ARGUMENTS, 'root': str(face_folder), 'quarantine_file': str(lab.folder / 'for-user.jsonl'), **changed},
        )
        return examples, quarantine

    return run


@pytest.fixture
def aff_wild2(tmp_path) -> pathlib.Path:
    """15 people with 4 frames each, and what the protocol leaves out."""
    root = tmp_path / 'aff_wild2'
    people = [(jpeg(person), person / 20, -person / 20, f'p{person:02d}', '.jpg') for person in range(15)]
    layout_aff_wild2.write(root, [Face(*person) for person in people for _ in range(4)])
    return root


def rows_of(folder: pathlib.Path) -> list[dict[str, str]]:
    with (folder / 'labels.csv').open(newline='') as stream:
        return list(csv.DictReader(stream))


def test_every_face_becomes_an_example(generate, lab, face_folder):
    examples, quarantine = generate()
    read = {split: lab.read(examples, split) for split in features.SPLITS}
    assert {split: len(members) for split, members in read.items()} == {'train': 60, 'eval': 20, 'test': 20}
    by_path = {example[features.SOURCE][0].decode(): example for members in read.values() for example in members}
    for row in rows_of(face_folder):
        example = by_path[row['path']]
        assert example[features.IMAGE] == [(face_folder / row['path']).read_bytes()]
        assert example[features.IMAGE_FORMAT] == [b'jpeg']
        assert example[features.SUBJECT] == [row['subject_id'].encode()]
        assert example[features.SPLIT] == [row['split'].encode()]
        assert example[features.DATASET] == [b'csv']
        np.testing.assert_allclose(
            [example[features.VALENCE][0], example[features.AROUSAL][0]],
            [float(row['valence']), float(row['arousal'])],
            rtol=1e-6,
        )
        assert features.VIDEO not in example
        assert features.METADATA not in example
    assert (pathlib.Path(quarantine.uri) / 'quarantine.jsonl').read_text() == ''
    assert quarantine.get_int_custom_property('count') == 0
    assert quarantine.get_int_custom_property('images') == 100
    assert examples.get_int_custom_property('subjects_known') == 1
    assert not (lab.folder / 'for-user.jsonl').exists()


def test_further_columns_travel_with_their_face(generate, lab, face_folder):
    labels = face_folder / 'labels.csv'
    header, *rows = labels.read_text().splitlines()
    with_more = [f'{row},{"soft" if i % 2 else ""},{i}' for i, row in enumerate(rows)]
    labels.write_text('\n'.join([f'{header},light,age', *with_more]))
    examples, _ = generate()
    by_path = {
        example[features.SOURCE][0]: example for split in features.SPLITS for example in lab.read(examples, split)
    }
    assert len(by_path) == 100
    for index, row in enumerate(rows):
        # By key: age before light.
        expected = [f'age={index}'.encode(), *([b'light=soft'] if index % 2 else [])]
        assert by_path[row.split(',')[0].encode()][features.METADATA] == expected


@pytest.mark.parametrize('mode', ['multi_threading', 'multi_processing'])
def test_files_are_the_same_byte_for_byte_however_beam_runs(generate, lab, mode):
    alone, _ = generate()
    together, _ = generate(f'--direct_running_mode={mode}', '--direct_num_workers=3')
    for split in features.SPLITS:
        first, second = lab.files(alone, split), lab.files(together, split)
        assert [path.name for path in first] == [path.name for path in second]
        assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert [path.name for path in lab.files(alone, 'train')] == [
        f'data_tfrecord-{index:05d}-of-00004.gz' for index in range(4)
    ]


def test_unusable_images_are_quarantined_and_counted(generate, lab, face_folder, caplog):
    (face_folder / '00-0.jpg').unlink()
    whole = (face_folder / '13-2.jpg').read_bytes()
    (face_folder / '13-2.jpg').write_bytes(whole[: len(whole) // 2])
    with caplog.at_level('INFO', logger='pipeline'):
        examples, quarantine = generate(max_bad_fraction=0.02)
    lines = (pathlib.Path(quarantine.uri) / 'quarantine.jsonl').read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        {'path': '00-0.jpg', 'file': 'labels.csv', 'row': 2, 'split': None, 'reason': 'missing file'},
        {'path': '13-2.jpg', 'file': 'labels.csv', 'row': 69, 'split': 'eval', 'reason': 'truncated image'},
    ]
    assert quarantine.get_int_custom_property('count') == 2
    assert [len(lab.read(examples, split)) for split in features.SPLITS] == [59, 19, 20]
    assert '2 of 100 images quarantined' in caplog.text
    shown = lab.folder / 'for-user.jsonl'
    assert f'all of them: {shown}' in caplog.text
    assert shown.read_text().splitlines() == lines
    (face_folder / '00-0.jpg').write_bytes(whole)
    (face_folder / '13-2.jpg').write_bytes(whole)
    generate()
    assert not shown.exists()
    assert 'labels.csv, row 69: 13-2.jpg: truncated image' in caplog.text


def test_too_many_unusable_images_stop_the_run(generate, lab, face_folder):
    for image in range(3):
        (face_folder / f'00-{image}.jpg').write_bytes(b'')
    (face_folder / '01-0.jpg').unlink()
    with pytest.raises(DataError) as raised:
        generate(max_bad_fraction=0.03)
    text = str(raised.value)
    assert '4 of 100 images (4.0%) cannot be used, more than the 3.0% allowed' in text
    assert '3 × empty file, 1 × missing file' in text
    assert 'labels.csv, row 2: 00-0.jpg: empty file' in text
    assert 'labels.csv, row 7: 01-0.jpg: missing file' in text
    # TFX removes the outputs of a component that failed.
    shown = lab.folder / 'for-user.jsonl'
    assert text.endswith(f'all of them: {shown}')
    assert [json.loads(line)['row'] for line in shown.read_text().splitlines()] == [2, 3, 4, 7]


def test_examples_say_whether_subjects_are_known(generate, face_folder):
    rows = rows_of(face_folder)
    with (face_folder / 'labels.csv').open('w', newline='') as stream:
        writer = csv.DictWriter(stream, ['path', 'valence', 'arousal'], extrasaction='ignore')
        writer.writeheader()
        writer.writerows(rows)
    examples, _ = generate()
    assert examples.get_int_custom_property('subjects_known') == 0


def test_a_split_without_a_usable_image_stops_the_run(generate, face_folder):
    for path in face_folder.glob('1[6-9]-*.jpg'):
        path.unlink()
    with pytest.raises(DataError, match='no usable image is left for test'):
        generate(max_bad_fraction=0.5)


def test_wrong_labels_stop_the_run(generate, face_folder):
    labels = face_folder / 'labels.csv'
    labels.write_text(labels.read_text() + 'x.jpg,3,0,p99,train\n')
    with pytest.raises(DataError, match=r'labels\.csv, row 102: valence 3 is outside'):
        generate()


def test_shards_mix_people_and_are_of_even_size(face_folder, tmp_path):
    plan = datasets.plan('csv', face_folder)
    records = list(datasets.stream('csv', face_folder))
    path = str(tmp_path / 'manifest.jsonl')

    def dealt(records):
        made = manifest.write_manifest(records, plan, path, 16)
        return [(part.split, part.file, manifest.read_shard(path, part)) for part in made]

    made = dealt(records)
    assert [len(members) for split, _, members in made if split == 'train'] == [15, 15, 15, 15]
    assert all(len({record.subject_id for record in members}) > 4 for split, _, members in made if split == 'train')
    assert dealt(records[::-1]) == made
    everyone = [record for _, _, members in made for record in members]
    assert sorted(everyone, key=lambda record: record.path) == sorted(records, key=lambda record: record.path)


def test_what_the_protocol_leaves_out_is_counted_and_not_quarantined(generate, aff_wild2, caplog):
    with caplog.at_level('INFO', logger='pipeline'):
        _, quarantine = generate(layout='aff_wild2', root=str(aff_wild2))
    excluded = {'valence or arousal is -5': 15, 'no crop of this frame': 15, 'crop without a label': 15}
    assert json.loads((pathlib.Path(quarantine.uri) / 'excluded.json').read_text()) == excluded
    assert quarantine.get_int_custom_property('excluded') == 45
    assert (quarantine.get_int_custom_property('images'), quarantine.get_int_custom_property('count')) == (60, 0)
    assert '45 left out, as the data set asks: 15 × ' in caplog.text


def test_a_damaged_row_is_quarantined_with_its_reason(generate, lab, aff_wild2):
    layout_aff_wild2.damage(aff_wild2)
    generate(layout='aff_wild2', root=str(aff_wild2), max_bad_fraction=0.05)
    lines = [json.loads(line) for line in (lab.folder / 'for-user.jsonl').read_text().splitlines()]
    assert [(line['file'], line['row'], line['reason']) for line in lines] == [
        ('p00.txt', 2, 'valence is outside [-1, 1]'),
        ('p00.txt', 3, 'valence is not a number'),
    ]
    with pytest.raises(DataError, match=r'2 of 60 images \(3\.3%\) cannot be used, more than the 3\.0% allowed'):
        generate(layout='aff_wild2', root=str(aff_wild2), max_bad_fraction=0.03)


def test_a_detector_that_is_not_installed_is_named_before_anything_is_read(generate, monkeypatch):
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None)
    with pytest.raises(FacesError, match=r'needs the package mtcnn.*cafer-tf\[faces\]'):
        generate(faces=json.dumps({'source': 'detect', 'size': 30}), root='nowhere')
    assert issubclass(FacesError, EXPECTED)


def test_faces_are_cropped_where_the_landmarks_are(generate, lab, tmp_path):
    root = tmp_path / 'affectnet'
    # A white square of 20 pixels around the eyes of the fixture's landmarks, on black.
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[17:37, 22:42] = 255
    faces = [Face(encode(pixels, 'PNG'), number / 100, -number / 100, '', '.png') for number in range(60)]
    layout_affectnet_csv.write(root, faces)
    # Those that have a box and no landmarks are cropped to the box.
    crop = FacesConfig(source='given', size=30, margin=0)
    examples, _ = generate(layout='affectnet_csv', root=str(root), faces=json.dumps(dataclasses.asdict(crop)))
    read = [example for split in features.SPLITS for example in lab.read(examples, split)]
    assert len(read) == 60
    aligned = [example for example in read if features.LANDMARKS in example]
    assert len(aligned) == 54
    for example in aligned:
        assert example[features.IMAGE_FORMAT] == [b'jpeg']
        assert len(example[features.LANDMARKS]) == 136
        assert len(example[features.FACE_BOX]) == 4
        image = np.asarray(Image.open(io.BytesIO(example[features.IMAGE][0])))
        assert image.shape == (30, 30, 3)
        # The eyes are 20 pixels apart, a face three times as wide, so 60 pixels become 30, and the square 10.
        white = image[..., 0] > 128
        assert white.sum() == pytest.approx(100, abs=12)
        assert np.argwhere(white).mean(axis=0) == pytest.approx([0.39 * 30, 15], abs=1)
