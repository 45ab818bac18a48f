"""What every reader yields, and the error every reader raises."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

SHOWN_PROBLEMS = 10
"""How many problems an error spells out before it only counts."""


@dataclasses.dataclass(frozen=True)
class FaceRecord:
    """One labelled face.

    Attributes:
        path: of the image, relative to the root of its data set, with forward slashes.
        valence, arousal: the labels, in [-1, 1].
        subject_id: who is shown.
        split: `train`, `eval` or `test`; empty until splits are assigned, where the data set names none.
        video_id: the clip that the image is a frame of, if it is one.
        frame_index: the frame's number in its clip.
        file, row: where the label stands, for messages.
        face_box: left, top, width and height of the face in its image, in pixels, where the data set says so.
        landmarks: x and y of the points of the face, one point after the other, in pixels, where the data set has them.
        metadata: what else the data set says of the face, pairs of a key (without `=`) and a value, sorted by key.
    """

    path: str
    valence: float
    arousal: float
    subject_id: str
    split: str = ''
    video_id: str | None = None
    frame_index: int | None = None
    file: str = ''
    row: int = 0
    face_box: tuple[float, ...] | None = None
    landmarks: tuple[float, ...] | None = None
    metadata: tuple[tuple[str, str], ...] = ()


@dataclasses.dataclass(frozen=True)
class LeftOut:
    """A row, label or image of a data set that becomes no example.

    Attributes:
        path: of the image, relative to the root of its data set.
        reason: the same words for the same reason, so that reasons can be counted.
        file, row: where the label stands; row 0 where there is none.
        damaged: whether something is wrong with it, so that it counts against the largest fraction of bad images and is
            listed in the quarantine; False where the data set's own protocol leaves it out.
    """

    path: str
    reason: str
    file: str = ''
    row: int = 0
    damaged: bool = False


@dataclasses.dataclass(frozen=True)
class Listing:
    """The records of a data set.

    Attributes:
        records: in the order of the label files.
        notes: what a user should know about how the data set was read, a sentence each.
        left_out: what became no record, in the same order.
    """

    records: tuple[FaceRecord, ...]
    notes: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


class DataError(ValueError):
    """A data set cannot be used as it is; the message says where, what is wrong and what to do."""

    @classmethod
    def at(cls, file: str, row: int, what: str, advice: str) -> DataError:
        """One problem, at a row of a file."""
        return cls(f'{file}, row {row}: {what}. {advice}')

    @classmethod
    def unreadable(cls, error: OSError) -> DataError:
        """A file or folder that the system does not let be looked at, most often for want of permission."""
        return cls(f'{error.filename}: cannot be read ({error.strerror}). Change who may read it, or copy it again.')

    @classmethod
    def collected(cls, file: str, problems: Sequence[tuple[int, str]], advice: str) -> DataError:
        """Many problems of one file, each with its row: the first few in full, all of them counted."""
        if len(problems) == 1:
            return cls.at(file, *problems[0], advice=advice)
        lines = [f'{file}: {len(problems)} rows are wrong. {advice}']
        lines += [f'  row {row}: {what}' for row, what in problems[:SHOWN_PROBLEMS]]
        if len(problems) > SHOWN_PROBLEMS:
            lines.append(f'  and {len(problems) - SHOWN_PROBLEMS} more')
        return cls('\n'.join(lines))
