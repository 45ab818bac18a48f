"""Images of classes in memory, parted by class, and balanced batches of them."""

from __future__ import annotations

import hashlib
import io
import os
import pathlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps
from tqdm import tqdm

from cafer_tf import datasets
from cafer_tf.datasets.classes import ClassRecord, read_classes
from cafer_tf.datasets.splits import TRAIN

_MODES = {1: 'L', 3: 'RGB'}


class ClassImages(NamedTuple):
    """Images and their classes.

    Attributes:
        images: `[n, size, size, channels]` uint8. Grey ones are drawings: 0 is paper, 255 is ink.
        labels: `[n]` int64, numbers of classes.
    """

    images: np.ndarray
    labels: np.ndarray


class ClassData(NamedTuple):
    """A data set, whose test classes are others than its training classes.

    Attributes:
        train: what there is to train on, and to choose the epoch by.
        test: what figures are reported of.
        fingerprint: of the list of images and classes.
        notes: what a user should know about how it was read.
    """

    train: ClassImages
    test: ClassImages
    fingerprint: str
    notes: tuple[str, ...]


def load_classes(layout: str, root: str | os.PathLike[str], size: int, channels: int) -> ClassData:
    """Reads a data set into memory: `n · size² · channels` bytes.

    Args:
        layout: of classes, such as `omniglot`.
        root: the folder of the data set.
        size: side of the images, which are shrunk to it, the longer side cut to that of a square.
        channels: 1 for drawings, 3 for photographs.

    Raises:
        DataError: the layout, the folder or an image is not what it should be.
    """
    listing = read_classes(layout, pathlib.Path(root))
    records = sorted(listing.records, key=lambda record: (record.split != TRAIN, record.label, record.path))
    # Made before it is filled, and parted by slices: some data sets fill half of a machine's memory.
    images = np.empty((len(records), size, size, channels), np.uint8)
    for index, record in enumerate(tqdm(records, unit='image', desc='reading', disable=None, leave=False)):
        images[index] = _load(pathlib.Path(root) / record.path, size, channels)
    train = sum(record.split == TRAIN for record in records)
    parts = [_part(images, records, rows) for rows in (slice(train), slice(train, None))]
    listed = '\n'.join(f'{record.split} {record.label} {record.path}' for record in records)
    fingerprint = hashlib.sha256(listed.encode()).hexdigest()[:16]
    notes = listing.notes
    if damaged := [item for item in listing.left_out if item.damaged]:
        notes = (*notes, f'{len(damaged)} images left out, the first {damaged[0].path}: {damaged[0].reason}')
    return ClassData(parts[0], parts[1], fingerprint, notes)


def part_classes(data: ClassImages, fraction: float, seed: int) -> tuple[ClassImages, ClassImages]:
    """Parts the classes of a data set in two.

    Args:
        data: at least four classes.
        fraction: of the classes, rounded, that make the second part; neither part is left with fewer than two, since
            among images of one class every neighbour is the right one.
        seed: of the draw of classes.

    Returns:
        The first part, its classes numbered anew from 0 so that each can have a proxy; and the second.

    Raises:
        DataError: fewer than four classes, or a second part in which no class has two images.
    """
    classes = np.unique(data.labels)
    if len(classes) < 4:
        raise datasets.DataError(
            f'training needs four classes or more, two of them to choose the epoch by; there are {len(classes)}'
        )
    count = min(max(round(len(classes) * fraction), 2), len(classes) - 2)
    chosen = np.random.default_rng(seed).choice(classes, count, replace=False)
    second = np.isin(data.labels, chosen)
    if np.unique(data.labels[second], return_counts=True)[1].max() < 2:
        raise datasets.DataError(
            f'the {count} classes to choose the epoch by have one image each, so that none has a neighbour of its class'
        )
    labels = np.unique(data.labels[~second], return_inverse=True)[1].astype(np.int64)
    return ClassImages(data.images[~second], labels), ClassImages(data.images[second], data.labels[second])


def balanced_batches(labels: np.ndarray, classes: int, each: int, seed: int) -> Iterator[np.ndarray]:
    """Rows of batches without end: some classes, and as many images of each.

    Every class comes once before any comes again; its images are drawn without replacement, or with it where it has too
    few.

    Args:
        labels: `[n]`.
        classes: of a batch; all there are, where there are fewer.
        each: images of each class.
        seed: the same seed, the same batches.

    Yields:
        `[classes · each]` int64, the images of a class together.
    """
    generator = np.random.default_rng(seed)
    members = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    classes = min(classes, len(members))
    waiting: list[int] = []
    while True:
        batch = waiting[:classes]
        waiting = waiting[classes:]
        if len(batch) < classes:
            order = generator.permutation(len(members))
            # Those that this batch has already wait for the next round's end.
            order = np.concatenate([order[~np.isin(order, batch)], order[np.isin(order, batch)]])
            missing = classes - len(batch)
            batch, waiting = [*batch, *order[:missing]], list(order[missing:])
        yield np.concatenate(
            [generator.choice(members[index], each, replace=len(members[index]) < each) for index in batch]
        )


def _load(path: pathlib.Path, size: int, channels: int) -> np.ndarray:
    try:
        data = datasets.load_image(path)
        datasets.check_image(data)
    except datasets.UnusableImage as error:
        raise datasets.DataError(f'{path}: {error}. Replace the image or take it away.') from None
    with Image.open(io.BytesIO(data)) as image:
        fitted = ImageOps.fit(image.convert(_MODES[channels]), (size, size), Image.Resampling.BICUBIC)
    pixels = np.asarray(fitted).reshape(size, size, channels)
    return 255 - pixels if channels == 1 else pixels


def _part(images: np.ndarray, records: Sequence[ClassRecord], rows: slice) -> ClassImages:
    names = [record.label for record in records[rows]]
    return ClassImages(images[rows], np.unique(names, return_inverse=True)[1].astype(np.int64))
