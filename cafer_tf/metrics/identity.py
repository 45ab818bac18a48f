"""How much of the person an embedding still holds."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy.optimize

from cafer_tf.metrics.bootstrap import CONFIDENCE, RESAMPLES, Replicates, draw_people

PEOPLE, IMAGES = 100, 100
"""The most people, and images of each, that a probe looks at."""
_HALF = 2
_ITERATIONS = 1000
_PAIRS_AT_ONCE = 512


class Halves(NamedTuple):
    """Which images a probe is trained on, and which it is tested on.

    Attributes:
        train, test: row numbers, ascending.
        people: how many are shown, each in both halves.
        left_out: how many people have too few images for that.
        by_video: whether no video is in both halves.
    """

    train: np.ndarray
    test: np.ndarray
    people: int
    left_out: int
    by_video: bool


def identity_probe(
    embeddings: Any,
    subjects: Any,
    videos: Any = None,
    *,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> dict[str, Any] | None:
    """How well a linear classifier reads the person from the embedding, beside chance.

    The classifier is multinomial logistic regression on embeddings standardised by the training half. For `n` images
    `x` of people `s` it minimises

    `-1/n Σ log softmax(W x + b)[s] + ||W||² / (2 n)`

    and is tested on other images of the same people (`halves`). The interval draws people again, with the classifier
    as it is. Chance is the accuracy of naming the most frequent person, which is one over the number of people where
    all have as many images.

    Args:
        embeddings: `[n, d]`, finite.
        subjects: `[n]`, who is shown.
        videos: `[n]`, the video of each image, empty where there is none.
        resamples: draws of people for the interval.
        confidence: coverage of the interval, in (0, 1).
        seed: of every draw.

    Returns:
        `filter`, `examples`, `subjects`, `left_out`, `train_examples`, `test_examples`, `accuracy` (`value`, `low` and
        `high`), `chance`, `seed` and `verification`: of the test half, or, where halves are of videos, of as many
        images drawn from both, without pairs of one video. None where fewer than two people have enough images.

    Raises:
        ValueError: shapes that do not fit, or an embedding that is not finite.
    """
    embeddings, subjects = _checked(embeddings, subjects)
    parts = halves(subjects, videos, seed)
    if parts is None:
        return None
    person = np.unique(subjects, return_inverse=True)[1]
    kept, person_of = np.unique(person[parts.test], return_inverse=True)
    train_of = np.searchsorted(kept, person[parts.train])
    mean, deviation = embeddings[parts.train].mean(axis=0), embeddings[parts.train].std(axis=0)
    deviation[deviation == 0] = 1
    weights, biases = _fit((embeddings[parts.train] - mean) / deviation, train_of, len(kept))
    named = np.argmax((embeddings[parts.test] - mean) / deviation @ weights + biases, axis=1)
    # Frames of one video are nearly copies: a half of videos may hold one of each person, and no two to compare.
    verified, clips = parts.test, None
    if parts.by_video:
        both = np.concatenate([parts.train, parts.test])
        verified = np.random.default_rng(seed).permutation(both)[: len(parts.test)]
        clips = np.asarray(videos)[verified]
    right = np.bincount(person_of, named == person_of, minlength=len(kept))
    images = np.bincount(person_of, minlength=len(kept))
    drawn = draw_people(np.random.default_rng(seed), resamples, len(kept))
    accuracy = Replicates(float(right.sum() / images.sum()), drawn @ right / (drawn @ images))
    return {
        'filter': _description(parts, seed),
        'examples': len(parts.train) + len(parts.test),
        'subjects': parts.people,
        'left_out': parts.left_out,
        'train_examples': len(parts.train),
        'test_examples': len(parts.test),
        'accuracy': accuracy.interval(confidence).to_dict(),
        'chance': float(images.max() / images.sum()),
        'seed': seed,
        'verification': verification(embeddings[verified], subjects[verified], videos=clips),
    }


def halves(subjects: Any, videos: Any = None, seed: int = 0) -> Halves | None:
    """Parts the images of each person into a training and a test half, by a draw.

    People with fewer than four images are left out. Frames of one video are nearly copies of each other; where at least
    two people have two or more videos, whole videos go into either half, and people with fewer are left out. Of more
    than 100 people, and of more than 100 images of a person, as many are drawn.

    Args:
        subjects: `[n]`, who is shown.
        videos: `[n]`, the video of each image, empty where there is none.
        seed: of the draws.

    Returns:
        The halves; None where fewer than two people have enough images.
    """
    random = np.random.default_rng(seed)
    subjects = np.asarray(subjects, str)
    clips = np.full(len(subjects), '') if videos is None else np.asarray(videos, str)
    rows_of = {name: np.flatnonzero(subjects == name) for name in np.unique(subjects)}
    enough = [name for name, rows in rows_of.items() if len(rows) >= 2 * _HALF]
    filmed = [
        name for name in enough if len(np.unique(clips[rows_of[name]])) > 1 and np.all(clips[rows_of[name]] != '')
    ]
    by_video = len(filmed) > 1
    able = filmed if by_video else enough
    if len(able) < 2:
        return None
    people = sorted(random.choice(able, min(PEOPLE, len(able)), replace=False).tolist())
    train: list[int] = []
    test: list[int] = []
    for name in people:
        rows = random.permutation(rows_of[name])
        if by_video:
            first = _some_videos(clips[rows], random)
            one, other = rows[first][: IMAGES // 2], rows[~first][: IMAGES // 2]
        else:
            rows = rows[:IMAGES]
            one, other = rows[: len(rows) // 2], rows[len(rows) // 2 :]
        train += one.tolist()
        test += other.tolist()
    return Halves(np.sort(train), np.sort(test), len(people), len(rows_of) - len(able), by_video)


def verification(embeddings: Any, subjects: Any, false_accept_rate: float = 1e-3, videos: Any = None) -> dict[str, Any]:
    """Whether two images show one person, by the cosine of their embeddings, over all pairs.

    A pair is accepted where its cosine is above a threshold. The verification rate is the share of pairs of one person
    that is accepted at the lowest threshold that accepts no more than `false_accept_rate` of the pairs of two. The
    equal error rate is the share of wrong answers at the threshold where both kinds of pairs get equally many.

    Args:
        embeddings: `[n, d]`, finite; a row of zeros has cosine 0 with all.
        subjects: `[n]`, who is shown.
        false_accept_rate: in (0, 1).
        videos: `[n]`, the video of each image, empty where there is none; pairs of one video are left out.

    Returns:
        `pairs_same`, `pairs_different`, `false_accept_rate`, `verification_rate` (None where there are fewer than
        `1 / false_accept_rate` pairs of two people, or none of one) and `equal_error_rate` (None without pairs of
        either kind).

    Raises:
        ValueError: shapes that do not fit, or an embedding that is not finite.

    Example:
        >>> verification([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0]], ['anna', 'anna', 'ben'])['equal_error_rate']
        0.0
    """
    embeddings, subjects = _checked(embeddings, subjects)
    # An image whose video is unknown is a video of its own.
    clips = np.arange(len(subjects))
    if videos is not None:
        videos = np.asarray(videos, str)
        clips = np.where(videos == '', -1 - clips, np.unique(videos, return_inverse=True)[1])
    same, different = _cosines(embeddings, np.unique(subjects, return_inverse=True)[1], clips)
    rate = None
    if same.size and different.size * false_accept_rate >= 1:
        allowed = int(different.size * false_accept_rate)
        threshold = np.partition(different, -allowed - 1)[-allowed - 1]
        rate = float(np.mean(same > threshold))
    return {
        'pairs_same': int(same.size),
        'pairs_different': int(different.size),
        'false_accept_rate': false_accept_rate,
        'verification_rate': rate,
        'equal_error_rate': _equal_error_rate(same, different) if same.size and different.size else None,
    }


def _checked(embeddings: Any, subjects: Any) -> tuple[np.ndarray, np.ndarray]:
    values, names = np.asarray(embeddings, np.float64), np.asarray(subjects, str)
    if values.ndim != 2 or names.shape != (len(values),):
        raise ValueError(
            f'embeddings must have shape [n, d] and subjects [n]; theirs are {values.shape} and {names.shape}'
        )
    finite = np.isfinite(values).all(axis=1)
    if not finite.all():
        raise ValueError(f'embeddings must be finite; row {int(np.argmin(finite))} is not')
    return values, names


def _some_videos(clips: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A mask of the images of about half of a person's videos: not all of them, and at least one."""
    videos = random.permutation(np.unique(clips))
    return np.isin(clips, videos[: len(videos) // 2])


def _fit(x: np.ndarray, person: np.ndarray, people: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights `[d, people]` and biases `[people]`."""
    count, size = x.shape
    truth = np.eye(people)[person]

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights, biases = flat[: size * people].reshape(size, people), flat[size * people :]
        scores = x @ weights + biases
        scores -= scores.max(axis=1, keepdims=True)
        odds = np.exp(scores)
        totals = odds.sum(axis=1, keepdims=True)
        value = np.sum(np.log(totals[:, 0]) - scores[np.arange(count), person]) + 0.5 * np.sum(weights**2)
        error = odds / totals - truth
        gradient = np.concatenate([(x.T @ error + weights).ravel(), error.sum(axis=0)])
        return float(value / count), gradient / count

    start = np.zeros((size + 1) * people)
    found = scipy.optimize.minimize(
        loss, start, jac=True, method='L-BFGS-B', options={'maxiter': _ITERATIONS, 'gtol': 1e-6, 'ftol': 1e-10}
    ).x
    return found[: size * people].reshape(size, people), found[size * people :]


def _cosines(embeddings: np.ndarray, person: np.ndarray, clips: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The cosines of all pairs of one person, and of all pairs of two, but for those of one clip."""
    norms = np.linalg.norm(embeddings, axis=1, keepdims=True)
    unit = embeddings / np.where(norms == 0, 1, norms)
    same, different = [np.empty(0)], [np.empty(0)]
    for start in range(0, len(unit), _PAIRS_AT_ONCE):
        rows = np.arange(start, min(start + _PAIRS_AT_ONCE, len(unit)))
        later = np.arange(start, len(unit))
        cosines = unit[rows] @ unit[start:].T
        pair = (later > rows[:, np.newaxis]) & (clips[rows, np.newaxis] != clips[start:])
        alike = person[rows, np.newaxis] == person[start:]
        same.append(cosines[pair & alike])
        different.append(cosines[pair & ~alike])
    return np.concatenate(same), np.concatenate(different)


def _equal_error_rate(same: np.ndarray, different: np.ndarray) -> float:
    """The mean of both rates at the threshold where they are nearest to each other."""
    same, different = np.sort(same), np.sort(different)
    thresholds = np.unique(np.concatenate([[-np.inf], same, different]))
    rejected = np.searchsorted(same, thresholds, 'right') / len(same)
    accepted = 1 - np.searchsorted(different, thresholds, 'right') / len(different)
    nearest = np.argmin(np.abs(rejected - accepted))
    return float((rejected[nearest] + accepted[nearest]) / 2)


def _description(parts: Halves, seed: int) -> str:
    kind = 'videos' if parts.by_video else 'images'
    least = f'at least {2 * _HALF} images' + (' of two or more videos' if parts.by_video else '')
    pairs = ', verified by pairs of different videos' if parts.by_video else ''
    return (
        f'people with {least}; at most {PEOPLE} people and {IMAGES} images of each, trained and tested on different '
        f'{kind} of the same people{pairs} (seed {seed}); chance is the share of the most frequent person'
    )
