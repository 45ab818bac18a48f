"""Learning curves: what training wrote for TensorBoard, read back and drawn."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Mapping

import tensorflow as tf
from matplotlib.figure import Figure
from tensorflow.core.util import event_pb2

from cafer_tf.networks.pretrained.stored import natural_key
from cafer_tf.report.colours import SPLIT_STYLES

Scalars = Mapping[str, Mapping[str, Mapping[int, float]]]
"""For each of `train` and `validation`, and each name, the value of every epoch, counted from 1."""
_LOSS, _CCC = 'loss', 'ccc'
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


def draw_curves(scalars: Scalars) -> Figure:
    """Loss and mean CCC of every epoch, on the training and on the validation people, with the chosen epoch marked.

    Args:
        scalars: of a training.
    """
    figure = Figure(figsize=(9.5, 3.6), layout='constrained')
    chosen = chosen_epoch(scalars)
    for axes, (name, label) in zip(figure.subplots(1, len(_SHOWN)), _SHOWN.items(), strict=True):
        for split, style in SPLIT_STYLES.items():
            series = scalars.get(split, {}).get(name, {})
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
