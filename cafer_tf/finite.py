"""No NaN passes silently: training stops at the step, with the name of the term that was not finite."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import tensorflow as tf

# In a graph the values follow as `] [1 nan]`, eagerly as `'\n1.0, nan`.
_PATTERN = re.compile(r"terms that must be finite: <(.+?)>(?:\] \[|'\n)([^\]\n]*)")


class NonFiniteError(ArithmeticError):
    """A term of the training step became NaN or infinite; the step was not completed.

    Attributes:
        term: name of the first such term.
        step: how many steps were completed before it.
    """

    def __init__(self, term: str, value: float, step: int) -> None:
        super().__init__(
            f'training stopped at step {step}: {term} is {value}. '
            'Look for labels or images that are not finite, or lower training.learning_rate'
        )
        self.term = term
        self.step = step


def require_finite(terms: Mapping[str, tf.Tensor]) -> tf.Operation:
    """An operation that fails if any of `terms` (scalars) is not finite."""
    values = tf.stack([tf.cast(value, tf.float32) for value in terms.values()])
    finite = tf.reduce_all(tf.math.is_finite(values))
    return tf.debugging.Assert(
        finite, [f'terms that must be finite: <{"|".join(terms)}>', values], summarize=len(terms)
    )


def first_wrong(terms: Mapping[str, float], step: int) -> NonFiniteError | None:
    """The error of the first of `terms` that is not finite; None where all are."""
    for name, value in terms.items():
        if not math.isfinite(value):
            return NonFiniteError(name, value, step)
    return None


def translate(error: tf.errors.InvalidArgumentError, step: int) -> NonFiniteError | None:
    """The readable error behind a failed `require_finite`; None for any other failure.

    Args:
        error: what TensorFlow raised.
        step: how many steps were completed before.
    """
    match = _PATTERN.search(str(error))
    if match is None:
        return None
    values = [float(value) for value in match[2].replace(',', ' ').split()]
    return first_wrong(dict(zip(match[1].split('|'), values, strict=True)), step)


class StopAtNonFinite(tf.keras.callbacks.Callback):
    """Looks at the running terms after each step, where XLA has left the step's own check out."""

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Stops training if a term is not finite.

        Raises:
            NonFiniteError: it names the first such term.
        """
        error = first_wrong(logs or {}, int(self.model._train_counter.numpy()) - 1)
        if error is not None:
            raise error
