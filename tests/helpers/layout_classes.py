"""Data sets for learning a metric on disk; the images are given, and used one after the other."""

import itertools
import pathlib
from collections.abc import Iterable, Sequence

import numpy as np
from scipy import io

CARS_FIELDS = ('relative_im_path', 'bbox_x1', 'bbox_y1', 'bbox_x2', 'bbox_y2', 'class', 'test')


def write_tree(root: pathlib.Path, paths: Iterable[str], images: Sequence[bytes]) -> None:
    """Writes an image to each path."""
    for path, image in zip(paths, itertools.cycle(images)):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(image)


def write_cub200(root: pathlib.Path, images: Sequence[bytes], classes: int = 200, each: int = 2) -> None:
    """CUB-200-2011."""
    bird = [f'{number:03d}.Bird_{number}' for number in range(1, classes + 1)]
    write_tree(
        root / 'CUB_200_2011/images', (f'{name}/{name}_{i:04d}.jpg' for name in bird for i in range(each)), images
    )


def write_cars196(root: pathlib.Path, images: Sequence[bytes], each: int = 2) -> None:
    """Cars196, its images in the order of a shuffle rather than of the classes."""
    classes = np.random.default_rng(0).permutation(np.repeat(np.arange(1, 197), each))
    entries = [(f'car_ims/{number:06d}.jpg', int(label)) for number, label in enumerate(classes, start=1)]
    write_tree(root, (path for path, _ in entries), images)
    write_cars_labels(root, entries)


def write_cars_labels(root: pathlib.Path, entries: Sequence[tuple[object, object]]) -> None:
    """The label file of Cars196, for paths and classes."""
    annotations = np.zeros((1, len(entries)), dtype=[(name, object) for name in CARS_FIELDS])
    for index, (path, label) in enumerate(entries):
        annotations[0, index] = (path, 1, 1, 9, 9, label, 0)
    names = np.array([[f'Car {number}' for number in range(1, 197)]], dtype=object)
    io.savemat(root / 'cars_annos.mat', {'annotations': annotations, 'class_names': names})


def write_omniglot(
    root: pathlib.Path, images: Sequence[bytes], sets: dict[str, Sequence[str]], characters: int = 3, each: int = 2
) -> None:
    """Omniglot, with the alphabets of each of its folders."""
    paths = (
        f'{folder}/{alphabet}/character{character:02d}/{character:04d}_{drawing:02d}.png'
        for folder, alphabets in sets.items()
        for alphabet in alphabets
        for character in range(1, characters + 1)
        for drawing in range(1, each + 1)
    )
    write_tree(root, paths, images)


def write_folders(root: pathlib.Path, images: Sequence[bytes], classes: int = 6, each: int = 4) -> None:
    """A folder for each class, some images in folders below it."""
    paths = (f'class{number}/{"more/" * (i % 2)}{i}.png' for number in range(classes) for i in range(each))
    write_tree(root, paths, images)
