"""Sends requests to a SavedModel; run as a program, so that nothing of the trained model is in the process.

    python -m pipeline.components.servable_validator.requests MODEL COUNT FILE...

Exits with 0, or with 1 and the reason as the last line.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from cafer_tf import features
from cafer_tf.serving import STATUS, STATUSES, Status
from cafer_tf.serving.orientation import orientations

INPUTS = {'serving_default': 'image_bytes', 'examples': 'examples'}
"""The input of each signature."""


class NotServable(Exception):
    """The model does not answer as it must; the message is the reason."""


def check(directory: str, files: Sequence[str], count: int) -> int:
    """Asks a model for answers.

    Args:
        directory: a SavedModel.
        files: TFRecords of examples.
        count: how many examples are sent at most.

    Returns:
        How many were sent.

    Raises:
        NotServable: a signature is missing or fails, or an answer has a wrong shape, is not finite, or out of range; or
            the two signatures disagree; or an image that is bad fails a request, or gets no status.
    """
    records = list(tf.data.TFRecordDataset(list(files), 'GZIP').take(count).as_numpy_iterator())
    if not records:
        raise NotServable('there are no examples to send')
    images = [tf.train.Example.FromString(r).features.feature[features.IMAGE].bytes_list.value[0] for r in records]
    try:
        model = tf.saved_model.load(directory)
    except Exception as error:  # whatever is wrong with the files, the model cannot be served
        raise NotServable(f'the model cannot be loaded: {_first_line(error)}') from error
    by_image = _ask(model, 'serving_default', images)
    by_example = _ask(model, 'examples', records)
    # By its bytes a photograph is asked for as a viewer shows it, by its example as training saw it.
    same = orientations(tf.constant(images)).numpy() == 1
    for name in features.RANGES:
        apart = float(np.max(np.abs(by_image[name] - by_example[name])[same], initial=0.0))
        if apart > features.ROUNDING:
            raise NotServable(f'{name} differs by {apart:.3g} between the two signatures')
    # A served request is often a single face, and its answer must not depend on its company.
    alone = _ask(model, 'serving_default', images[:1])
    for name in features.RANGES:
        apart = float(np.max(np.abs(alone[name] - by_image[name][:1])))
        if apart > 1e-3:
            raise NotServable(f'{name} of one face differs by {apart:.3g} when it is asked for alone')
    _ask_with_bad_ones(model, images[0])
    return len(records)


def _ask(model: tf.Module, signature: str, values: Sequence[bytes]) -> dict[str, np.ndarray]:
    """Answers for good images."""
    answers = _outputs(model, signature, values)
    status = answers.pop(STATUS)
    if status.any():
        worst = np.max(status)
        raise NotServable(f'signature {signature}: {np.sum(status != 0)} faces have a status, such as {_named(worst)}')
    for name, answer in answers.items():
        low, high = features.RANGES[name]
        if not np.isfinite(answer).all():
            raise NotServable(f'signature {signature}: {name} is not finite for {np.sum(~np.isfinite(answer))} faces')
        if answer.min() < low - features.ROUNDING or answer.max() > high + features.ROUNDING:
            raise NotServable(
                f'signature {signature}: {name} reaches from {answer.min():.4g} to {answer.max():.4g}, outside '
                f'[{low:g}, {high:.4g}]'
            )
    return answers


def _ask_with_bad_ones(model: tf.Module, image: bytes) -> None:
    """Asks for one good image among bad ones: those must get their status and no numbers, and the good one its own."""
    noise = np.random.default_rng(0).integers(0, 256, [64, 64, 3], np.uint8)
    whole = [bytes(encode(noise).numpy()) for encode in (tf.io.encode_jpeg, tf.io.encode_png)]
    truncated = {encoded[: len(encoded) // 2]: Status.CORRUPT for encoded in whole}
    values = {b'': Status.EMPTY, b'not an image': Status.NOT_AN_IMAGE, image: Status.OK, **truncated}
    answers = _outputs(model, 'serving_default', list(values))
    for found, expected, valence in zip(
        np.ravel(answers[STATUS]), values.values(), np.ravel(answers[features.VALENCE]), strict=True
    ):
        if found != expected:
            raise NotServable(f'an image that is {_named(expected)} has the status {_named(found)}')
        if np.isfinite(valence) != (expected == Status.OK):
            raise NotServable(f'an image that is {_named(expected)} has the valence {valence:.4g}')


def _named(status: int) -> str:
    return f'{status} ({STATUSES[status]})' if 0 <= status < len(STATUSES) else f'{status}, which has no meaning'


def _outputs(model: tf.Module, signature: str, values: Sequence[bytes]) -> dict[str, np.ndarray]:
    if signature not in model.signatures:
        raise NotServable(f'there is no signature {signature}, only {", ".join(sorted(model.signatures)) or "none"}')
    try:
        outputs = model.signatures[signature](**{INPUTS[signature]: tf.constant(list(values))})
    except Exception as error:  # whatever it is, a request fails
        raise NotServable(f'signature {signature} fails: {_first_line(error)}') from error
    for name in (*features.RANGES, STATUS):
        if name not in outputs:
            raise NotServable(f'signature {signature} has no output {name}, only {", ".join(sorted(outputs))}')
        if outputs[name].shape != (len(values), 1):
            shape = tuple(outputs[name].shape)
            raise NotServable(f'signature {signature}: {name} has shape {shape}, not ({len(values)}, 1)')
    return {name: np.asarray(outputs[name]) for name in (*features.RANGES, STATUS)}


def _first_line(error: Exception) -> str:
    return f'{type(error).__name__}: {error}'.strip().splitlines()[0]


def main(arguments: Sequence[str]) -> int:
    """The program."""
    directory, count, *files = arguments
    try:
        print(f'{check(directory, files, int(count))} requests answered')
    except NotServable as error:
        print(error)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
