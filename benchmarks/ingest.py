"""Ingestion by FaceExampleGen on Beam against a plain loop that does the same work, and its peak memory.

    python benchmarks/ingest.py [--faces 8000] [--rounds 3] [--size 96] [--json]

The loop reads the labels, loads each image, proves that it decodes, crops and encodes it again (with `--size 0` it
keeps the bytes) and writes its example to a compressed TFRecord. FaceExampleGen does so by way of Beam, in one and in
two worker processes. Worker processes take seconds to start, however many images there are, so each way ingests all
images and a quarter of them: the difference gives images a second without the start-up, which is printed beside it, as
is the speed with it. Figures are medians over the rounds, and ratios are taken within one.

The last figures are the peak memory of a process that ingests 10,000 small images, and ten times as many.
"""

from __future__ import annotations

import argparse
import csv
import json
import multiprocessing
import os
import pathlib
import statistics
import tempfile
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import joblib
from tqdm import tqdm

from cafer_tf import synthesis
from cafer_tf.config import FacesConfig
from pipeline import console

FACES = synthesis.FaceSet(people=16, images_per_person=16, image_size=256)
SMALL_FACES = synthesis.FaceSet(people=16, images_per_person=16, image_size=32)
SMALL, TIMES = 10_000, 10


def spread_out(directory: pathlib.Path, face_set: synthesis.FaceSet, count: int) -> pathlib.Path:
    """A data set of many images: the same rendered faces under many names."""
    source = synthesis.write_face_set(directory / f'rendered-{face_set.image_size}-{count}', face_set, progress=False)
    with (source / 'labels.csv').open(newline='') as stream:
        rows = list(csv.DictReader(stream))
    root = directory / f'faces-{face_set.image_size}-{count}'
    root.mkdir()
    with (root / 'labels.csv').open('w', newline='') as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        for number in range(count):
            row = rows[number % len(rows)]
            path = f'{number // 1000:04d}/{number:07d}{pathlib.Path(row["path"]).suffix}'
            (root / path).parent.mkdir(exist_ok=True)
            os.link(source / row['path'], root / path)
            writer.writerow({**row, 'path': path})
    return root


def plain_loop(root: pathlib.Path, out: pathlib.Path, faces: FacesConfig) -> None:
    """Writes the examples of a data set in one process, without Beam."""
    import tensorflow as tf

    from cafer_tf import datasets
    from cafer_tf.examples import load_example

    out.mkdir(parents=True)
    with tf.io.TFRecordWriter(str(out / 'all.gz'), 'GZIP') as writer:
        for record in datasets.read('csv', root).records:
            example = load_example(record, 'csv', root, faces)
            writer.write(example.SerializeToString(deterministic=True))


def on_beam(root: pathlib.Path, out: pathlib.Path, faces: FacesConfig, *beam_args: str) -> None:
    """Writes the same examples by the component."""
    import dataclasses

    from tfx.dsl.components.base import base_beam_executor
    from tfx.types import standard_artifacts

    from pipeline.components.face_example_gen import component, executor

    examples, quarantine = standard_artifacts.Examples(), component.FaceQuarantine()
    for artifact, name in ((examples, 'examples'), (quarantine, 'quarantine')):
        artifact.uri = str(out / name)
        (out / name).mkdir(parents=True)
    context = base_beam_executor.BaseBeamExecutor.Context(
        beam_pipeline_args=list(beam_args), tmp_dir=str(out / 'tmp'), unique_id='1'
    )
    properties: dict[str, Any] = {
        'layout': 'csv',
        'root': str(root),
        'seed': 0,
        'fold': '',
        'faces': json.dumps(dataclasses.asdict(faces)),
        'max_bad_fraction': 0.0,
        'faces_per_shard': 1024,
        'quarantine_file': str(out / 'quarantine.jsonl'),
    }
    executor.Executor(context).Do({}, {'examples': [examples], 'quarantine': [quarantine]}, properties)


def workers(count: int) -> tuple[str, str]:
    """Beam's arguments for worker processes."""
    return '--direct_running_mode=multi_processing', f'--direct_num_workers={count}'


def measure_speed(roots: dict[int, pathlib.Path], faces: FacesConfig, rounds: int) -> dict[str, float]:
    """Of each way, as medians over the rounds: images a second without and with the start-up, and its seconds.

    Args:
        roots: a data set by the number of its images, the smaller first.
        faces: what is done to the images.
        rounds: how often, after a first time that imports and is not counted.
    """
    ways = {
        'loop': lambda root, out: plain_loop(root, out, faces),
        'one_worker': lambda root, out: on_beam(root, out, faces, *workers(1)),
        'two_workers': lambda root, out: on_beam(root, out, faces, *workers(2)),
    }
    few, many = roots
    measured: list[dict[str, float]] = []
    for number in tqdm(range(rounds + 1), unit='round', desc='speed'):
        figures: dict[str, float] = {}
        for name, way in ways.items():
            seconds = {count: timed(way, root) for count, root in roots.items()}
            steady = (many - few) / (seconds[many] - seconds[few])
            figures |= {
                f'{name}_steady': steady,
                f'{name}_start': seconds[few] - few / steady,
                f'{name}_all': many / seconds[many],
            }
        for name in ('one_worker', 'two_workers'):
            for kind in ('steady', 'all'):
                figures[f'{name}_{kind}_over_loop'] = figures[f'{name}_{kind}'] / figures[f'loop_{kind}']
        if number:
            measured.append(figures)
    return {name: statistics.median(figures[name] for figures in measured) for name in measured[0]}


