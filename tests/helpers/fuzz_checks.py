"""What must hold of whatever a reader makes of a data set, sound or not."""

import json
import os
import pathlib
import re
from collections.abc import Sequence

from cafer_tf.datasets import (
    LAYOUTS,
    ClassRecord,
    DataError,
    FaceRecord,
    LeftOut,
    fingerprint,
    plan,
    read_classes,
    stream,
)

Item = FaceRecord | ClassRecord | LeftOut

CSV = {'csv', 'affectnet_csv'}
"""The layouts whose label files are CSV."""
INT64 = range(-(2**63), 2**63)


def check(layout: str, root: pathlib.Path) -> tuple[list[Item], str]:
    """Reads a data set twice; every item and error must be sound, and usable by what comes next.

    Returns:
        The items, and the message of the error that ended them, if one did.
    """
    items, message = _read(layout, root)
    assert (items, message) == _read(layout, root)
    assert not message or str(root) in message
    check_message(message)
    for item in items:
        check_item(item, root)
    if layout in LAYOUTS:
        assert fingerprint(items, root)
        _check_plan(layout, root, items, message)
    return items, message


def check_message(message: str) -> None:
    """An error can be shown on a terminal, and read there."""
    assert message.replace('\n', '').isprintable()
    assert len(message) < 20_000


def check_item(item: Item, root: pathlib.Path) -> None:
    """An item can be written down, and a record trained on without a further look."""
    assert json.loads(json.dumps(vars(item), allow_nan=False, ensure_ascii=False).encode())
    assert all(value.isprintable() for value in vars(item).values() if isinstance(value, str))
    assert item.path
    if isinstance(item, LeftOut):
        assert item.reason
        assert item.row >= 0
        return
    assert not os.path.isabs(item.path)
    assert os.path.normpath(root / item.path).startswith(f'{root}{os.sep}')
    if isinstance(item, FaceRecord):
        assert -1 <= item.valence <= 1
        assert -1 <= item.arousal <= 1
        assert item.subject_id.strip()
        assert item.frame_index is None or item.frame_index in INT64
        assert item.face_box is None or len(item.face_box) == 4
        assert item.landmarks is None or len(item.landmarks) == 136


def mentions(items: Sequence[Item], path: str) -> bool:
    """Whether something is said of a file: by its name, or by that of the video or the image that it is about."""
    name = re.sub(r'_(exp|val|aro|lnd)$', '', pathlib.PurePath(path).stem)
    about = re.compile(rf'(?:^|[/\'"]){re.escape(name)}(?:$|[/.\'"_])')
    return any(about.search(item.path) or about.search(getattr(item, 'file', '')) for item in items)


def check_rows(layout: str, root: pathlib.Path, path: str, items: Sequence[FaceRecord | LeftOut]) -> None:
    """Whatever a label file lists is an item each, unless one item stands for the whole file; it names no row.

    Items are counted against the file without the readers' help:

    - csv, affectnet_csv: at least one for each line below the header with more than commas and blanks in it, and none
      for a line that is not there; files with quotes are passed over, for their lines are not rows.
    - aff_wild, aff_wild2: at least one for each line (below the header) that is not blank.
    - afew_va: at least one for each frame that the json names.
    - affectnet_npy: the file has one value, and `mentions` says whether something is said of it.
    """
    file = str(root / path)
    of_file = [item for item in items if item.file == file]
    if len(of_file) == 1 and isinstance(of_file[0], LeftOut) and of_file[0].path == path and not of_file[0].row:
        assert of_file[0].damaged
        return
    text = (root / path).read_bytes().decode('utf-8-sig', 'replace')
    lines = re.split('\r\n|\r|\n', text)
    if layout == 'afew_va':
        assert len(of_file) >= len(json.loads(text)['frames'])
    elif layout == 'aff_wild':
        # A row of valence and arousal is an item of one of the two files.
        rows = {item.row for item in items if item.row and os.path.basename(item.file) == os.path.basename(file)}
        assert len(rows) >= sum(bool(line.strip()) for line in lines)
    elif layout == 'aff_wild2':
        assert len(of_file) >= sum(bool(line.strip()) for line in lines[1:])
    elif layout in CSV and '"' not in text:
        filled = sum(bool(line.replace(',', '').strip()) for line in lines[1:])
        assert filled <= len(of_file) <= len(lines) - 1


def _read(layout: str, root: pathlib.Path) -> tuple[list[Item], str]:
    items: list[Item] = []
    try:
        if layout in LAYOUTS:
            for item in stream(layout, root):
                items.append(item)
        else:
            listing = read_classes(layout, root)
            check_message(''.join(listing.notes))
            items += [*listing.records, *listing.left_out]
    except DataError as error:
        return items, str(error) or 'an error that says nothing'
    return items, ''


def _check_plan(layout: str, root: pathlib.Path, items: Sequence[Item], message: str) -> None:
    """Splits are planned, or refused; never where reading is."""
    try:
        assigned = plan(layout, root)
    except DataError as error:
        assert str(root) in str(error)
        check_message(str(error))
    else:
        # Only reading looks for the images, and into their folders.
        assert not message or 'cannot be read' in message
        kept = [item for item in items if isinstance(item, FaceRecord)]
        assert {assigned.split_of(record) for record in kept} <= {'train', 'eval', 'test'}
