"""Who is learned from, who selects the epoch, who is the test: by person, never by image."""

from __future__ import annotations

import collections
import dataclasses
import hashlib
import re
from collections.abc import Collection, Iterable, Mapping

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
"""How people are parted where no split is named."""
CARVED_FRACTIONS: Mapping[str, float] = {TRAIN: 0.9, EVAL: 0.1}
"""How the training people are parted where nothing else says which of them select the epoch."""
NO_SUBJECTS = 'the data set does not say who is shown: each image counts as its own subject'
"""The note where person independence cannot be judged."""


@dataclasses.dataclass(frozen=True)
class Fold:
    """One part of a cross-validation by person.

    Attributes:
        number: of the part that is the test, from 1.
        count: of parts.
    """

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Fold:
        """The fold of a text such as `2/5`.

        Raises:
            ValueError: it is none.
        """
        found = re.fullmatch(r'(\d{1,4})/(\d{1,4})', text.strip())
        number, count = map(int, found.groups()) if found else (0, 0)
        if not 1 <= number <= count or count < 2:
            raise ValueError(f'{text!r} is not a fold: write, for example, 2/5 for the second of five')
        return cls(number, count)

    def __str__(self) -> str:
        return f'{self.number}/{self.count}'


@dataclasses.dataclass(frozen=True)
class SplitPlan:
    """The split of every record of a data set.

    Attributes:
        notes: what a user should know about the splits, a sentence each.
        subjects_known: whether the data set says who is shown; where it does not, each image counts as its own subject.
        owners: the split of each subject that is assigned one; nobody, where the splits that are named are kept.
        others: the split of everybody else; the one that their records name, where empty.
    """

    notes: tuple[str, ...]
    subjects_known: bool
    owners: Mapping[str, str]
    others: str = ''

    def split_of(self, record: FaceRecord) -> str:
        """The split of a record."""
        return self.owners.get(record.subject_id) or self.others or record.split


def plan_splits(
    records: Iterable[FaceRecord],
    seed: int = 0,
    fractions: Mapping[str, float] = DEFAULT_FRACTIONS,
    fold: Fold | None = None,
) -> SplitPlan:
    """Finds the split of every record in one pass; what is remembered is one entry a subject.

    - No record names a split: people are drawn into `train`, `eval` and `test` by a hash of the seed and the subject.
      With a fold, they are dealt into as many parts in the order of that hash; one part is `test`, and `eval` is drawn
      from the people of the others.
    - `train`, `eval` and `test` are named: they are kept.
    - Only two are named (most data sets publish `train` and `validation`): the second, whatever its name, becomes
      `test`, for its figures are the ones reported and nothing may be selected on it; `eval`, which selects the epoch,
      is carved out of the people of `train`.

    Args:
        records: with `split` one of `features.SPLITS`, or empty in all of them.
        seed: of the draw.
        fractions: of the people, for the draw where no split is named.
        fold: the part to test on, where no split is named; None draws by `fractions`.

    Raises:
        DataError: no records, a subject in two splits, too few people for every split to have one, or a fold of a data
            set that brings splits.
    """
    people = _People()
    for record in records:
        people.add(record)
    if people.first is None:
        raise DataError('there are no records to part into splits')
    people.check_whole()
    where, named = people.first.file, people.splits
    if fold and named != {''}:
        raise DataError(
            f'{where}: the data set names the splits {", ".join(sorted(named - {""}))}, so fold {fold} cannot be made. '
            'Leave the fold out, or the splits.'
        )
    unknown = () if people.known else (NO_SUBJECTS,)
    if named == {''}:
        everyone = people.of('')
        if fold:
            owners = _deal(everyone, seed, fold, where)
            note = f'fold {fold}: {_count(owners, TEST)} of {len(owners)} subjects are the test (seed {seed})'
        else:
            owners = draw(everyone, seed, fractions, where)
            note = f'no splits given: {len(owners)} subjects were drawn into train, eval and test (seed {seed})'
        return SplitPlan((*unknown, note), people.known, owners)
    if named == set(features.SPLITS):
        return SplitPlan(unknown, people.known, {})
    if '' in named or TRAIN not in named or len(named) < 2:
        raise DataError(
            f'{where}: the splits named are {", ".join(sorted(named - {""}))}{" and none" if "" in named else ""}. '
            'Name train and at least one of eval and test, or leave the split out altogether to have people drawn into '
            'all three.'
        )
    owners = draw(people.of(TRAIN), seed, CARVED_FRACTIONS, where)
    held_out = (named - {TRAIN}).pop()
    note = (
        f'splits train and {held_out} given: {held_out} is used as test, and {_count(owners, EVAL)} of {len(owners)} '
        f'train subjects as eval (seed {seed})'
    )
    return SplitPlan((*unknown, note), people.known, owners, others=TEST)


