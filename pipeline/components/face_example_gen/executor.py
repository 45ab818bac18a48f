"""Labels to shards, shards to files, and what could not be used to the quarantine."""

from __future__ import annotations

import collections
import json
import logging
import os
from typing import Any

import apache_beam as beam
from tfx import types
from tfx.components.util import examples_utils
from tfx.dsl.components.base import base_beam_executor
from tfx.dsl.io import fileio
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils

from cafer_tf import datasets, features
from pipeline.components.face_example_gen import shards
from pipeline.components.files import read_json, write_json, write_text
from pipeline.configs import spelled

QUARANTINE = 'quarantine.jsonl'
COUNT, IMAGES = 'count', 'images'
"""The properties of the quarantine: how many images are in it, and of how many."""
SUBJECTS_KNOWN = 'subjects_known'
"""The property of the examples that is 1 where the data set says who is shown."""
SHOWN = 5

_log = logging.getLogger(__name__)


class Executor(base_beam_executor.BaseBeamExecutor):
    """Executor of FaceExampleGen."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Writes the examples and the quarantine.

        Args:
            input_dict: empty.
            output_dict: `examples` and `quarantine`.
            exec_properties: see `FaceExampleGenSpec`.

        Raises:
            DataError: the labels are wrong, too many images are unusable, or a split is left without any.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        examples = artifact_utils.get_single_instance(output_dict['examples'])
        quarantine = artifact_utils.get_single_instance(output_dict['quarantine'])
        examples.split_names = artifact_utils.encode_split_names(list(features.SPLITS))
        examples_utils.set_payload_format(examples, example_gen_pb2.PayloadFormat.FORMAT_TF_EXAMPLE)
        examples_utils.set_file_format(examples, 'tfrecords_gzip')

        layout, root = exec_properties['layout'], exec_properties['root']
        listing = datasets.read(layout, root, exec_properties['seed'])
        for note in listing.notes:
            _log.info(note)
        writer = shards.WriteShard(
            layout, root, {split: artifact_utils.get_split_uri([examples], split) for split in features.SPLITS}
        )
        report_path = os.path.join(quarantine.uri, 'report.json')
        with self._make_beam_pipeline() as pipeline:
            _ = (
                pipeline
                | 'Shards' >> beam.Create(shards.make_shards(listing.records, exec_properties['faces_per_shard']))
                | 'Spread' >> beam.Reshuffle()
                | 'WriteShard' >> beam.ParDo(writer)
                | 'Reports' >> beam.combiners.ToList()
                | 'WriteReport' >> beam.Map(write_json, path=report_path)
            )
        reports = read_json(report_path)
        fileio.remove(report_path)
        bad = shards.in_order(reports)
        text = ''.join(json.dumps(line, ensure_ascii=False) + '\n' for line in bad)
        write_text(text, os.path.join(quarantine.uri, QUARANTINE))
        quarantine.set_int_custom_property(COUNT, len(bad))
        quarantine.set_int_custom_property(IMAGES, len(listing.records))
        examples.set_int_custom_property(SUBJECTS_KNOWN, int(listing.subjects_known))
        # TFX removes the artifact when this execution fails, which is when its user needs the list most.
        show_quarantine(text, exec_properties['quarantine_file'])
        _check(listing, reports, bad, exec_properties)


def show_quarantine(text: str, path: str) -> None:
    """Puts the quarantine where a user finds it; without bad images there is no file.

    Args:
        text: the content of `quarantine.jsonl`.
        path: where to.
    """
    if text:
        fileio.makedirs(os.path.dirname(path))
        write_text(text, path)
    elif fileio.exists(path):
        fileio.remove(path)


def _check(
    listing: datasets.Listing,
    reports: list[dict[str, Any]],
    bad: list[dict[str, Any]],
    exec_properties: dict[str, Any],
) -> None:
    """Tells what was read; raises when it is too little."""
    total, max_bad_fraction = len(listing.records), exec_properties['max_bad_fraction']
    described = f'{_describe(bad)}\n  all of them: {exec_properties["quarantine_file"]}'
    fraction = len(bad) / total
    if fraction > max_bad_fraction:
        raise datasets.DataError(
            f'{listing.records[0].file}: {len(bad)} of {total} images ({fraction:.1%}) cannot be used, more than the '
            f'{max_bad_fraction:.1%} allowed. Repair or remove them, or allow more: {spelled("MAX_BAD_FRACTION")}.\n'
            + described
        )
    written: collections.Counter[str] = collections.Counter()
    for report in reports:
        written[report['split']] += report[shards.WRITTEN]
    empty = [split for split in features.SPLITS if not written[split]]
    if empty:
        raise datasets.DataError(
            f'{listing.records[0].file}: no usable image is left for {", ".join(empty)}.\n{described}'
        )
    _log.info('%s', ', '.join(f'{written[split]} faces for {split}' for split in features.SPLITS))
    if bad:
        _log.warning('%d of %d images quarantined (%.1f %%)\n%s', len(bad), total, 100 * fraction, described)


def _describe(bad: list[dict[str, Any]]) -> str:
    """The reasons by frequency, and the first few images."""
    reasons = collections.Counter(line['reason'] for line in bad).most_common(SHOWN)
    lines = ['  ' + ', '.join(f'{count} × {reason}' for reason, count in reasons)]
    lines += [f'  {line["file"]}, row {line["row"]}: {line["path"]}: {line["reason"]}' for line in bad[:SHOWN]]
    if len(bad) > SHOWN:
        lines.append(f'  and {len(bad) - SHOWN} more')
    return '\n'.join(lines)
