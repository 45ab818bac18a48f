"""Seconds of a training step: the method against plain supervised training of the same network, batch and input.

    python benchmarks/train_step.py [--encoder alexnet] [--batch 64] [--jit] [--json]

Every variant starts from the same seed and trains on one batch that stays in memory, through the compiled function that
`fit` calls for a step, without `fit`'s callbacks. The variants take turns in each round, so that a busy machine slows
all of them, and a different one begins each round. Ratios to the supervised step are taken within a round; their median
is reported, with the quartiles beside it as the spread. Processor time, of all cores together, is printed beside it:
other processes distort it less. Building and tracing the models is not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import joblib
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from cafer_tf import Cafer, Config
from cafer_tf.config.errors import ConfigError
from cafer_tf.config.presets import PRESETS
from cafer_tf.grouping import intensity

SUPERVISED = 'supervised'
VARIANTS: dict[str, tuple[str, list[tuple[str, str]]]] = {
    SUPERVISED: ('supervised', []),
    'shared': ('paper', []),
    'reference': ('paper', [('adversarial.update_order', 'reference')]),
    'published_code': ('published_code', []),
}
"""Each variant's preset, and what it changes of that."""
DESCRIPTIONS = {
    SUPERVISED: 'labels alone',
    'shared': 'paper, one encoder pass',
    'reference': 'paper, the published order',
    'published_code': 'for information',
}
COMPILED = ('supervised', 'shared')
"""The variants that `--jit` runs through XLA as well."""
WARM_UP = 3
LEARNING_RATE = 1e-9
"""So small that every step does the same work on the same weights. At a rate that learns, the published critic's loss,
which has no lower bound, runs away on a batch of noise within a dozen steps, and training stops."""
EXAMPLES = """\
for example:
  train_step.py                                       AlexNet, 64 images of 224 pixels
  train_step.py --encoder compact --rounds 30 --jit   the network of `make run`, with and without XLA
  train_step.py --batch 256 --precision mixed_float16 --json
"""

Step = Callable[[], float]


class Turns(NamedTuple):
    """Seconds a step of a variant, and processor time; one number a round."""

    seconds: list[float]
    processor: list[float]


def configured(variant: str, options: argparse.Namespace) -> Config:
    """The configuration of a variant, whose name ends in `_jit` where XLA compiles it."""
    preset, changes = VARIANTS[variant.removesuffix('_jit')]
    network = [options.encoder] if options.encoder in PRESETS else []
    config = Config.from_preset(preset, *network).with_changes(
        [
            *changes,
            ('network.encoder', options.encoder),
            ('training.batch_size', options.batch),
            ('training.learning_rate', LEARNING_RATE),
            ('training.precision', options.precision),
            ('training.jit_compile', variant.endswith('_jit')),
        ]
    )
    return config.with_changes([('input.image_size', options.image_size)]) if options.image_size else config


def make_batch(batch: int, image_size: int, seed: int = 0) -> tuple[tf.Tensor, tf.Tensor, float]:
    """Noise in the shape of images, labels all over the square, and a threshold that halves them, as training does."""
    generator = np.random.default_rng(seed)
    images = generator.random([batch, image_size, image_size, 3], np.float32)
    labels = generator.uniform(-1, 1, [batch, 2]).astype(np.float32)
    return tf.constant(images), tf.constant(labels), float(np.median(intensity(labels)))


def training_step(config: Config, images: tf.Tensor, labels: tf.Tensor, threshold: float) -> Step:
    """A function that trains for one step and returns the loss, having waited for it."""
    tf.keras.utils.set_random_seed(config.training.seed)
    model = Cafer(config, threshold)
    model.compile()
    function = model.make_train_function()
    batches = iter(tf.data.Dataset.from_tensors((images, labels)).repeat())
    return lambda: float(function(batches)['loss'])


def measure(configs: dict[str, Config], options: argparse.Namespace) -> dict[str, Turns]:
    """Times each variant in turn."""
    names = list(configs)
    batch = make_batch(options.batch, configs[SUPERVISED].input.image_size)
    turns = {name: Turns([], []) for name in names}
    with tqdm(total=len(names) * (options.rounds + 1), unit='run', desc='train_step') as bar:
        steps = {}
        for name, config in configs.items():
            bar.set_postfix_str(f'warm-up, {name}')
            steps[name] = training_step(config, *batch)
            for _ in range(WARM_UP):
                steps[name]()
            bar.update()
        for number in range(options.rounds):
            first = number % len(names)
            for name in [*names[first:], *names[:first]]:
                bar.set_postfix_str(name)
                steps[name]()  # not counted: caches hold what the variant before needed
                start, start_processor = time.perf_counter(), time.process_time()
                for _ in range(options.steps):
                    steps[name]()
                turns[name].seconds.append((time.perf_counter() - start) / options.steps)
                turns[name].processor.append((time.process_time() - start_processor) / options.steps)
                bar.update()
    return turns