def draw(subjects: Collection[str], seed: int, fractions: Mapping[str, float], where: str = '') -> dict[str, str]:
    """Draws people into splits.

    Each person's place depends on the seed and their own identifier alone, so that people added later move nobody. Only
    where that leaves a split empty (a handful of people) is the nearest person of the largest split moved into it.

    Args:
        subjects: everyone, once.
        seed: of the draw.
        fractions: the share of each split; they sum to 1.
        where: the label file, for the message of an error.

    Returns:
        The split of each subject.

    Raises:
        DataError: fewer people than splits.
    """
    if len(subjects) < len(fractions):
        raise DataError(
            f'{where + ": " if where else ""}{len(subjects)} subject(s) cannot fill the {len(fractions)} splits '
            f'{", ".join(fractions)}, for nobody may appear in two. Add people, or check that {features.SUBJECT} names '
            'persons and not groups of them.'
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


def _deal(subjects: Collection[str], seed: int, fold: Fold, where: str) -> dict[str, str]:
    """Folds of even size: the order of the hash decides who goes where."""
    if len(subjects) < max(fold.count, len(features.SPLITS)):
        raise DataError(f'{where}: {len(subjects)} subject(s) cannot fill {fold.count} folds and an eval split.')
    order = sorted(subjects, key=lambda subject: (_place(seed, subject), subject))
    tested = set(order[fold.number - 1 :: fold.count])
    # A draw of its own: by the same hash, eval would be the same corner of every fold.
    owners = draw([subject for subject in order if subject not in tested], seed + fold.count, CARVED_FRACTIONS, where)
    return {subject: TEST if subject in tested else owners[subject] for subject in order}


def _count(owners: Mapping[str, str], split: str) -> int:
    return sum(owner == split for owner in owners.values())


class _People:
    """Who appears in which split, with the row where they do first."""

    def __init__(self) -> None:
        self.first: FaceRecord | None = None
        self.splits: set[str] = set()
        self.known = False
        self._places: dict[str, tuple[str, int]] = {}
        self._torn: dict[str, dict[str, int]] = {}

    def add(self, record: FaceRecord) -> None:
        """Notes one record."""
        self.first = self.first or record
        self.splits.add(record.split)
        subject, split = record.subject_id, record.split
        self.known = self.known or subject != record.path
        first_split, first_row = self._places.setdefault(subject, (split, record.row))
        if split != first_split:
            self._torn.setdefault(subject, {first_split: first_row}).setdefault(split, record.row)

    def of(self, split: str) -> list[str]:
        """The people of a split."""
        return [subject for subject, (named, _) in self._places.items() if named == split]

    def check_whole(self) -> None:
        """Raises when a subject appears in two of the splits that the data set names."""
        if not self._torn or self.first is None:
            return
        lines = [
            f'{self.first.file}: {len(self._torn)} subject(s) appear in more than one split, which would test on '
            'people the model has seen. Give every subject one split.'
        ]
        for subject, found in list(self._torn.items())[:SHOWN_PROBLEMS]:
            places = ', '.join(f'{split or "no split"} (row {row})' for split, row in found.items())
            lines.append(f'  subject {subject}: {places}')
        if len(self._torn) > SHOWN_PROBLEMS:
            lines.append(f'  and {len(self._torn) - SHOWN_PROBLEMS} more')
        raise DataError('\n'.join(lines))
