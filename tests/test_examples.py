"""A data set as TFRecords without the pipeline."""

import csv
import io
import pathlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from records import encode, image_of

from cafer_tf import features
from cafer_tf.config import FacesConfig
from cafer_tf.datasets import DataError, FaceRecord, Fold
from cafer_tf.examples import to_example, write_examples


@pytest.fixture
def root(tmp_path) -> pathlib.Path:
    """Ten people with two images each, who are not parted into splits."""
    folder = tmp_path / 'faces'
    folder.mkdir()
    rows = [
        [f'{person}-{image}.jpg', person / 10, -image / 2, f'p{person}'] for person in range(10) for image in (0, 1)
    ]
    for path, valence, arousal, _ in rows:
        (folder / path).write_bytes(encode(image_of(valence, arousal)))
    with (folder / 'labels.csv').open('w', newline='') as stream:
        csv.writer(stream).writerows([['path', 'valence', 'arousal', 'subject_id'], *rows])
    return folder


def read(path: str) -> list[tf.train.Example]:
    return [tf.train.Example.FromString(r) for r in tf.data.TFRecordDataset(path, 'GZIP').as_numpy_iterator()]


def subjects(path: str) -> set[bytes]:
    return {example.features.feature[features.SUBJECT].bytes_list.value[0] for example in read(path)}


def test_people_are_parted_and_images_kept(root, tmp_path):
    paths = write_examples('csv', root, tmp_path / 'records')
    people = [subjects(path) for path in paths.values()]
    assert sum(map(len, people)) == 10
    assert len(set().union(*people)) == 10
    for example in (example for path in paths.values() for example in read(path)):
        feature = example.features.feature
        name = feature[features.SOURCE].bytes_list.value[0].decode()
        assert feature[features.IMAGE].bytes_list.value[0] == (root / name).read_bytes()


def test_metadata_becomes_texts_in_order_and_no_feature_where_there_is_none():
    pairs = (('age', '41'), ('light', 'söft=x'))
    with_some = to_example(FaceRecord('a.jpg', 0, 0, 'ann', metadata=pairs), 'csv', b'', 'png').features.feature
    assert list(with_some[features.METADATA].bytes_list.value) == [b'age=41', 'light=söft=x'.encode()]
    assert features.METADATA not in to_example(FaceRecord('a.jpg', 0, 0, 'ann'), 'csv', b'', 'png').features.feature


def test_a_fold_is_the_test(root, tmp_path):
    tested = [subjects(write_examples('csv', root, tmp_path / 'r', fold=Fold(k, 5))['test']) for k in range(1, 6)]
    assert [len(people) for people in tested] == [2] * 5
    assert len(set().union(*tested)) == 10


def test_images_are_encoded_again_at_a_size(root, tmp_path):
    paths = write_examples('csv', root, tmp_path / 'records', config=FacesConfig(size=24))
    image = read(paths['train'])[0].features.feature[features.IMAGE].bytes_list.value[0]
    assert np.asarray(Image.open(io.BytesIO(image))).shape == (24, 24, 3)


@pytest.mark.parametrize(('content', 'reason'), [(None, 'missing file'), (b'no image', 'not an image')])
def test_an_image_that_cannot_be_used_is_named_with_its_row_and_leaves_no_file(root, tmp_path, content, reason):
    (root / '1-0.jpg').unlink()
    if content:
        (root / '1-0.jpg').write_bytes(content)
    with pytest.raises(DataError, match=rf'labels\.csv, row 4: 1-0\.jpg: {reason}\. Mend it or remove its row'):
        write_examples('csv', root, tmp_path / 'records')
    assert list((tmp_path / 'records').glob('*.gz')) == []
