"""Who is learned from, who selects the epoch, who is the test: by person, never by image."""

from __future__ import annotations

import collections
import dataclasses
import hashlib
from collections.abc import Collection, Mapping, Sequence

from cafer_tf import features
from cafer_tf.datasets.records import SHOWN_PROBLEMS, DataError, FaceRecord

TRAIN, EVAL, TEST = features.SPLITS

ALIASES = {
    'train': TRAIN,
    'training': TRAIN,
    'eval': EVAL,
    'val': EVAL,
    'valid': EVAL,
    'validation': EVAL,
    'dev': EVAL,
    'test': TEST,
    'testing': TEST,
}
"""The names of splits that data sets use."""

DEFAULT_FRACTIONS: Mapping[str, float] = {TRAIN: 0.7, EVAL: 0.1, TEST: 0.2}
CARVED_FRACTIONS: Mapping[str, float] = {TRAIN: 0.9, EVAL: 0.1}
"""How the given training people are parted where a data set brings no split that selects the epoch."""


def assign_splits(
    records: Sequence[FaceRecord],
    seed: int = 0,
    fractions: Mapping[str, float] = DEFAULT_FRACTIONS,
) -> tuple[tuple[FaceRecord, ...], tuple[str, ...]]:
    """Gives every record its split.

    - No record names a split: people are drawn into `train`, `eval` and `test` by a hash of the seed and the subject.
    - `train`, `eval` and `test` are named: they are kept.
    - Only two are named (most data sets publish `train` and `validation`): the second, whatever its name, becomes
      `test`, for its figures are the ones reported and nothing may be selected on it; `eval`, which selects the epoch,
      is carved out of the people of `train`.

    Args:
        records: with `split` one of `features.SPLITS`, or empty in all of them.
        seed: of the draw.
        fractions: of the people, for the draw where no split is named.

    Returns:
        The records in the same order, each with its split, and notes for the user.

    Raises:
        DataError: a subject in two splits, or too few people for every split to have one.
    """
    _check_persons(records)
    named = {record.split for record in records}
    if named <= {''}:
        people = {record.subject_id for record in records}
        owner = draw(people, seed, fractions, records)
        note = f'no splits given: {len(people)} subjects were drawn into train, eval and test (seed {seed})'
        return tuple(dataclasses.replace(record, split=owner[record.subject_id]) for record in records), (note,)
    if named == set(features.SPLITS):
        return tuple(records), ()
    if TRAIN not in named or len(named) < 2:
        where = records[0].file
        raise DataError(
            f'{where}: the splits named are {", ".join(sorted(named))}. Name train and at least one of eval and test, '
            'or leave the split out altogether to have people drawn into all three.'
        )
    owner = draw({r.subject_id for r in records if r.split == TRAIN}, seed, CARVED_FRACTIONS, records)
    held_out = (named - {TRAIN}).pop()
    note = (
        f'splits train and {held_out} given: {held_out} is used as test, and '
        f'{sum(split == EVAL for split in owner.values())} of {len(owner)} train subjects as eval (seed {seed})'
    )
    assigned = (
        dataclasses.replace(record, split=owner[record.subject_id] if record.split == TRAIN else TEST)
        for record in records
    )
    return tuple(assigned), (note,)


def draw(
    subjects: Collection[str], seed: int, fractions: Mapping[str, float], records: Sequence[FaceRecord] = ()
) -> dict[str, str]:
    """Draws people into splits.

    Each person's place depends on the seed and their own identifier alone, so that people added later move nobody. Only
    where that leaves a split empty (a handful of people) is the nearest person of the largest split moved into it.

    Args:
        subjects: everyone, once.
        seed: of the draw.
        fractions: the share of each split; they sum to 1.
        records: for the message of an error.

    Returns:
        The split of each subject.

    Raises:
        DataError: fewer people than splits.
    """
    if len(subjects) < len(fractions):
        where = f'{records[0].file}: ' if records else ''
        raise DataError(
            f'{where}{len(subjects)} subject(s) cannot fill the {len(fractions)} splits {", ".join(fractions)}, for '
            'nobody may appear in two. Add people, or check that subject_id names persons and not groups of them.'
        )
    place = {subject: _place(seed, subject) for subject in subjects}
    ranges, start = {}, 0.0
    for split, fraction in fractions.items():
        ranges[split] = (start, start + fraction)
        start += fraction
    last = next(reversed(ranges))
    owner = {
        subject: next((split for split, (low, high) in ranges.items() if low <= at < high), last)
        for subject, at in place.items()
    }
    for split, (low, high) in ranges.items():
        sizes = collections.Counter(owner.values())
        if not sizes[split]:
            donor = max(sizes, key=lambda name: (sizes[name], name))
            nearest = min(
                (subject for subject in owner if owner[subject] == donor),
                key=lambda subject: (abs(place[subject] - (low + high) / 2), subject),
            )
            owner[nearest] = split
    return owner


def _place(seed: int, subject: str) -> float:
    """Where in [0, 1) the hash puts a subject: the same on every machine and in every Python process."""
    digest = hashlib.sha256(f'{seed}:{subject}'.encode()).digest()
    return int.from_bytes(digest[:8], 'big') / 2**64


def _check_persons(records: Sequence[FaceRecord]) -> None:
    """Raises when a subject appears in two of the splits that the data set names."""
    first: dict[str, dict[str, FaceRecord]] = {}
    for record in records:
        first.setdefault(record.subject_id, {}).setdefault(record.split, record)
    torn = {subject: found for subject, found in first.items() if len(found) > 1}
    if not torn:
        return
    lines = [
        f'{records[0].file}: {len(torn)} subject(s) appear in more than one split, which would test on people the '
        'model has seen. Give every subject one split.'
    ]
    for subject, found in list(torn.items())[:SHOWN_PROBLEMS]:
        places = ', '.join(f'{split} (row {record.row})' for split, record in found.items())
        lines.append(f'  subject {subject}: {places}')
    if len(torn) > SHOWN_PROBLEMS:
        lines.append(f'  and {len(torn) - SHOWN_PROBLEMS} more')
    raise DataError('\n'.join(lines))
