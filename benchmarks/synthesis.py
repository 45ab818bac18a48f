"""Images per second and core of the face generator, from the sampled emotion to the encoded JPEG.

    python benchmarks/synthesis.py [--images 200] [--json]

One process renders without threads. Compilation and the making of the persons are warm-up and excluded; a person takes
about as long as a few images and is made once for all of them.
"""

from __future__ import annotations

import argparse
import json
import time

from cafer_tf.synthesis import FaceSet, make_person
from cafer_tf.synthesis.population import render_sample

SIZES = (64, 96, 112)
PEOPLE = 10


def measure(size: int, images: int) -> float:
    """Images per second of CPU time, which other processes on the machine do not distort much."""
    face_set = FaceSet(people=PEOPLE, image_size=size)
    people = [make_person(face_set.seed, index) for index in range(PEOPLE)]
    for index, person in enumerate(people):
        render_sample(face_set, person, index, 0)
    start = time.process_time()
    for image in range(images):
        render_sample(face_set, people[image % PEOPLE], image % PEOPLE, 1 + image // PEOPLE)
    return images / (time.process_time() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description='Images per second and core of the face generator.')
    parser.add_argument('--images', type=int, default=300, help='images rendered at each size')
    parser.add_argument('--json', action='store_true', help='end with one JSON object')
    options = parser.parse_args()
    print(f'{"size":>6} {"images/s/core":>14} {"ms/image":>9}')
    rates = {}
    for size in SIZES:
        rates[size] = measure(size, options.images)
        print(f'{size:>6} {rates[size]:>14.1f} {1000 / rates[size]:>9.2f}')
    if options.json:
        print(json.dumps({'images_per_second_and_core': {str(size): round(rate, 1) for size, rate in rates.items()}}))


if __name__ == '__main__':
    main()
