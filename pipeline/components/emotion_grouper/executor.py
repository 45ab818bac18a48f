"""First the threshold of the training split and the columns of the test split, then the groups of every split."""

from __future__ import annotations

import collections
import logging
import os
from typing import Any

import apache_beam as beam
import numpy as np
from tfx import types
from tfx.components.util import examples_utils
from tfx.dsl.components.base import base_beam_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from cafer_tf import features, grouping
from pipeline.components.emotion_grouper import plot, transforms
from pipeline.components.files import read_json, write_json
from pipeline.components.progress import files_appear

THRESHOLD = 'otsu_threshold'
TRAIN, _, TEST = features.SPLITS

_log = logging.getLogger(__name__)


class Executor(base_beam_executor.BaseBeamExecutor):
    """Executor of EmotionGrouper."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Writes the grouped examples, the grouping and the hyper-parameters.

        Args:
            input_dict: `examples`.
            output_dict: `grouped_examples`, `grouping`, `hyperparameters`.
            exec_properties: none.

        Raises:
            GroupingError: the training labels cannot be parted, or a group of theirs is empty.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        examples = artifact_utils.get_single_instance(input_dict['examples'])
        grouped = artifact_utils.get_single_instance(output_dict['grouped_examples'])
        splits = artifact_utils.decode_split_names(examples.split_names)
        grouped.split_names = examples.split_names
        examples_utils.set_payload_format(grouped, examples_utils.get_payload_format(examples))
        examples_utils.set_file_format(grouped, examples_utils.get_file_format(examples))

        directory = artifact_utils.get_single_uri(output_dict['grouping'])
        work, columns = (os.path.join(directory, name) for name in ('work.json', 'columns.json'))
        histogram, unsliced = self._survey(
            _files(examples, TRAIN), _files(examples, TEST) if TEST in splits else [], work, columns
        )
        # scikit-image runs here, once, on the merged counts; a Beam worker would bury its error in a stack trace.
        threshold = histogram.threshold()
        sizes = self._tag(
            [
                (split, source, os.path.join(artifact_utils.get_split_uri([grouped], split), os.path.basename(source)))
                for split in splits
                for source in _files(examples, split)
            ],
            threshold,
            unsliced,
            work,
        )
        fileio.remove(work)
        fileio.remove(columns)
        _check(sizes, threshold)
        _publish(output_dict, histogram, threshold, sizes, unsliced)

    def _survey(
        self, train: list[str], judged: list[str], work: str, columns: str
    ) -> tuple[grouping.IntensityHistogram, list[str]]:
        """The histogram of the files to train on, and the columns that those to judge on have too many values of."""
        with self._make_beam_pipeline() as pipeline:
            _ = (
                pipeline
                | 'TrainFiles' >> beam.Create(train)
                | 'SpreadTrain' >> beam.Reshuffle()
                | 'Intensities' >> beam.ParDo(transforms.ReadIntensities())
                | 'Histogram' >> beam.CombineGlobally(transforms.CombineHistograms())
                | 'WriteHistogram' >> beam.Map(write_json, path=work)
            )
            _ = (
                pipeline
                | 'JudgedFiles' >> beam.Create(judged)
                | 'SpreadJudged' >> beam.Reshuffle()
                | 'Metadata' >> beam.ParDo(transforms.ReadMetadata())
                | 'Columns' >> beam.CombineGlobally(transforms.CombineColumns())
                | 'WriteColumns' >> beam.Map(write_json, path=columns)
            )
        return grouping.IntensityHistogram(np.array(read_json(work), np.int64)), read_json(columns)

    def _tag(
        self, files: list[tuple[str, str, str]], threshold: float, unsliced: list[str], work: str
    ) -> dict[str, dict[str, int]]:
        folders = sorted({os.path.dirname(target) for _, _, target in files})
        with files_appear(folders, len(files), 'group'), self._make_beam_pipeline() as pipeline:
            _ = (
                pipeline
                | 'Files' >> beam.Create(files)
                | 'Spread' >> beam.Reshuffle()
                | 'Tag' >> beam.ParDo(transforms.TagFile(threshold, TEST, unsliced))
                | 'Sizes' >> beam.combiners.ToList()
                | 'Write' >> beam.Map(write_json, path=work)
            )
        total: dict[str, np.ndarray] = collections.defaultdict(lambda: np.zeros(len(features.GROUP_NAMES), int))
        for report in read_json(work):
            total[report['split']] += report['sizes']
        return {split: dict(zip(features.GROUP_NAMES, map(int, total[split]), strict=True)) for split in sorted(total)}


def _files(examples: types.Artifact, split: str) -> list[str]:
    directory = artifact_utils.get_split_uri([examples], split)
    return sorted(os.path.join(directory, name) for name in fileio.listdir(directory))


def _check(sizes: dict[str, dict[str, int]], threshold: float) -> None:
    """Training draws half of each batch from each group, so both must have someone."""
    empty = [name for name, size in sizes[TRAIN].items() if not size]
    if empty:
        raise grouping.GroupingError(
            f'no training example is {empty[0]} at the threshold {threshold:.4f}: strong and weak emotion cannot be '
            'parted. The training labels need more than one emotional intensity.'
        )


def _publish(
    output_dict: dict[str, list[types.Artifact]],
    histogram: grouping.IntensityHistogram,
    threshold: float,
    sizes: dict[str, dict[str, int]],
    unsliced: list[str],
) -> None:
    directory = artifact_utils.get_single_uri(output_dict['grouping'])
    summary = {
        THRESHOLD: threshold,
        'fitted_on': TRAIN,
        'sizes': sizes,
        'unsliced': unsliced,
        'histogram': {
            'counts': [int(count) for count in histogram.counts],
            'centers': [float(center) for center in histogram.centers],
        },
    }
    write_json(summary, os.path.join(directory, 'grouping.json'))
    with fileio.open(os.path.join(directory, 'grouping.png'), 'wb') as stream:
        stream.write(plot.plot_grouping(histogram, threshold))
    # The Trainer reads the only file of this folder.
    write_json(
        {THRESHOLD: threshold},
        os.path.join(artifact_utils.get_single_uri(output_dict['hyperparameters']), 'hyperparameters.json'),
    )
    artifact_utils.get_single_instance(output_dict['grouping']).set_float_custom_property(THRESHOLD, threshold)
    _log.info(
        'Otsu threshold %.4f: %s',
        threshold,
        '; '.join(f'{split} {size["strong"]} strong, {size["weak"]} weak' for split, size in sizes.items()),
    )
    if unsliced:
        names = ', '.join(unsliced)
        _log.info('not sliced by, for more than %d values in %s: %s', features.MOST_VALUES, TEST, names)
