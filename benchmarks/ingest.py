"""Ingestion by FaceExampleGen on Beam against a plain loop that does the same work, and its peak memory.

    python benchmarks/ingest.py [--faces 8000] [--rounds 3] [--size 0] [--json]

The loop reads the labels, loads each image, proves that it decodes and writes its example to a compressed TFRecord: the
least that any ingestion does. FaceExampleGen does so by way of Beam, in one and in two worker processes, start-up and
hand-over included. Figures are medians over the rounds, and ratios are taken within one.

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
from typing import Any

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

from tqdm import tqdm

from cafer_tf import synthesis
from cafer_tf.config import FacesConfig
from pipeline import console

FACES = synthesis.FaceSet(people=16, images_per_person=16, image_size=112)
SMALL_FACES = synthesis.FaceSet(people=16, images_per_person=16, image_size=32)
SMALL, TIMES = 10_000, 10


def spread_out(directory: pathlib.Path, face_set: synthesis.FaceSet, count: int) -> pathlib.Path:
    """A data set of many images: the same rendered faces under many names."""
    source = synthesis.write_face_set(directory / f'rendered-{face_set.image_size}', face_set, progress=False)
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


def measure_speed(root: pathlib.Path, count: int, faces: FacesConfig, rounds: int) -> dict[str, float]:
    """Images a second of each way, and how many times the loop's speed, as medians over the rounds."""
    ways = {
        'loop': lambda out: plain_loop(root, out, faces),
        'one_worker': lambda out: on_beam(root, out, faces, *workers(1)),
        'two_workers': lambda out: on_beam(root, out, faces, *workers(2)),
    }
    measured: list[dict[str, float]] = []
    for number in tqdm(range(rounds + 1), unit='round', desc='speed'):
        speed = {}
        for name, way in ways.items():
            with tempfile.TemporaryDirectory() as out:
                start = time.perf_counter()
                way(pathlib.Path(out) / 'out')
                speed[name] = count / (time.perf_counter() - start)
        ratios = {f'{name}_over_loop': speed[name] / speed['loop'] for name in ('one_worker', 'two_workers')}
        if number:  # the first one imports
            measured.append({**speed, **ratios})
    return {name: statistics.median(values[name] for values in measured) for name in measured[0]}


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


def report(speed: dict[str, float], memory: dict[str, float], count: int) -> None:
    """Prints the table."""
    print(f'{count:,} images of {FACES.image_size} px, {len(os.sched_getaffinity(0))} cores')
    print(f'{"":36} {"images/s":>9} {"of loop":>8}')
    print(f'{"plain loop, one process":36} {speed["loop"]:>9.0f} {1:>8.2f}')
    print(f'{"FaceExampleGen, one worker":36} {speed["one_worker"]:>9.0f} {speed["one_worker_over_loop"]:>8.2f}')
    print(f'{"FaceExampleGen, two workers":36} {speed["two_workers"]:>9.0f} {speed["two_workers_over_loop"]:>8.2f}')
    print(f'{"":36} {"MiB":>9}')
    print(f'{f"peak memory at {SMALL:,} images":36} {memory["peak"]:>9.0f}')
    print(f'{f"peak memory at {SMALL * TIMES:,} images":36} {memory["peak_of_more"]:>9.0f} {memory["growth"]:>+8.1%}')


def main() -> None:
    parser = argparse.ArgumentParser(
        description='Ingestion on Beam against a plain loop.',
        epilog='for example: ingest.py --faces 4000 --rounds 2, or ingest.py --size 96 to re-encode the images',
    )
    parser.add_argument('--faces', type=int, default=8000, help='images of the speed test (default: 8000)')
    parser.add_argument('--rounds', type=int, default=3, help='rounds of the speed test (default: 3)')
    parser.add_argument('--size', type=int, default=0, help='side to re-encode to; 0 passes bytes through (default)')
    parser.add_argument('--json', action='store_true', help='end with one JSON object')
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, console.hush():
        directory = pathlib.Path(name)
        root = spread_out(directory, FACES, options.faces)
        speed = measure_speed(root, options.faces, FacesConfig(size=options.size), options.rounds)
        memory = measure_memory(directory)
    report(speed, memory, options.faces)
    if options.json:
        figures = {name: round(value, 4) for name, value in speed.items()}
        print(
            json.dumps({'faces': options.faces, **figures, 'memory_mib': {k: round(v, 3) for k, v in memory.items()}})
        )


if __name__ == '__main__':
    main()
