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


@dataclasses.dataclass(frozen=True)
class Listing:
    """The records of a data set.

    Attributes:
        records: in the order of the label file.
        notes: what a user should know about how the data set was read, a sentence each.
    """

    records: tuple[FaceRecord, ...]
    notes: tuple[str, ...] = ()

    @property
    def subjects_known(self) -> bool:
        """Whether the data set says who is shown; where it does not, each image counts as its own subject."""
        return any(record.subject_id != record.path for record in self.records)


class DataError(ValueError):
    """A data set cannot be used as it is; the message says where, what is wrong and what to do."""

    @classmethod
    def at(cls, file: str, row: int, what: str, advice: str) -> DataError:
        """One problem, at a row of a file."""
        return cls(f'{file}, row {row}: {what}. {advice}')

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
