"""Training from TFRecords against training on tensors in memory, for the paper's AlexNet at 224 px.

    python benchmarks/input_pipeline.py [--records 'faces/*.gz'] [--batch 64] [--rounds 5] [--json]

The same training step is timed on one batch that stays in memory and on batches from TFRecords with every augmentation,
in turn, so that a busy machine slows both; each round drops the first steps, in which batches are used up that were
prepared while the other half of the round ran. Figures are medians over the rounds, and ratios are taken within one.

Step and input share the processor's cores. What no input can avoid is to decode the images, so the floor of a step
from TFRecords is the step on tensors plus the time in which all cores, otherwise idle, decode as many of the same
images and do nothing else. Processor time is printed beside it: other processes distort it less.

The last figures are the peak memory of a process that reads a whole epoch without a model: 10,000 examples, which fill
the shuffle buffers, against four times as many.
"""

from __future__ import annotations

import argparse
import itertools
import json
import multiprocessing
import os
import pathlib
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import joblib
import tensorflow as tf
from tqdm import tqdm

from cafer_tf import Cafer, Config, examples, input, synthesis
from cafer_tf.grouping import intensity, otsu_threshold
from cafer_tf.input import images, records

FACES = synthesis.FaceSet(people=16, images_per_person=32, image_size=256)
SMALL_FACES = synthesis.FaceSet(people=8, images_per_person=32, image_size=64)
STEPS, DROPPED = 6, 3
EXAMPLES, TIMES = 10_000, 4


def render(directory: pathlib.Path, face_set: synthesis.FaceSet) -> list[str]:
    """The TFRecords of a rendered face set."""
    faces = synthesis.write_face_set(directory / 'faces', face_set)
    return list(examples.write_examples('csv', faces, directory / 'records').values())


def threshold_of(files: list[str]) -> float:
    """Otsu's threshold of TFRecords."""
    return otsu_threshold(intensity(input.read_labels(files)))


def measure_speed(files: list[str], batch: int, rounds: int) -> dict[str, float]:
    """Seconds of a step on tensors, from TFRecords and of decoding alone, and the ratios of a round, as medians."""
    config = Config.from_preset('paper', 'alexnet').with_changes([('training.batch_size', batch)])
    threshold = threshold_of(files)
    model = Cafer(config, threshold)
    model.compile()
    step = model.make_train_function()
    from_records = iter(input.training_dataset(files, config, threshold))
    on_tensors = iter(tf.data.Dataset.from_tensors(next(from_records)).repeat())
    decoded = decoding(files, batch)
    measured: list[dict[str, float]] = []
    for number in tqdm(range(rounds + 1), unit='round', desc='speed'):
        runs = {
            'tensors': lambda: step(on_tensors),
            'records': lambda: step(from_records),
            'decode': lambda: next(decoded),
        }
        seconds = {}
        for name, run in runs.items():
            seconds[name], seconds[f'{name}_cpu'] = seconds_each(run)
        floor = seconds['tensors'] + seconds['decode']
        ratios = {
            'records_over_tensors': seconds['tensors'] / seconds['records'],
            'floor_over_tensors': seconds['tensors'] / floor,
            'fraction_of_floor': floor / seconds['records'],
        }
        if number:  # the first one traces
            measured.append({**seconds, 'floor': floor, **ratios})
    return {name: statistics.median(values[name] for values in measured) for name in measured[0]}


def decoding(files: list[str], batch: int) -> Iterator[tf.Tensor]:
    """Decodes encoded images that are in memory, on all cores, a batch for each `next`."""
    encoded = records.read(records.find(files)).batch(batch).map(lambda serialised: records.parse(serialised)[0])
    cores = joblib.cpu_count()
    decoded = encoded.unbatch().cache().repeat().map(images.decode_levels, num_parallel_calls=cores)
    # The sum of a corner looks at every image without copying it, as a batch would.
    return iter(decoded.map(lambda levels: tf.reduce_sum(tf.cast(levels[:1, :1], tf.int32))).batch(batch))


def seconds_each(run: Callable[[], object]) -> tuple[float, float]:
    """Seconds and processor time that each of some calls takes, after others that are not counted."""
    for _ in range(DROPPED):
        run()
    start, start_cpu = time.perf_counter(), time.process_time()
    for _ in range(STEPS):
        run()
    return (time.perf_counter() - start) / STEPS, (time.process_time() - start_cpu) / STEPS


