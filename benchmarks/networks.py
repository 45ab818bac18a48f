"""What the systems of the poster's table cost: parameters, multiply-adds of one image, and images a second in training.

    python benchmarks/networks.py [--image-size 64] [--batch 16] [--rows hasani2020 resnet18] [--json]

Rows are those of `cafer benchmark table`, each at the size of its preset or at another for all. Speeds are those of
`train_on_batch` on one batch that stays in memory; rows take turns in each round, so that a busy machine slows all of
them, and the median of the rounds is shown, with its ratio to `resnet18` where that takes part.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from typing import Any, NamedTuple

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from cafer_tf import Cafer, Config, features
from cafer_tf.comparison_table import DEFAULT_ROWS, ROWS
from cafer_tf.comparison_table.cost import multiply_adds
from cafer_tf.comparison_table.training import device_name, parameters_of

REFERENCE = 'resnet18'
EXAMPLES = """\
for example:
  networks.py                                    all rows at 64 pixels, where two processor cores can train each
  networks.py --image-size 0 --rounds 0          at the size of each preset, without training
"""


class Row(NamedTuple):
    """A row that is measured."""

    model: Cafer
    batch: tuple[np.ndarray, Any]


def make(name: str, image_size: int, batch: int) -> Row:
    """A row's model, and a batch of noise with all targets that it may need."""
    config = Config.from_preset(*ROWS[name].presets)
    if image_size:
        config = config.with_changes([('input.image_size', image_size)])
    model = Cafer(config)
    model.compile(optimizer=tf.keras.optimizers.Adam(1e-9))
    random = np.random.default_rng(0)
    size = config.input.image_size
    images = random.uniform(0, 1, (batch, size, size, 3)).astype(np.float32)
    targets: dict[str, np.ndarray] = {features.LABELS: random.uniform(-1, 1, (batch, 2)).astype(np.float32)}
    if config.compares_people:
        targets[features.PEOPLE] = np.arange(batch) % 4
    if config.finds_faces:
        targets[features.BOXES] = np.tile(np.float32([0.5, 0.5, 0.6]), (batch, 1))
    return Row(model, (images, targets))


def seconds(row: Row, steps: int) -> float:
    """What some steps take."""
    start = time.perf_counter()
    for _ in range(steps):
        row.model.train_on_batch(*row.batch)
    return time.perf_counter() - start


def measure(names: list[str], image_size: int, batch: int, rounds: int, steps: int) -> list[dict[str, Any]]:
    """The costs of rows, and their speeds where there are rounds."""
    rows = {name: make(name, image_size, batch) for name in tqdm(names, desc='networks', unit='row', leave=False)}
    found: dict[str, list[float]] = {name: [] for name in names}
    if rounds:
        for row in rows.values():
            seconds(row, 2)  # builds the graph
    for _ in tqdm(range(rounds), desc='training', unit='round', leave=False):
        for name, row in rows.items():
            found[name].append(batch * steps / seconds(row, steps))
    speeds = {name: statistics.median(values) if values else None for name, values in found.items()}
    return [
        {
            'row': name,
            'image_size': row.model.config.input.image_size,
            'parameters': sum(parameters_of(row.model).values()),
            'multiply_adds': multiply_adds(row.model),
            'images_per_second': speeds[name],
        }
        for name, row in rows.items()
    ]


def table(measured: list[dict[str, Any]]) -> str:
    """The costs, a line a row."""
    reference = next((line['images_per_second'] for line in measured if line['row'] == REFERENCE), None)
    lines = [f'{"":<18}{"pixels":>8}{"parameters":>14}{"mult-adds":>14}{"images/s":>12}{f"of {REFERENCE}":>14}']
    for line in measured:
        speed = line['images_per_second']
        shown = '-' if speed is None else f'{speed:.0f}'
        ratio = '-' if speed is None or reference is None else f'{speed / reference:.2f}'
        costs = f'{line["parameters"] / 1e6:>13.2f}M{line["multiply_adds"] / 1e9:>13.3f}G'
        lines.append(f'{line["row"]:<18}{line["image_size"]:>8}{costs}{shown:>12}{ratio:>14}')
    return '\n'.join(lines)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="What the systems of the poster's table cost.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--rows', nargs='+', choices=list(ROWS), default=list(DEFAULT_ROWS), metavar='ROW')
    parser.add_argument('--image-size', type=int, default=64, help='in pixels; 0 is that of each preset (default: 64)')
    parser.add_argument('--batch', type=int, default=16, help='images of one step (default: 16)')
    parser.add_argument('--rounds', type=int, default=3, help='turns that each row has (default: 3)')
    parser.add_argument('--steps', type=int, default=4, help='steps of a turn (default: 4)')
    parser.add_argument('--json', action='store_true', help='end with one JSON object')
    return parser.parse_args()


def main() -> None:
    options = parse()
    measured = measure(options.rows, options.image_size, options.batch, options.rounds, options.steps)
    print(table(measured))
    trained = f'; trained in batches of {options.batch} on {device_name()}' if options.rounds else ''
    print(f'\nparameters: trainable, of all networks; mult-adds: of one image{trained}')
    if options.json:
        print(json.dumps({'device': device_name(), 'batch': options.batch, 'rows': measured}))


if __name__ == '__main__':
    main()
