"""AFEW-VA: 600 clips of films, every frame labelled.

    001/00000.png …
    001/001.json

A copy may hold the clips one folder deeper (`01/001`), and cut faces in `001_cropped`, beside `001` or instead of it.
Many clips show the same actor; people are told apart by the actor, never by the clip.
"""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from cafer_tf import features
from cafer_tf.datasets import tree, values
from cafer_tf.datasets.records import DataError, FaceRecord, LeftOut

CROPPED = '_cropped'
"""The end of the name of a folder with cut faces."""
LARGEST = 10
"""Labels are whole numbers from -10 to 10."""
POINTS = 68
"""How many landmarks a face has."""

_LONGEST_NUMBER = 9
"""Digits; a longer number of a frame would not fit where frames are counted."""


class _Clip(NamedTuple):
    """A clip on disk.

    Attributes:
        name: of the clip.
        labels: the json.
        folders: where its frames may be; the first that has one counts.
    """

    name: str
    labels: pathlib.Path
    folders: tuple[pathlib.Path, pathlib.Path]


def read_afew_va(root: pathlib.Path) -> Iterator[FaceRecord | LeftOut]:
    """Reads the labels clip by clip, in the order of the folders' names; no split is named.

    Landmarks are those of the uncut frame, so frames from a `_cropped` folder have none.

    Args:
        root: the folder with the clips.

    Yields:
        One item for every labelled frame, and one for every frame without a label: a record, or what is left out; one
        for a json that cannot be understood.

    Raises:
        DataError: there is no clip.
    """
    names: set[str] = set()
    for found in _clips(root, root):
        if isinstance(found, LeftOut):
            yield found
        elif found.name in names:
            yield _left_out(root, found.labels, 'clip again')
        else:
            names.add(found.name)
            yield from _frames(root, found)
    if not names:
        raise DataError(f'{root}: there is no clip such as 001/001.json. Give the folder that holds the clips.')


def _clips(root: pathlib.Path, parent: pathlib.Path, deeper: bool = True) -> Iterator[_Clip | LeftOut]:
    """The clips in a folder, and in the folders of it that are none."""
    for folder in tree.folders(parent):
        name = folder.name.removesuffix(CROPPED)
        other = parent / (name if folder.name != name else f'{name}{CROPPED}')
        jsons, own = tree.files(folder, ('.json',)), folder / f'{name}.json'
        for file in jsons:
            if file != own:
                yield _left_out(root, file, 'json that is not named after its folder')
        has_labels, other_has_labels = own in jsons, os.path.isfile(other / own.name)
        if has_labels and (folder.name == name or not other_has_labels):
            yield _Clip(name, own, (folder, other))
        elif not has_labels and not other_has_labels:
            if tree.files(folder, tree.IMAGE_SUFFIXES):
                yield _left_out(root, folder, 'frames without a json')
            if deeper:
                yield from _clips(root, folder, deeper=False)


def _frames(root: pathlib.Path, clip: _Clip) -> Iterator[FaceRecord | LeftOut]:
    """The frames of one clip, in the order of its json, then those that the json does not name."""
    try:
        subject, frames = _load(root, clip)
    except DataError:
        yield _left_out(root, clip.labels, 'json that cannot be read, or is not UTF-8')
        return
    except _Unusable as error:
        yield _left_out(root, clip.labels, str(error))
        return
    images, file = _images(root, clip), str(clip.labels)
    labels = clip.labels.relative_to(root).as_posix()
    for number, frame in frames.items():
        path = ''
        try:
            if not (number.isascii() and number.isdecimal() and len(number) <= _LONGEST_NUMBER):
                raise _Unusable('name of a frame is not a number')
            path = images.pop(number, '') or f'{clip.labels.parent.relative_to(root).as_posix()}/{number}.png'
            yield _record(path, frame, subject, clip.name, int(number), file)
        except _Unusable as error:
            yield LeftOut(path or labels, str(error), file, damaged=True)
    for path in images.values():
        try:
            yield LeftOut(tree.inside(path), 'frame without a label', file)
        except ValueError:
            yield LeftOut(ascii(path), 'name is not plain text', file, damaged=True)