def measure_memory(files: list[str], directory: pathlib.Path) -> dict[str, float]:
    """Peak memory of reading an epoch of many and of more examples, in MiB, and what all of those weigh."""
    serialised = list(records.read(records.find(files)).as_numpy_iterator())
    threshold = threshold_of(files)
    peaks = []
    for count in tqdm((EXAMPLES, TIMES * EXAMPLES), unit='size', desc='memory'):
        path = directory / f'{count}.tfrecord'
        with tf.io.TFRecordWriter(str(path)) as writer:
            for example in itertools.islice(itertools.cycle(serialised), count):
                writer.write(example)
        # A process of its own, and a fresh one: a peak never goes down again.
        with multiprocessing.get_context('spawn').Pool(1) as pool:
            peaks.append(pool.apply(peak_memory, (str(path), threshold, count)))
        size = path.stat().st_size / 2**20
    return {'peak': peaks[0], 'peak_of_more': peaks[1], 'growth': peaks[1] - peaks[0], 'records_of_more': size}


def peak_memory(path: str, threshold: float, count: int) -> float:
    """The most memory, in MiB, that this process has held after an epoch of training batches."""
    config = Config.from_dict({'input': {'image_size': 56, 'crop': 0.125}})
    for _ in input.training_dataset([path], config, threshold).take(count // config.training.batch_size):
        pass
    status = dict(line.split(':') for line in pathlib.Path('/proc/self/status').read_text().splitlines())
    return int(status['VmHWM'].split()[0]) / 1024


def report(speed: dict[str, float], memory: dict[str, float], batch: int) -> None:
    """Prints the table."""
    print(f'AlexNet at 224 px, batch {batch}, {joblib.cpu_count()} cores')
    print(f'{"":44} {"s/step":>8} {"CPU s":>8}')
    print(f'{"step on tensors in memory":44} {speed["tensors"]:>8.3f} {speed["tensors_cpu"]:>8.3f}')
    print(f'{"step from TFRecords":44} {speed["records"]:>8.3f} {speed["records_cpu"]:>8.3f}')
    print(f'{"decoding alone":44} {speed["decode"]:>8.3f} {speed["decode_cpu"]:>8.3f}')
    print(f'{"floor: step on tensors + decoding":44} {speed["floor"]:>8.3f}')
    print(f'{"":44} {"ratio":>8}')
    print(f'{"speed from TFRecords / on tensors":44} {speed["records_over_tensors"]:>8.3f}')
    print(f'{"speed at the floor / on tensors":44} {speed["floor_over_tensors"]:>8.3f}')
    print(f'{"fraction of the floor reached":44} {speed["fraction_of_floor"]:>8.3f}')
    print(f'{"":44} {"MiB":>8}')
    print(f'{f"peak memory at {EXAMPLES:,} examples":44} {memory["peak"]:>8.0f}')
    print(f'{f"peak memory at {TIMES * EXAMPLES:,} examples":44} {memory["peak_of_more"]:>8.0f}')
    print(f'{f"what {TIMES * EXAMPLES:,} examples weigh":44} {memory["records_of_more"]:>8.0f}')


def main() -> None:
    parser = argparse.ArgumentParser(
        description='Training from TFRecords against training on tensors in memory (AlexNet, 224 px).',
        epilog="for example: input_pipeline.py --rounds 3, or input_pipeline.py --records 'records/*.gz' --batch 128",
    )
    parser.add_argument('--records', metavar='PATTERN', help='TFRecords to train from; without it, faces are rendered')
    parser.add_argument('--batch', type=int, default=64, help='images of one step, even (default: 64)')
    parser.add_argument('--rounds', type=int, default=5, help='rounds of each measurement (default: 5)')
    parser.add_argument('--json', action='store_true', help='end with one JSON object')
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        files = [options.records] if options.records else render(directory / 'faces', FACES)
        speed = measure_speed(files, options.batch, options.rounds)
        memory = measure_memory(render(directory / 'small', SMALL_FACES), directory)
    report(speed, memory, options.batch)
    if options.json:
        figures = {name: round(value, 4) for name, value in speed.items()}
        print(
            json.dumps({'batch': options.batch, **figures, 'memory_mib': {k: round(v, 1) for k, v in memory.items()}})
        )


if __name__ == '__main__':
    main()
