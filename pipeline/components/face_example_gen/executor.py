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
from pipeline.configs import spelled

QUARANTINE = 'quarantine.jsonl'
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
                | 'WriteReport' >> beam.Map(_write_json, path=report_path)
            )
        with fileio.open(report_path, 'r') as stream:
            reports = json.load(stream)
        fileio.remove(report_path)
        bad = shards.in_order(reports)
        with fileio.open(os.path.join(quarantine.uri, QUARANTINE), 'w') as stream:
            stream.write(''.join(json.dumps(line, ensure_ascii=False) + '\n' for line in bad))
        quarantine.set_int_custom_property('count', len(bad))
        _check(listing, reports, bad, exec_properties['max_bad_fraction'])


def _write_json(value: Any, path: str) -> None:
    with fileio.open(path, 'w') as stream:
        json.dump(value, stream)


def _check(
    listing: datasets.Listing, reports: list[dict[str, Any]], bad: list[dict[str, Any]], max_bad_fraction: float
) -> None:
    """Tells what was read; raises when it is too little."""
    total = len(listing.records)
    fraction = len(bad) / total
    if fraction > max_bad_fraction:
        raise datasets.DataError(
            f'{listing.records[0].file}: {len(bad)} of {total} images ({fraction:.1%}) cannot be used, more than the '
            f'{max_bad_fraction:.1%} allowed. Repair or remove them, or allow more: {spelled("MAX_BAD_FRACTION")}.\n'
            + _describe(bad)
        )
    written: collections.Counter[str] = collections.Counter()
    for report in reports:
        written[report['split']] += report[shards.WRITTEN]
    empty = [split for split in features.SPLITS if not written[split]]
    if empty:
        raise datasets.DataError(
            f'{listing.records[0].file}: no usable image is left for {", ".join(empty)}.\n{_describe(bad)}'
        )
    _log.info('%s', ', '.join(f'{written[split]} faces for {split}' for split in features.SPLITS))
    if bad:
        _log.warning('%d of %d images quarantined (%.1f %%)\n%s', len(bad), total, 100 * fraction, _describe(bad))


def _describe(bad: list[dict[str, Any]]) -> str:
    """The reasons by frequency, and the first few images."""
    reasons = collections.Counter(line['reason'] for line in bad).most_common(SHOWN)
    lines = ['  ' + ', '.join(f'{count} × {reason}' for reason, count in reasons)]
    lines += [f'  {line["file"]}, row {line["row"]}: {line["path"]}: {line["reason"]}' for line in bad[:SHOWN]]
    if len(bad) > SHOWN:
        lines.append(f'  and {len(bad) - SHOWN} more')
    return '\n'.join(lines)
