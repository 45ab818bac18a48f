"""Answers of the servable for encoded images: latency and images a second, against a floor without any safety.

    python benchmarks/serving.py [--side 96] [--rounds 20] [--fuzz 0] [--json]

An untrained model is exported and loaded again, and its signature `serving_default` asked for batches of JPEGs of
rendered faces. The floor is the time of the bare network on pixels in memory, plus that of a graph which decodes the
same JPEGs in a loop (`tf.io.decode_image` and `cafer_tf.input.fit`) and fails with the first that is damaged. Another
row is stricter, the same loop and network in one graph, which saves a call; and one has a batch with a truncated image.

All take turns within each round, so that a busy machine slows all of them; ratios are taken within a round, and their
median is reported. The ratio of the shortest times stands beside it: other processes distort it less.

`--fuzz N` sends N damaged images instead: no batch may fail, each image must get a status, and numbers if and only if
TensorFlow decodes it alone.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import statistics
import tempfile
import time
from collections.abc import Callable

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import joblib
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from cafer_tf import Cafer, Config, input, serving, synthesis
from cafer_tf.features import MAX_PIXELS
from cafer_tf.serving import STATUS, STATUSES

CONFIG = Config()
SHAPE = (CONFIG.input.image_size, CONFIG.input.image_size, 3)
BATCHES = {1: 20, 32: 5}
"""Images of a request, and requests of a turn."""
WARM_UP = 10
PLAIN = ('network', 'decoding', 'one_graph')
PARTS = ('network', 'decoding')
ROWS = {
    'servable': 'servable',
    'network': 'bare network on pixels',
    'decoding': 'plain decoding loop',
    'one_graph': 'plain loop and network, one graph',
    'damaged': 'servable, one image truncated',
}
FUZZ_BATCH = 64

Call = Callable[[], object]
Answer = Callable[[tf.Tensor], dict[str, tf.Tensor]]


class Plain(tf.Module):
    """The floor: what answers without looking.

    Args:
        model: the model that is served.
    """

    def __init__(self, model: Cafer) -> None:
        super().__init__()
        self.encoder, self.head = model.encoder, model.head

    @tf.function(input_signature=[tf.TensorSpec([None, *SHAPE], name='pixels')])
    def network(self, pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        return {'predictions': self.head(self.encoder(pixels, training=False), training=False)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name='encoded')])
    def decoding(self, encoded: tf.Tensor) -> dict[str, tf.Tensor]:
        return {'pixels': tf.map_fn(_decode, encoded, fn_output_signature=tf.TensorSpec(SHAPE, tf.float32))}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name='encoded')])
    def one_graph(self, encoded: tf.Tensor) -> dict[str, tf.Tensor]:
        return self.network(self.decoding(encoded)['pixels'])


def _decode(encoded: tf.Tensor) -> tf.Tensor:
    levels = tf.io.decode_image(encoded, channels=3, expand_animations=False)
    return input.fit(tf.cast(levels, tf.float32) / 255, CONFIG.input)


def render(directory: pathlib.Path, side: int) -> list[bytes]:
    """The JPEGs of rendered faces."""
    faces = synthesis.FaceSet(people=8, images_per_person=4, image_size=side)
    root = synthesis.write_face_set(directory / 'faces', faces, progress=False)
    return [path.read_bytes() for path in sorted(root.rglob('*.jpg'))]


def served(model: Cafer, directory: pathlib.Path) -> dict[str, Answer]:
    """The signatures of the exported model and of the floor, which is exported too: a call costs both the same."""
    plain = Plain(model)
    tf.saved_model.save(plain, str(directory / 'plain'), {name: getattr(plain, name) for name in PLAIN})
    loaded = [
        tf.saved_model.load(str(path)) for path in (serving.export(model, directory / 'model'), directory / 'plain')
    ]
    # A signature lives as long as what it was loaded with.
    return {
        name: lambda values, model=model, name=name: model.signatures[name](values)
        for model in loaded
        for name in model.signatures
    }


def measure(model: Cafer, images: list[bytes], directory: pathlib.Path, rounds: int) -> dict[str, dict[str, float]]:
    """By the size of the request: seconds of a request, as median and 99th percentile, and the ratios of a round."""
    answers = served(model, directory)
    return {
        str(count): time_in_turns(calls_for(answers, images[:count]), requests, rounds, f'batch {count}')
        for count, requests in BATCHES.items()
    }


def calls_for(answers: dict[str, Answer], images: list[bytes]) -> dict[str, Call]:
    """What is timed; each waits for the result."""
    encoded = tf.constant(images)
    damaged = tf.constant([*images[:-1], images[-1][: len(images[-1]) // 2]])
    pixels = answers['decoding'](encoded)['pixels']
    status = np.ravel(answers['serving_default'](damaged)[STATUS])
    assert status.tolist() == [0] * (len(images) - 1) + [4], status
    asked = {'servable': ('serving_default', encoded), 'damaged': ('serving_default', damaged)}
    asked |= {'network': ('network', pixels), **{name: (name, encoded) for name in ('decoding', 'one_graph')}}
    return {
        title: lambda name=name, values=values: [value.numpy() for value in answers[name](values).values()]
        for title, (name, values) in asked.items()
    }


def time_in_turns(calls: dict[str, Call], requests: int, rounds: int, title: str) -> dict[str, float]:
    """Times each call in turn.

    Args:
        calls: by name, in the order of the first round; another one begins each round.
        requests: of a turn.
        rounds: how many turns each has.
        title: of the bar.
    """
    names = list(calls)
    for call in calls.values():
        for _ in range(WARM_UP):
            call()
    seconds: dict[str, list[float]] = {name: [] for name in names}
    ratios: dict[str, list[float]] = {name: [] for name in ('over_floor', 'over_one_graph', 'damaged_over_servable')}
    for number in tqdm(range(rounds), unit='round', desc=title):
        first = number % len(names)
        middle = {}
        for name in [*names[first:], *names[:first]]:
            calls[name]()  # not counted: caches hold what the one before needed
            turn = [timed(calls[name]) for _ in range(requests)]
            seconds[name] += turn
            middle[name] = statistics.median(turn)
        ratios['over_floor'].append(middle['servable'] / sum(middle[part] for part in PARTS))
        ratios['over_one_graph'].append(middle['servable'] / middle['one_graph'])
        ratios['damaged_over_servable'].append(middle['damaged'] / middle['servable'])
    figures = {name: statistics.median(values) for name, values in ratios.items()}
    for name, values in seconds.items():
        figures[f'{name}_p50'], figures[f'{name}_p99'] = np.quantile(values, [0.5, 0.99]).tolist()
        figures[f'{name}_min'] = min(values)
    figures['over_floor_min'] = figures['servable_min'] / sum(figures[f'{part}_min'] for part in PARTS)
    return figures


def timed(call: Call) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def damage(data: bytes, generator: np.random.Generator) -> bytes:
    """An image with a few bytes changed, cut out, put in or repeated, most often near its start, or cut short."""
    changed = bytearray(data)
    for _ in range(generator.integers(1, 5)):
        reach = len(changed) if generator.random() < 0.5 else min(len(changed), 700)
        start = int(generator.integers(0, reach + 1))
        length = int(generator.choice([0, 1, 1, 2, 4, 40]))
        kind = generator.integers(4)
        if kind == 0:
            changed[start : start + length] = generator.bytes(length)
        elif kind == 1:
            changed[start : start + length] = bytes(changed[start : start + length]) * 2
        elif kind == 2:
            changed[start : start + length] = generator.choice([b'', b'\xff', b'\x00\x00', b'\xff\xd9', b'\xff\xda'])
        elif generator.random() < 0.3:
            del changed[start:]
    return bytes(changed)


def fuzz(model: Cafer, images: list[bytes], directory: pathlib.Path, count: int) -> dict[str, int]:
    """Sends damaged images; returns how often each status was the answer, and the longest request in milliseconds."""
    answer, generator, longest = served(model, directory)['serving_default'], np.random.default_rng(0), 0.0
    kinds = [*images[:4], *map(encode_again, images[:4])]
    found = dict.fromkeys(STATUSES, 0)
    with tqdm(total=count, unit='image', desc='fuzz') as bar:
        while bar.n < count:
            batch = [damage(kinds[generator.integers(len(kinds))], generator) for _ in range(FUZZ_BATCH)]
            start = time.perf_counter()
            outputs = {name: np.ravel(value) for name, value in answer(tf.constant(batch)).items()}
            longest = max(longest, time.perf_counter() - start)
            for data, status, valence in zip(batch, outputs[STATUS], outputs['valence'], strict=True):
                found[STATUSES[status]] += 1
                assert np.isfinite(valence) == (status == 0) == alone(data), (status, valence, data)
            bar.update(len(batch))
    return {**found, 'longest_request_ms': round(1000 * longest)}


def encode_again(jpeg: bytes) -> bytes:
    """The image as a PNG."""
    return bytes(tf.io.encode_png(tf.io.decode_jpeg(jpeg)).numpy())


def alone(data: bytes) -> bool:
    """Whether TensorFlow decodes an image by itself, as JPEG or PNG and no larger than what is served."""
    if not data.startswith(b'\xff\xd8\xff') and not (data.startswith(b'\x89PNG\r\n\x1a\n') and data[12:16] == b'IHDR'):
        return False
    try:
        shape = tf.io.decode_image(data, channels=3, expand_animations=False).shape
    except tf.errors.OpError:
        return False
    return bool(shape[0] * shape[1] <= MAX_PIXELS)


def report(figures: dict[str, dict[str, float]], side: int) -> None:
    """Prints the table."""
    print(f'JPEGs of {side} px, {CONFIG.network.encoder} at {SHAPE[0]} px, {joblib.cpu_count()} cores')
    print(f'{"":36} {"batch":>5} {"min, ms":>8} {"p50, ms":>8} {"p99, ms":>8} {"images/s":>9}')
    for batch, found in figures.items():
        for name, title in ROWS.items():
            least, middle, last = (1000 * found[f'{name}_{which}'] for which in ('min', 'p50', 'p99'))
            rate = 1000 * int(batch) / middle
            print(f'{title:36} {batch:>5} {least:>8.2f} {middle:>8.2f} {last:>8.2f} {rate:>9.0f}')
        ratios = (found[name] for name in ('over_floor', 'over_floor_min', 'over_one_graph', 'damaged_over_servable'))
        print(
            '  servable over the floor {:.3f} (shortest times: {:.3f}), over one graph {:.3f}; '
            'with one truncated image {:.2f} times as long'.format(*ratios)
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description='Latency of the servable over that of a plain decoding loop and the bare network.',
        epilog='for example: serving.py --side 512, or serving.py --fuzz 20000',
    )
    parser.add_argument('--side', type=int, default=96, help='of the JPEGs, in pixels (default: 96)')
    parser.add_argument('--rounds', type=int, default=20, help='turns that each has (default: 20)')
    parser.add_argument('--fuzz', type=int, default=0, metavar='N', help='send N damaged images instead')
    parser.add_argument('--json', action='store_true', help='end with one JSON object')
    options = parser.parse_args()
    tf.keras.utils.set_random_seed(0)
    model = Cafer(CONFIG, threshold=0.5)
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        images = render(directory, options.side)
        if options.fuzz:
            counts = fuzz(model, images, directory, options.fuzz)
            print('\n'.join(f'{title:22} {count:>7}' for title, count in counts.items()))
            figures = {'fuzz': counts}
        else:
            figures = measure(model, images, directory, options.rounds)
            report(figures, options.side)
    if options.json:
        rounded = {batch: {k: round(v, 5) for k, v in found.items()} for batch, found in figures.items()}
        print(json.dumps({'side': options.side, 'cores': joblib.cpu_count(), **rounded}))


if __name__ == '__main__':
    main()
