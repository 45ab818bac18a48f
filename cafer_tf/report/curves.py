"""Learning curves: what training wrote for TensorBoard, read back and drawn."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Mapping

import tensorflow as tf
from matplotlib.figure import Figure
from tensorflow.core.util import event_pb2

from cafer_tf.names import natural_key
from cafer_tf.report.colours import SPLIT_STYLES

Scalars = Mapping[str, Mapping[str, Mapping[int, float]]]
"""For each of `train` and `validation`, and each name, the value of every epoch, counted from 1."""
_LOSS, _CCC = 'loss', 'ccc'
_TERM, _CRITIC = '_loss', 'critic_loss'
"""How the names of the loss's terms end, and what has such a name and is none of them."""
_SHOWN = {_LOSS: 'loss', _CCC: 'mean CCC'}


def read_scalars(directory: str | os.PathLike[str]) -> dict[str, dict[str, dict[int, float]]]:
    """The scalars that `cafer_tf.callbacks.Scalars` wrote.

    Args:
        directory: that was given to it. Where a training was continued it holds several files; of an epoch that is in
            more than one, the last counts. The rest of a file that a killed training broke off is left out.

    Returns:
        As `Scalars`; empty where there is nothing.
    """
    scalars: dict[str, dict[str, dict[int, float]]] = {}
    for split in SPLIT_STYLES:
        # By second, and by number within a process: the tenth writer comes after the ninth.
        files = pathlib.Path(directory, split).glob('events.out.tfevents.*')
        for path in sorted(files, key=lambda file: natural_key(file.name)):
            for record in tf.data.TFRecordDataset(str(path)).ignore_errors().as_numpy_iterator():
                event = event_pb2.Event.FromString(record)
                for value in event.summary.value:
                    series = scalars.setdefault(split, {}).setdefault(value.tag, {})
                    series[event.step] = float(tf.make_ndarray(value.tensor))
    return scalars


def chosen_epoch(scalars: Scalars) -> int | None:
    """The epoch whose weights are kept, the first with the highest mean CCC on the validation people.

    Args:
        scalars: of a training; None where they do not say.

    Example:
        >>> chosen_epoch({'validation': {'ccc': {1: 0.2, 2: 0.5, 3: 0.5}}})
        2
    """
    series = {epoch: value for epoch, value in scalars.get('validation', {}).get(_CCC, {}).items() if value == value}
    return max(sorted(series), key=series.__getitem__, default=None)


def trained_alone(scalars: Scalars) -> list[str]:
    """The terms of the loss that training has and validation does not compute, sorted.

    Args:
        scalars: of a training; one whose validation gives 0 for a term at every epoch does not compute it.

    Example:
        >>> train = {'loss': {1: 0.7}, 'rmse_loss': {1: 0.5}, 'matching_loss': {1: 0.2}}
        >>> trained_alone({'train': train, 'validation': {'loss': {1: 0.6}, 'rmse_loss': {1: 0.6}}})
        ['matching_loss']
    """
    train, validation = scalars.get('train', {}), scalars.get('validation', {})
    terms = {name for name in train if name.endswith(_TERM) and name != _CRITIC}
    return sorted(name for name in terms if _LOSS in validation and not any(validation.get(name, {}).values()))


def common_loss(scalars: Scalars) -> dict[str, dict[int, float]]:
    """The loss of each split, of the terms that both have, so that the two are of one kind.

    Args:
        scalars: of a training.

    Returns:
        For each split that has a loss, its value of every epoch.
    """
    left_out = trained_alone(scalars)
    return {
        split: {
            epoch: value - sum(named.get(name, {}).get(epoch, 0.0) for name in left_out)
            for epoch, value in named[_LOSS].items()
        }
        for split, named in scalars.items()
        if _LOSS in named
    }


def draw_curves(scalars: Scalars) -> Figure:
    """Loss and mean CCC of every epoch, on the training and on the validation people, with the chosen epoch marked.

    The loss is that of `common_loss`.

    Args:
        scalars: of a training.
    """
    figure = Figure(figsize=(9.5, 3.6), layout='constrained')
    chosen = chosen_epoch(scalars)
    scores = {split: named.get(_CCC, {}) for split, named in scalars.items()}
    shown: dict[str, Mapping[str, Mapping[int, float]]] = {_LOSS: common_loss(scalars), _CCC: scores}
    for axes, (name, label) in zip(figure.subplots(1, len(_SHOWN)), _SHOWN.items(), strict=True):
        for split, style in SPLIT_STYLES.items():
            series = shown[name].get(split, {})
            if series:
                epochs = sorted(series)
                values = [series[epoch] for epoch in epochs]
                axes.plot(epochs, values, linestyle=style, marker='.', markersize=4, label=split)
        if chosen is not None:
            axes.axvline(chosen, color='#333333', linewidth=1, linestyle=':', label=f'chosen: epoch {chosen}')
        axes.set(xlabel='epoch', ylabel=label)
        axes.grid(color='#dddddd', linewidth=0.6)
        if axes.lines:
            axes.legend(fontsize=8)
    return figure