def _load(root: pathlib.Path, clip: _Clip) -> tuple[str, Mapping[str, object]]:
    """Who a clip shows, and its frames.

    Raises:
        DataError: the json is not readable text.
        _Unusable: it is not the json of a clip.
    """
    try:
        tree.inside(clip.labels.relative_to(root).as_posix())
        values.identifier(features.VIDEO, clip.name)
    except ValueError:
        raise _Unusable('name is not plain text') from None
    text = tree.read_text(clip.labels, 'The clip needs its json.')
    try:
        content = json.loads(text, object_pairs_hook=_without_repetition)
    except (ValueError, RecursionError):
        raise _Unusable('not json, or with a key twice') from None
    if not isinstance(content, dict):
        raise _Unusable('json without an actor')
    actor, frames = content.get('actor'), content.get('frames')
    try:
        subject = values.identifier(features.SUBJECT, str(actor) if type(actor) is int else actor)
    except ValueError:
        raise _Unusable('json without an actor') from None
    if not isinstance(frames, dict) or not frames:
        raise _Unusable('json without frames')
    return subject, frames


def _without_repetition(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError('a key twice')
    return found


def _images(root: pathlib.Path, clip: _Clip) -> dict[str, str]:
    """The images of a clip by the name of their frame, each relative to the root."""
    images: dict[str, str] = {}
    for folder in reversed(clip.folders):
        found: dict[str, str] = {}
        for file in tree.files(folder, tree.IMAGE_SUFFIXES):
            # A second image of a frame keeps its whole name, which is no frame's, so that it is not lost in silence.
            found[file.name if file.stem in found else file.stem] = file.relative_to(root).as_posix()
        images.update(found)
    return images


def _record(path: str, frame: object, subject: str, clip: str, number: int, file: str) -> FaceRecord:
    if not isinstance(frame, dict):
        raise _Unusable('frame without labels')
    is_cut = os.path.dirname(path).endswith(CROPPED)
    landmarks = _landmarks(frame.get('landmarks'))
    return FaceRecord(
        path=path,
        valence=_label(features.VALENCE, frame.get('valence')),
        arousal=_label(features.AROUSAL, frame.get('arousal')),
        subject_id=subject,
        video_id=clip,
        frame_index=number,
        file=file,
        landmarks=None if is_cut else landmarks,
    )


def _label(name: str, value: object) -> float:
    # Anything between whole numbers is of a copy that is on another scale, where dividing would flatten every label.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value not in range(-LARGEST, LARGEST + 1):
        raise _Unusable(f'{name} is not a whole number from -{LARGEST} to {LARGEST}')
    return values.label(name, value / LARGEST)


def _landmarks(listed: object) -> tuple[float, ...] | None:
    if listed is None or listed == []:
        return None
    if not isinstance(listed, list) or len(listed) != POINTS:
        raise _Unusable(f'landmarks are not {POINTS} points')
    if not all(isinstance(point, list) and len(point) == 2 for point in listed):
        raise _Unusable(f'landmarks are not {POINTS} points')
    try:
        return tuple(values.finite('landmark', coordinate) for point in listed for coordinate in point)
    except ValueError:
        raise _Unusable('landmarks are not numbers') from None


class _Unusable(Exception):
    """Why a frame or a clip becomes no example, in the same words for the same reason."""


def _left_out(root: pathlib.Path, path: pathlib.Path, reason: str) -> LeftOut:
    """What is wrong with a file or folder; a name that is not plain text is escaped."""
    relative, whole = path.relative_to(root).as_posix(), str(path)
    if not relative.isprintable():
        relative, whole = ascii(relative), ascii(whole)
    return LeftOut(relative, reason, whole, damaged=True)
