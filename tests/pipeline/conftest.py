"""Small real inputs for the components, and what TFX would hand to their executors."""

import csv
import pathlib
from collections.abc import Iterable

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tfx import types
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils, standard_artifacts

from cafer_tf import features

BEAM_ARGS = ('--direct_running_mode=in_memory', '--direct_num_workers=1')


class Lab:
    """Makes artifacts, examples and executor contexts in a folder."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self._made = 0

    def artifact(self, kind: type[types.Artifact]) -> types.Artifact:
        """An artifact with a folder and a number of its own."""
        self._made += 1
        artifact = kind()
        artifact.uri, artifact.id = str(self.folder / f'{kind.TYPE_NAME}-{self._made}'), self._made
        pathlib.Path(artifact.uri).mkdir()
        return artifact

    def examples(self, examples: dict[str, Iterable[tf.train.Example]], shards: int = 1) -> types.Artifact:
        """An Examples artifact with the examples of each split, dealt into shards."""
        artifact = self.artifact(standard_artifacts.Examples)
        artifact.split_names = artifact_utils.encode_split_names(list(examples))
        for split, members in examples.items():
            folder = pathlib.Path(artifact_utils.get_split_uri([artifact], split))
            folder.mkdir(parents=True)
            members = list(members)
            for index in range(shards):
                path = folder / f'data_tfrecord-{index:05d}-of-{shards:05d}.gz'
                with tf.io.TFRecordWriter(str(path), 'GZIP') as writer:
                    for example in members[index::shards]:
                        writer.write(example.SerializeToString(deterministic=True))
        return artifact

    def files(self, artifact: types.Artifact, split: str) -> list[pathlib.Path]:
        """The files of a split."""
        return sorted(pathlib.Path(artifact_utils.get_split_uri([artifact], split)).iterdir())

    def read(self, artifact: types.Artifact, split: str) -> list[dict[str, list]]:
        """The examples of a split by source path, each as plain values."""
        records = tf.data.TFRecordDataset([str(f) for f in self.files(artifact, split)], 'GZIP').as_numpy_iterator()
        examples = [tf.train.Example.FromString(record) for record in records]
        values = [
            {name: list(getattr(f, f.WhichOneof('kind')).value) for name, f in example.features.feature.items()}
            for example in examples
        ]
        return sorted(values, key=lambda example: example[features.SOURCE])

    def example(
        self, split: str, index: int, valence: float, arousal: float, subject: str = 'ann', image: bytes = b''
    ) -> tf.train.Example:
        """An example as FaceExampleGen writes it."""
        example = tf.train.Example()
        feature = example.features.feature
        for name, text in (
            (features.IMAGE, image or self.png((index % 256, 0, 0))),
            (features.IMAGE_FORMAT, b'png'),
            (features.SUBJECT, subject.encode()),
            (features.DATASET, b'csv'),
            (features.SPLIT, split.encode()),
            (features.SOURCE, f'{split}/{index:05d}.png'.encode()),
        ):
            feature[name].bytes_list.value.append(text)
        feature[features.VALENCE].float_list.value.append(valence)
        feature[features.AROUSAL].float_list.value.append(arousal)
        return example

    def random_examples(self, sizes: dict[str, int], seed: int = 0) -> dict[str, list[tf.train.Example]]:
        """Examples with uniform labels."""
        random = np.random.default_rng(seed)
        return {
            split: [self.example(split, index, *random.uniform(-1, 1, 2)) for index in range(size)]
            for split, size in sizes.items()
        }

    def png(self, colour: tuple[int, int, int], size: int = 4) -> bytes:
        """A picture of one colour."""
        return tf.io.encode_png(np.full((size, size, 3), colour, np.uint8)).numpy()

    def context(self, *arguments: str) -> base_beam_executor.BaseBeamExecutor.Context:
        """What an executor that runs Beam is made with."""
        return base_beam_executor.BaseBeamExecutor.Context(
            beam_pipeline_args=list(arguments or BEAM_ARGS), tmp_dir=str(self.folder / 'tmp'), unique_id='1'
        )


@pytest.fixture
def lab(tmp_path) -> Lab:
    """A place to make inputs."""
    return Lab(tmp_path)


@pytest.fixture
def face_folder(tmp_path) -> pathlib.Path:
    """A data set of 20 people with 5 small JPEGs each: 12 train, 4 eval, 4 test."""
    root = tmp_path / 'faces'
    root.mkdir()
    random = np.random.default_rng(0)
    rows = []
    for person in range(20):
        split = features.SPLITS[0 if person < 12 else 1 if person < 16 else 2]
        for image in range(5):
            name = f'{person:02d}-{image}.jpg'
            Image.fromarray(random.integers(0, 255, (16, 16, 3), np.uint8)).save(root / name)
            valence, arousal = random.uniform(-1, 1, 2).round(4)
            rows.append([name, valence, arousal, f'p{person:02d}', split])
    with (root / 'labels.csv').open('w', newline='') as stream:
        csv.writer(stream).writerows([['path', 'valence', 'arousal', 'subject_id', 'split'], *rows])
    return root
