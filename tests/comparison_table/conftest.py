import csv
import pathlib

import numpy as np
import pytest
from records import encode, image_of


@pytest.fixture(scope='package')
def faces(tmp_path_factory) -> pathlib.Path:
    """Two images of 32 pixels of each of seven people: four to train on, one for eval and two for the test."""
    folder = tmp_path_factory.mktemp('data') / 'faces'
    folder.mkdir()
    labels = np.random.default_rng(0).uniform(-0.8, 0.8, (14, 2)).round(3)
    labels[:8:2] = [[0.9, 0.1], [-0.9, 0.2], [0.8, -0.5], [-0.8, 0.5]]  # strong ones beside weak ones
    labels[1:8:2] /= 8
    splits = ['train'] * 8 + ['eval'] * 2 + ['test'] * 4
    rows = [[f'{i}.png', *label, f'person {i // 2}', splits[i]] for i, label in enumerate(labels)]
    for row in rows:
        (folder / row[0]).write_bytes(encode(image_of(row[1], row[2], side=32), 'PNG'))
    with (folder / 'labels.csv').open('w', newline='') as stream:
        csv.writer(stream).writerows([['path', 'valence', 'arousal', 'subject_id', 'split'], *rows])
    return folder
