"""New images of people of the training split, which a run of rendered faces makes beside its data set."""

from __future__ import annotations

import json
import pathlib
import sys
from typing import Any

from cafer_tf import features
from cafer_tf.synthesis.dataset import LABELS, PARAMETERS
from pipeline.lineage import Origin

SEEN_PEOPLE = 'seen_people'
"""Where they are, in the folder of the run."""
_IMAGES = ('images_per_person', 'first_image', 'splits')
"""The parameters of rendered faces that say which images there are; the others say who the people are, and how."""


def data_root(out: pathlib.Path, origin: Origin) -> pathlib.Path:
    """The folder of the data set; faces that were rendered for a run go with it where it is moved.

    Args:
        out: folder of the run.
        origin: of the model that it serves.
    """
    return origin.root if origin.root.is_dir() else out / origin.root.name


def seen_people(out: pathlib.Path, root: pathlib.Path) -> pathlib.Path | None:
    """Where a run has new images of the people it was trained on.

    A folder that an earlier run left may show other people, or the very images of training. It is passed over, and
    standard error says so.

    Args:
        out: folder of the run.
        root: folder of the data set that its model was trained on.

    Returns:
        The folder, or None without one that belongs to the data set.
    """
    folder = out / SEEN_PEOPLE
    if not folder.exists():
        return None
    if _is_of(folder, root):
        return folder
    print(
        f'{folder} is passed over: it is not known to hold new images of the training people of {root}. Remove it, or '
        'judge it all the same with `cafer evaluate --seen-root`.',
        file=sys.stderr,
        flush=True,
    )
    return None


def _is_of(folder: pathlib.Path, root: pathlib.Path) -> bool:
    """Whether a folder holds later images of the training people of a rendered data set."""
    try:
        seen, known = _parameters(folder), _parameters(root)
        later = seen['first_image'] >= known['first_image'] + known['images_per_person']
        trained_on = seen['splits'] == [features.SPLITS[0]]
    except (OSError, ValueError, KeyError, TypeError):
        # Photographs have no parameters, and others may mean anything.
        return False
    same = {**seen, **dict.fromkeys(_IMAGES)} == {**known, **dict.fromkeys(_IMAGES)}
    return later and trained_on and same and (folder / LABELS).is_file()


def _parameters(folder: pathlib.Path) -> dict[str, Any]:
    return json.loads((folder / PARAMETERS).read_text(encoding='utf-8'))
