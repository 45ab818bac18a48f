"""Labels to shards, shards to files, and what could not be used to the quarantine."""

from __future__ import annotations

import collections
import json
import logging
import os
from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
from tfx import types
from tfx.components.util import examples_utils
from tfx.dsl.components.base import base_beam_executor
from tfx.dsl.io import fileio
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils

from cafer_tf import datasets, features
from cafer_tf.config import FacesConfig
from cafer_tf.datasets import FaceRecord, LeftOut
from cafer_tf.faces import require_detector
from pipeline.components.face_example_gen import shards
from pipeline.components.face_example_gen.manifest import Shard, write_manifest
from pipeline.components.files import read_json, write_json, write_text
from pipeline.components.progress import files_appear
from pipeline.options import spelled

QUARANTINE, EXCLUDED = 'quarantine.jsonl', 'excluded.json'
COUNT, IMAGES, EXCLUDED_COUNT = 'count', 'images', 'excluded'
"""The properties of the quarantine: how many images are in it, of how many, and how many the protocol leaves out."""
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
            FacesError: faces are to be detected, and the detector is not installed.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        examples = artifact_utils.get_single_instance(output_dict['examples'])
        quarantine = artifact_utils.get_single_instance(output_dict['quarantine'])
        examples.split_names = artifact_utils.encode_split_names(list(features.SPLITS))
        examples_utils.set_payload_format(examples, example_gen_pb2.PayloadFormat.FORMAT_TF_EXAMPLE)
        examples_utils.set_file_format(examples, 'tfrecords_gzip')

        faces = FacesConfig(**json.loads(exec_properties['faces']))
        if faces.source == 'detect':
            require_detector()  # here, for a worker would bury the error in a stack trace
        layout, root = exec_properties['layout'], exec_properties['root']
        fold = exec_properties['fold']
        plan = datasets.plan(layout, root, exec_properties['seed'], fold=datasets.Fold.parse(fold) if fold else None)
        for note in plan.notes:
            _log.info(note)
        sifted = _Sifted(datasets.stream(layout, root))
        manifest = os.path.join(quarantine.uri, 'manifest.jsonl')
        parts = write_manifest(sifted.records(), plan, manifest, exec_properties['faces_per_shard'])
        reports = self._write(parts, manifest, examples, faces, exec_properties)
        fileio.remove(manifest)

        bad = sorted(
            [*sifted.damaged, *(line for report in reports for line in report[shards.BAD])],
            key=lambda line: (line['file'], line['row'], line['path']),
        )
        text = ''.join(json.dumps(line, ensure_ascii=False) + '\n' for line in bad)
        write_text(text, os.path.join(quarantine.uri, QUARANTINE))
        write_json(dict(sifted.excluded.most_common()), os.path.join(quarantine.uri, EXCLUDED))
        quarantine.set_int_custom_property(COUNT, len(bad))
        quarantine.set_int_custom_property(IMAGES, sifted.total)
        quarantine.set_int_custom_property(EXCLUDED_COUNT, sifted.excluded.total())
        examples.set_int_custom_property(SUBJECTS_KNOWN, int(plan.subjects_known))
        # TFX removes the artifact when this execution fails, which is when its user needs the list most.
        show_quarantine(text, exec_properties['quarantine_file'])
        _check(sifted, reports, bad, exec_properties)

    def _write(
        self,
        parts: list[Shard],
        manifest: str,
        examples: types.Artifact,
        faces: FacesConfig,
        exec_properties: dict[str, Any],
    ) -> list[dict[str, Any]]:
        """Has the workers write every shard; returns their reports."""
        directories = {split: artifact_utils.get_split_uri([examples], split) for split in features.SPLITS}
        writer = shards.WriteShard(exec_properties['layout'], exec_properties['root'], faces, manifest, directories)
        path = f'{manifest}.report'
        watched = files_appear(list(directories.values()), len(parts), 'ingest')
        with watched, self._make_beam_pipeline() as pipeline:
            _ = (
                pipeline
                | 'Shards' >> beam.Create(parts)
                | 'Spread' >> beam.Reshuffle()
                | 'WriteShard' >> beam.ParDo(writer)
                | 'Reports' >> beam.combiners.ToList()
                | 'WriteReport' >> beam.Map(write_json, path=path)
            )
        reports = read_json(path)
        fileio.remove(path)
        return reports


class _Sifted:
    """Parts a stream into records, which pass on, and what is left out, which stays here.

    Args:
        items: of a data set.
    """

    def __init__(self, items: Iterable[FaceRecord | LeftOut]):
        self._items = items
        self.total = 0
        self.damaged: list[dict[str, Any]] = []
        self.excluded: collections.Counter[str] = collections.Counter()

    def records(self) -> Iterator[FaceRecord]:
        """The records, once; `total` counts them and what is damaged."""
        for item in self._items:
            if isinstance(item, FaceRecord):
                self.total += 1
                yield item
            elif item.damaged:
                self.total += 1
                self.damaged.append(shards.quarantined(item, item.reason))
            else:
                self.excluded[item.reason] += 1


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
    sifted: _Sifted,
    reports: list[dict[str, Any]],
    bad: list[dict[str, Any]],
    exec_properties: dict[str, Any],
) -> None:
    """Tells what was read; raises when it is too little."""
    total, max_bad_fraction = sifted.total, exec_properties['max_bad_fraction']
    where = exec_properties['root']
    described = f'{_describe(bad)}\n  all of them: {exec_properties["quarantine_file"]}'
    fraction = len(bad) / total
    if fraction > max_bad_fraction:
        raise datasets.DataError(
            f'{where}: {len(bad)} of {total} images ({fraction:.1%}) cannot be used, more than the '
            f'{max_bad_fraction:.1%} allowed. Repair or remove them, or allow more: {spelled("MAX_BAD_FRACTION")}.\n'
            + described
        )
    written: collections.Counter[str] = collections.Counter()
    for report in reports:
        written[report['split']] += report[shards.WRITTEN]
    empty = [split for split in features.SPLITS if not written[split]]
    if empty:
        raise datasets.DataError(f'{where}: no usable image is left for {", ".join(empty)}.\n{described}')
    _log.info('%s', ', '.join(f'{written[split]} faces for {split}' for split in features.SPLITS))
    if sifted.excluded:
        reasons = ', '.join(f'{count} × {reason}' for reason, count in sifted.excluded.most_common())
        _log.info('%d left out, as the data set asks: %s', sifted.excluded.total(), reasons)
    if bad:
        _log.warning('%d of %d images quarantined (%.1f %%)\n%s', len(bad), total, 100 * fraction, described)


def _describe(bad: list[dict[str, Any]]) -> str:
    """The reasons by frequency, and the first few images."""
    reasons = collections.Counter(line['reason'] for line in bad).most_common(SHOWN)
    lines = ['  ' + ', '.join(f'{count} × {reason}' for reason, count in reasons)]
    lines += [f'  {_place(line)}{line["path"]}: {line["reason"]}' for line in bad[:SHOWN]]
    if len(bad) > SHOWN:
        lines.append(f'  and {len(bad) - SHOWN} more')
    return '\n'.join(lines)


def _place(line: dict[str, Any]) -> str:
    """Where an entry of the quarantine stands in the labels; an image without a label stands nowhere."""
    if not line['file']:
        return ''
    return f'{line["file"]}, row {line["row"]}: ' if line['row'] else f'{line["file"]}: '
