"""Matching of the faces of a batch, person with person, and regression of what is freed of each person's shift (ELIM).

Each of a batch's people is compared with one of them, the reference: optimal transport between the features of the two
finds how far each face is shifted from the reference's. Every function takes the *global* batch (see `replicas`), in
tensors of its size; who is not matched is masked.

Reference: D. Kim and B. C. Song, "Optimal Transport-based Identity Matching for Identity-invariant Facial Expression
Recognition", NeurIPS 2022, and the code published with it.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from cafer_tf.correlation import as_dtype, at_least_float32, safe_sqrt, weighted_mean
from cafer_tf.losses.distances import normalized

_EPSILON = 1e-6


def sinkhorn(
    cost: Any, row_weights: Any, column_weights: Any, sharpness: float = 5.0, iterations: int = 5
) -> tf.Tensor:
    """The flow between two weighted sets of nodes that costs little, by the update of the authors' code.

    With `K = exp(-λ M)`, a and b the weights of rows and columns, and `u = 1 / n` at first,

    `u ← 1 / (K v / (a + ε) + ε)`, where `v = b / (Kᵀ u + ε)`, again and again; then `F = diag(u) K diag(v)`

    for the last v. Columns of F sum up to b, and rows, after many iterations, to a. That needs `Σ a = Σ b`: otherwise
    each update multiplies u by `Σ a / Σ b`, until ε is no longer small beside it. A node of weight 0 is as if it were
    not there, and n counts the rows that are; published, it may take some ε of the flow.

    Args:
        cost: M, `[..., n, m]`; half precision becomes float32.
        row_weights: a, `[..., n]`, not negative.
        column_weights: b, `[..., m]`, likewise.
        sharpness: λ, positive; the larger, the fewer pairs share the flow.
        iterations: how often u is updated.

    Returns:
        F, `[..., n, m]` of the dtype of `cost`, not negative; all 0 where either side has no weight.

    Raises:
        ValueError: shapes that do not fit.

    Example:
        >>> cost = tf.constant([[0.0, 1.0], [1.0, 0.0]])
        >>> sinkhorn(cost, [1.0, 1.0], [1.0, 1.0]).numpy().round(3)  # 1 / (1 + e^-5) and e^-5 / (1 + e^-5)
        array([[0.993, 0.007],
               [0.007, 0.993]], dtype=float32)

    Reference: M. Cuturi, "Sinkhorn distances: lightspeed computation of optimal transport", NeurIPS 2013.
    """
    cost = at_least_float32(cost)
    rows, columns = as_dtype(row_weights, cost.dtype), as_dtype(column_weights, cost.dtype)
    fitting = rows.shape[-1:].is_compatible_with(cost.shape[-2:-1]) and columns.shape[-1:].is_compatible_with(
        cost.shape[-1:]
    )
    if not fitting:
        raise ValueError(
            f'row_weights [..., n] and column_weights [..., m] must fit cost [..., n, m]; shapes are {rows.shape}, '
            f'{columns.shape} and {cost.shape}'
        )
    kernel = tf.exp(-sharpness * cost)
    u, v = _scalings(kernel, rows[..., tf.newaxis], columns[..., tf.newaxis], iterations)
    return u * kernel * tf.linalg.matrix_transpose(v)


def _scalings(kernel: tf.Tensor, rows: tf.Tensor, columns: tf.Tensor, iterations: int) -> tuple[tf.Tensor, tf.Tensor]:
    """The scalings u and v of `sinkhorn`, for several problems of one kernel.

    Args:
        kernel: K, `[..., n, m]`.
        rows: `[..., n, t]`, a of t problems.
        columns: `[..., m, t]`, b of the same.
        iterations: how often u is updated.

    Returns:
        u, `[..., n, t]`, and v, `[..., m, t]`.
    """
    present = rows > 0
    u = tf.cast(present, kernel.dtype)
    u = tf.math.divide_no_nan(u, tf.reduce_sum(u, axis=-2, keepdims=True))

    def columns_over(u: tf.Tensor) -> tf.Tensor:
        return columns / (tf.matmul(kernel, u, transpose_a=True) + _EPSILON)

    for _ in range(iterations):
        u = 1 / (tf.matmul(kernel, columns_over(u)) / (rows + _EPSILON) + _EPSILON)
        u = tf.where(present, u, tf.zeros_like(u))
    return u, columns_over(u)


def choose_people(people: Any, count: int, seed: Any) -> tuple[tf.Tensor, tf.Tensor]:
    """Draws people of a batch without replacement, each as likely as any other, however often the batch shows them.

    Args:
        people: `[n]` integers, who is shown; n at least 1.
        count: how many are drawn, at least 1; all are where the batch shows fewer.
        seed: `[2]` integers: the same seed and batch, the same draw.

    Returns:
        Who was drawn first, the reference, a scalar of the dtype of `people`; and `[n]` bool, which rows show one of
        those who were drawn, the reference included.

    Raises:
        ValueError: another shape, people that are no integers, or a count below 1.

    Example:
        >>> reference, chosen = choose_people([5, 5, 7, 9], count=2, seed=[0, 0])
        >>> int(reference), chosen.numpy()
        (5, array([ True,  True, False,  True]))
    """
    people = _checked_people(people)
    if count < 1:
        raise ValueError(f'count must be at least 1; it is {count}')
    numbers = tf.range(tf.size(people))
    first = tf.argmax(_same(people), axis=1, output_type=tf.int32)  # the row that speaks for its person
    draws = tf.random.stateless_uniform(tf.shape(people), seed, alg='philox')
    order = tf.argsort(tf.where(first == numbers, draws, 2.0), stable=True)
    place = tf.argsort(order)  # also of equal draws each has its own
    return people[order[0]], tf.gather(place, first) < count


def identity_shifts(
    features: Any, people: Any, reference: Any, matched: Any, *, sharpness: float = 5.0, iterations: int = 5
) -> tf.Tensor:
    """How far each face of the matched people is shifted from those of the reference: what it costs to match it.

    For the features `z_j` of a person e and `z_i` of the reference, `μ_j = Σ_i F_ij M_ij`, with the cost
    `M_ij = 1 - cos(z_i, z_j)` and the flow F of `sinkhorn` between weights that both sum up to the faces of e,

    `a_i ∝ max(0, z_i · mean z_e)` and `b_j ∝ max(0, z_j · mean z_reference)`

    As in the paper's figure, μ has an entry for each face; the published code takes that of a person's first face for
    all of them. It lets a sum up to the faces of the reference, which but for ε is the same; with ε, a person of 32
    faces keeps a tenth of the flow from a reference of 2. And its b are NaN for a person none of whose faces is like
    the reference; here they are 0, and so is μ. Memory grows as `n²` and time as `n³`, however many people there are.

    Args:
        features: `[n, d]`; half precision becomes float32. No gradient flows through.
        people: `[n]` integers, who is shown.
        reference: scalar integer, one of them.
        matched: `[n]` bool, which rows show someone who is matched, all rows of a person or none; see `choose_people`.
        sharpness: as in `sinkhorn`.
        iterations: likewise.

    Returns:
        μ, `[n]` of the dtype of `features`, not negative; 0 in rows of the reference and of people who are not matched.

    Raises:
        ValueError: shapes that do not fit, or people that are no integers.

    Example:
        >>> features = tf.constant([[1.0, 0.0], [1.0, 0.0], [1.0, 3**0.5]])  # the last is 60° from the others
        >>> shifts = identity_shifts(features, [3, 4, 5], reference=3, matched=[True, True, True])
        >>> shifts.numpy().round(3)  # the flow to a person of one face is 1
        array([0. , 0. , 0.5], dtype=float32)
    """
    features = tf.stop_gradient(at_least_float32(features))
    people = _checked_people(people)
    if features.shape.rank != 2 or not features.shape[:1].is_compatible_with(people.shape):
        raise ValueError(
            f'features [n, d] and people [n] must have one row a face; shapes are {features.shape} and {people.shape}'
        )
    dtype = features.dtype
    is_reference = people == tf.cast(reference, people.dtype)
    of_reference = tf.cast(is_reference, dtype)[:, tf.newaxis]
    target = tf.cast(tf.convert_to_tensor(matched) & ~is_reference, dtype)[:, tf.newaxis]
    # Column t is the problem of row t's person, so that those of a person are the same one.
    members = tf.cast(_same(people), dtype) * target
    faces = tf.reduce_sum(members, axis=0)
    mean = tf.math.divide_no_nan(tf.matmul(members, features, transpose_a=True), faces[:, tf.newaxis])
    reference_mean = weighted_mean(features, is_reference)
    rows = tf.nn.relu(tf.matmul(features, mean, transpose_b=True))
    columns = tf.nn.relu(tf.linalg.matvec(features, reference_mean))[:, tf.newaxis]

    unit = normalized(features)
    cost = tf.maximum(1 - tf.matmul(unit, unit, transpose_b=True), 0)  # rounding may take it below
    kernel = tf.exp(-sharpness * cost)
    a, b = _shared_out(rows * of_reference, faces), _shared_out(columns * members, faces)
    u, v = _scalings(kernel, a, b, iterations)
    return tf.linalg.diag_part(v) * tf.reduce_sum(u * kernel * cost, axis=0)


def free_of_shift(features: Any, shifts: Any) -> tf.Tensor:
    """Features without their shift, scaled to a mean square of 1.

    `z̃ = (z - μ) / (rms(z - μ) + ε)`, with rms the root of the mean square over the features of a row.

    Args:
        features: `[n, d]`; half precision becomes float32.
        shifts: μ, `[n]`, see `identity_shifts`.

    Returns:
        `[n, d]`; a row whose features all equal μ becomes 0, with a zero gradient.

    Raises:
        ValueError: shapes that do not fit.

    Example:
        >>> free_of_shift(tf.constant([[4.0, 2.0]]), [3.0]).numpy().round(4)
        array([[ 1., -1.]], dtype=float32)
    """
    features = at_least_float32(features)
    shifts = as_dtype(shifts, features.dtype)
    if features.shape.rank != 2 or not features.shape[:1].is_compatible_with(shifts.shape):
        raise ValueError(f'features [n, d] need shifts [n]; shapes are {features.shape} and {shifts.shape}')
    freed = features - shifts[:, tf.newaxis]
    square = tf.reduce_mean(freed**2, axis=-1, keepdims=True)
    return tf.where(square > 0, freed / (safe_sqrt(square) + _EPSILON), tf.zeros_like(freed))


def matched_regression_loss(y_true: Any, y_pred: Any, people: Any, chosen: Any) -> tf.Tensor:
    """Half the sum, over the people who were chosen, of the mean squared error of each.

    `L = ½ Σ_e mean_j mean_k (ŷ_jk - y_jk)²`, over the faces j of person e, and k valence and arousal.

    Args:
        y_true: `[n, 2]`, valence first, each in [-1, 1].
        y_pred: `[n, 2]`, the AV head's of freed features; half precision becomes float32.
        people: `[n]` integers, who is shown.
        chosen: `[n]` bool, which rows show someone who was chosen, all rows of a person or none.

    Returns:
        A scalar of the dtype of `y_pred`, at least 0; 0 where nobody was chosen.

    Raises:
        ValueError: shapes that do not fit, or people that are no integers.

    Example:
        >>> y_pred = tf.constant([[0.5, 0.5], [0.5, 0.5], [1.0, 0.0]])
        >>> float(matched_regression_loss(tf.zeros([3, 2]), y_pred, [1, 1, 2], [True, True, True]))  # ½ (¼ + ½)
        0.375
    """
    y_pred = at_least_float32(y_pred)
    y_true = as_dtype(y_true, y_pred.dtype)
    people = _checked_people(people)
    if not (y_pred.shape.is_compatible_with(y_true.shape) and y_pred.shape[:1].is_compatible_with(people.shape)):
        raise ValueError(
            f'y_true and y_pred must be [n, 2], and people [n]; shapes are {y_true.shape}, {y_pred.shape} and '
            f'{people.shape}'
        )
    faces = tf.reduce_sum(tf.cast(_same(people), y_pred.dtype), axis=1)
    error = tf.reduce_mean((y_pred - y_true) ** 2, axis=-1)
    return 0.5 * tf.reduce_sum(tf.where(chosen, error / faces, tf.zeros_like(error)))


def _shared_out(relevance: tf.Tensor, total: tf.Tensor) -> tf.Tensor:
    """Weights in proportion to relevance `[n, t]`, of which each column has a total, `[t]`; 0 where all of it is."""
    return relevance * (total / (tf.reduce_sum(relevance, axis=0) + _EPSILON))


def _same(people: tf.Tensor) -> tf.Tensor:
    """Which of all pairs of rows show one person, `[n, n]` bool; each row with itself included."""
    return people[:, tf.newaxis] == people


def _checked_people(people: Any) -> tf.Tensor:
    people = tf.convert_to_tensor(people)
    if not people.dtype.is_integer or people.shape.rank != 1:
        raise ValueError(
            f'people must be [n] integers, one a person; they are {people.dtype.name} of shape {people.shape}'
        )
    return people