def timed(way: Callable[[pathlib.Path, pathlib.Path], None], root: pathlib.Path) -> float:
    """Seconds of one way with one data set."""
    with tempfile.TemporaryDirectory() as out:
        start = time.perf_counter()
        way(root, pathlib.Path(out) / 'out')
        return time.perf_counter() - start


def measure_memory(directory: pathlib.Path) -> dict[str, float]:
    """Peak memory of the component for some and for many more small images, in MiB."""
    peaks = []
    for count in tqdm((SMALL, SMALL * TIMES), unit='size', desc='memory'):
        root = spread_out(directory / str(count), SMALL_FACES, count)
        # A process of its own, and a fresh one: a peak never goes down again.
        with multiprocessing.get_context('spawn').Pool(1) as pool:
            peaks.append(pool.apply(peak_memory, (str(root), str(directory / f'out-{count}'))))
    return {'peak': peaks[0], 'peak_of_more': peaks[1], 'growth': peaks[1] / peaks[0] - 1}


def peak_memory(root: str, out: str) -> float:
    """The most memory, in MiB, that this process has held after ingesting a data set in itself."""
    with console.hush():
        on_beam(
            pathlib.Path(root),
            pathlib.Path(out),
            FacesConfig(),
            '--direct_running_mode=in_memory',
            '--direct_num_workers=1',
        )
    status = dict(line.split(':', 1) for line in pathlib.Path('/proc/self/status').read_text().splitlines())
    return int(status['VmHWM'].split()[0]) / 1024


def report(speed: dict[str, float], memory: dict[str, float], count: int, size: int) -> None:
    """Prints the table."""
    kept = f'encoded again at {size} px' if size else 'kept as they are'
    print(f'{count:,} images of {FACES.image_size} px, {kept}; {joblib.cpu_count()} cores')
    print(f'{"":30} {"images/s":>9} {"of loop":>8} {"start, s":>9} {"with it":>9} {"of loop":>8}')
    for name, title in (
        ('loop', 'plain loop, one process'),
        ('one_worker', 'FaceExampleGen, one worker'),
        ('two_workers', 'FaceExampleGen, two workers'),
    ):
        steady, all_of_it = (speed.get(f'{name}_{kind}_over_loop', 1) for kind in ('steady', 'all'))
        print(
            f'{title:30} {speed[f"{name}_steady"]:>9.0f} {steady:>8.2f} {speed[f"{name}_start"]:>9.1f} '
            f'{speed[f"{name}_all"]:>9.0f} {all_of_it:>8.2f}'
        )
    print(f'{"":30} {"MiB":>9}')
    print(f'{f"peak memory, {SMALL:,} images":30} {memory["peak"]:>9.0f}')
    print(f'{f"peak memory, {SMALL * TIMES:,} images":30} {memory["peak_of_more"]:>9.0f} {memory["growth"]:>+8.1%}')


def main() -> None:
    parser = argparse.ArgumentParser(
        description='Ingestion on Beam against a plain loop.',
        epilog='for example: ingest.py --faces 4000 --rounds 1, or ingest.py --size 0 --faces 40000 to keep the bytes',
    )
    parser.add_argument('--faces', type=int, default=8000, help='images of the speed test (default: 8000)')
    parser.add_argument('--rounds', type=int, default=3, help='rounds of the speed test (default: 3)')
    parser.add_argument(
        '--size', type=int, default=96, help='side to crop and encode to; 0 keeps the bytes (default: 96)'
    )
    parser.add_argument('--json', action='store_true', help='end with one JSON object')
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, console.hush():
        directory = pathlib.Path(name)
        roots = {count: spread_out(directory, FACES, count) for count in (options.faces // 4, options.faces)}
        speed = measure_speed(roots, FacesConfig(size=options.size), options.rounds)
        memory = measure_memory(directory)
    report(speed, memory, options.faces, options.size)
    if options.json:
        figures = {name: round(value, 4) for name, value in speed.items()}
        print(
            json.dumps({'faces': options.faces, **figures, 'memory_mib': {k: round(v, 3) for k, v in memory.items()}})
        )


if __name__ == '__main__':
    main()