def ratios(own: list[float], supervised: list[float]) -> tuple[float, float, float]:
    """Median and quartiles, over the rounds, of a variant's time over that of supervised training."""
    each = [value / plain for value, plain in zip(own, supervised, strict=True)]
    lower, middle, upper = np.quantile(each, [0.25, 0.5, 0.75])
    return float(middle), float(lower), float(upper)


def report(turns: dict[str, Turns], size: int, options: argparse.Namespace) -> None:
    """Prints the table."""
    gpus = len(tf.config.list_physical_devices('GPU'))
    where = f'{gpus} GPU' if gpus else f'{joblib.cpu_count()} cores'
    print(f'{options.encoder} at {size} px, batch {options.batch}, {options.precision}, {where}')
    print(f'{"":42} {"s/step":>8} {"min":>8} {"CPU s":>8} {"images/s":>9} {"ratio":>7} {"quartiles":>13} {"of CPU":>7}')
    supervised = turns[SUPERVISED]
    for name, own in turns.items():
        plain = name.removesuffix('_jit')
        title = f'{plain}: {DESCRIPTIONS[plain]}' + ('; XLA' if name != plain else '')
        median, processor = statistics.median(own.seconds), statistics.median(own.processor)
        middle, lower, upper = ratios(own.seconds, supervised.seconds)
        print(
            f'{title:42} {median:>8.4f} {min(own.seconds):>8.4f} {processor:>8.4f} {options.batch / median:>9.1f} '
            f'{middle:>7.3f} {f"{lower:.3f}-{upper:.3f}":>13} {ratios(own.processor, supervised.processor)[0]:>7.3f}'
        )


def figures(turns: dict[str, Turns], size: int, options: argparse.Namespace) -> dict[str, object]:
    """What `--json` prints."""
    supervised = turns[SUPERVISED]
    compared = {name: own for name, own in turns.items() if name != SUPERVISED}
    ratio = {name: ratios(own.seconds, supervised.seconds) for name, own in compared.items()}
    return {
        **{f'{name}_over_supervised': round(middle, 4) for name, (middle, _, _) in ratio.items()},
        'quartiles': {name: [round(lower, 4), round(upper, 4)] for name, (_, lower, upper) in ratio.items()},
        'processor_time_over_supervised': {
            name: round(ratios(own.processor, supervised.processor)[0], 4) for name, own in compared.items()
        },
        'seconds': {name: round(statistics.median(own.seconds), 5) for name, own in turns.items()},
        'minimum_seconds': {name: round(min(own.seconds), 5) for name, own in turns.items()},
        'encoder': options.encoder,
        'batch': options.batch,
        'image_size': size,
        'precision': options.precision,
        'rounds': options.rounds,
        'steps': options.steps,
        'cores': joblib.cpu_count(),
    }


def positive(text: str) -> int:
    """A number of at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError('must be at least 1')
    return number


def main() -> None:
    parser = argparse.ArgumentParser(
        description='Seconds of a training step of the method, over those of the same network trained on labels alone.',
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--encoder', choices=['alexnet', 'resnet18', 'compact'], default='alexnet')
    parser.add_argument('--batch', type=positive, default=64, help='images of one step, even (default: 64)')
    parser.add_argument(
        '--image-size', type=positive, help='side in pixels (default: 224, and 64 for the compact encoder)'
    )
    parser.add_argument('--rounds', type=positive, default=12, help='turns that each variant has (default: 12)')
    parser.add_argument('--steps', type=positive, default=2, help='steps of a turn (default: 2)')
    parser.add_argument(
        '--precision', choices=['float32', 'mixed_float16', 'mixed_bfloat16'], default='float32', help='of all variants'
    )
    parser.add_argument('--jit', action='store_true', help='two more rows: supervised and shared, compiled by XLA')
    parser.add_argument('--json', action='store_true', help='end with one JSON object')
    options = parser.parse_args()
    names = [*VARIANTS, *(f'{name}_jit' for name in COMPILED if options.jit)]
    try:
        configs = {name: configured(name, options) for name in names}
    except ConfigError as error:
        parser.error(str(error))
    size = configs[SUPERVISED].input.image_size
    turns = measure(configs, options)
    report(turns, size, options)
    if options.json:
        print(json.dumps(figures(turns, size, options)))


if __name__ == '__main__':
    main()
