import io

import numpy as np
import pytest
from PIL import Image
from records import encode, image_of

from cafer_tf import features, input
from cafer_tf.config import FacesConfig
from cafer_tf.datasets import DataError, Fold
from cafer_tf.evaluation import write_faces

SPLITS = ('train', 'train', 'eval', 'test', 'test', 'test')


@pytest.fixture
def root(tmp_path):
    rows = ['path,valence,arousal,subject_id,split']
    for i, split in enumerate(SPLITS):
        (tmp_path / f'{i}.png').write_bytes(encode(image_of(0.1 * i, -0.1 * i), 'PNG'))
        rows.append(f'{i}.png,{0.1 * i:.1f},{-0.1 * i:.1f},person {i // 2 if split != "test" else i},{split}')
    (tmp_path / 'labels.csv').write_text('\n'.join(rows) + '\n')
    return tmp_path


@pytest.mark.parametrize(('split', 'expected'), [('test', [3, 4, 5]), ('eval', [2]), ('all', range(6))])
def test_the_faces_of_a_split_are_written(root, tmp_path, split, expected):
    file = str(tmp_path / 'faces')
    assert write_faces('csv', root, file, FacesConfig(), split) == (0, ())
    assert input.read_texts([file], features.SOURCE) == [f'{i}.png' for i in expected]
    np.testing.assert_allclose(input.read_labels([file])[:, 0], [0.1 * i for i in expected], atol=1e-6)


def test_unusable_images_are_counted(root, tmp_path):
    (root / '4.png').write_bytes(b'no image')
    file = str(tmp_path / 'faces')
    assert write_faces('csv', root, file, FacesConfig(), 'test').unusable == 1
    assert input.count_examples([file]) == 2


def test_a_split_that_is_drawn_is_told_and_a_fold_is_that_of_a_run(root, tmp_path):
    labels = root / 'labels.csv'
    labels.write_text('\n'.join(line.rpartition(',')[0] for line in labels.read_text().splitlines()))
    file = str(tmp_path / 'faces')
    tested = []
    for number in (1, 2):
        written = write_faces('csv', root, file, FacesConfig(), 'test', seed=7, fold=Fold(number, 2))
        assert written.notes == (f'fold {number}/2: {4 - number} of 5 subjects are the test (seed 7)',)
        tested += input.read_texts([file], features.SOURCE)
    assert sorted(tested) == [f'{i}.png' for i in range(6)]
    assert write_faces('csv', root, file, FacesConfig(), 'train', seed=7).notes == (
        'no splits given: 5 subjects were drawn into train, eval and test (seed 7)',
    )


def test_faces_are_prepared_as_the_models_own_were(root, tmp_path):
    file = str(tmp_path / 'faces')
    write_faces('csv', root, file, FacesConfig(size=24), 'eval')
    (image,) = input.read_images([file], [0])
    assert Image.open(io.BytesIO(image)).size == (24, 24)


def test_a_split_without_a_usable_face_is_refused(root, tmp_path):
    (root / '2.png').write_bytes(b'no image')
    with pytest.raises(DataError, match=r'no face of the split eval can be used \(1 images are damaged\)'):
        write_faces('csv', root, tmp_path / 'faces', FacesConfig(), 'eval')
    with pytest.raises(DataError, match="unknown split 'dev'"):
        write_faces('csv', root, tmp_path / 'faces', FacesConfig(), 'dev')
