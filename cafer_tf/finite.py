"""No NaN passes silently: training stops at the step, with the name of the term that was not finite."""

from __future__ import annotations

import re

import tensorflow as tf

_PATTERN = re.compile(r'not finite: term <(.+?)> value <(.+?)> step <(\d+)>')


class NonFiniteError(ArithmeticError):
    """A term of the training step became NaN or infinite; the step was not completed.

    Attributes:
        term: name of the first such term.
        step: how many steps were completed before it.
    """

    def __init__(self, term: str, value: str, step: int) -> None:
        super().__init__(
            f'training stopped at step {step}: {term} is {value}. '
            'Look for labels or images that are not finite, or lower training.learning_rate'
        )
        self.term = term
        self.step = step


def require_finite(terms: dict[str, tf.Tensor], step: tf.Tensor) -> tf.Operation:
    """An operation that fails at the first of `terms` (scalars) that is not finite."""
    values = tf.stack([tf.cast(value, tf.float32) for value in terms.values()])
    wrong = tf.logical_not(tf.math.is_finite(values))
    first = tf.argmax(tf.cast(wrong, tf.int32))
    name, value = tf.gather(tf.constant(list(terms)), first), tf.strings.as_string(tf.gather(values, first))
    text = tf.strings.join(
        ['not finite: term <', name, '> value <', value, '> step <', tf.strings.as_string(step), '>']
    )
    return tf.debugging.Assert(tf.logical_not(tf.reduce_any(wrong)), [text])


def translate(error: tf.errors.InvalidArgumentError) -> NonFiniteError | None:
    """The readable error behind a failed `require_finite`; None for any other failure."""
    match = _PATTERN.search(str(error))
    return NonFiniteError(match[1], match[2], int(match[3])) if match else None
