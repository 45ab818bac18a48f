"""The rows of the table that are trained here: each is a name for presets of the configuration."""

from __future__ import annotations

import dataclasses
from typing import Any

from cafer_tf.comparison_table.published import PUBLISHED
from cafer_tf.config import Config

_GIVEN: dict[str, Any] = {'faces.source': 'given', 'faces.size': 256}
FACES: dict[str, dict[str, Any]] = {'affectnet_csv': _GIVEN, 'afew_va': _GIVEN}
"""How the faces of a layout are cut unless a change says otherwise: photographs larger than the face are cropped to it,
at the side from which the poster's networks take their 224 pixels. Other layouts hold faces that are cut already."""


@dataclasses.dataclass(frozen=True)
class Row:
    """A system that can be trained.

    Attributes:
        name: by which the row is asked for.
        method: as the table shows it.
        backbone: likewise.
        presets: of the configuration, a later one before an earlier.
        published: the line of `PUBLISHED` that it stands beside, or None where the poster has none.
    """

    name: str
    method: str
    backbone: str
    presets: tuple[str, ...]
    published: str | None = None

    def __post_init__(self) -> None:
        if self.published is not None and self.published not in PUBLISHED:
            raise ValueError(f'row {self.name}: the poster has no line {self.published!r}')

    def config(self, layout: str) -> Config:
        """The configuration of the row on a data set, where nothing is changed.

        Args:
            layout: of the data set.
        """
        return Config.from_preset(*self.presets).with_changes(FACES.get(layout, {}).items())


ROWS: dict[str, Row] = {
    row.name: row
    for row in (
        Row('mollahosseini2017', 'Mollahosseini et al. 2017', 'AlexNet', ('mollahosseini2017',), 'mollahosseini2017'),
        Row('jang2019', 'Jang et al. 2019', 'SSD w/ VGG16', ('jang2019',), 'jang2019'),
        Row('kollias2018', 'Kollias et al. 2018', 'VGG16', ('kollias2018',), 'kollias2018'),
        Row('barros2019', 'Barros et al. 2019', 'FaceChannel', ('barros2019',), 'barros2019'),
        Row('kossaifi2020', 'Kossaifi et al. 2020', 'CP ResNet18', ('kossaifi2020',), 'kossaifi2020'),
        Row('hasani2020', 'Hasani et al. 2020', 'BReG-NeXt-50', ('hasani2020',), 'hasani2020'),
        Row('resnet18', 'Kim and Song 2021', 'ResNet18', ('paper', 'resnet18'), 'kim2021_resnet18'),
        Row('alexnet', 'Kim and Song 2021', 'AlexNet (tuned)', ('paper', 'alexnet'), 'kim2021_alexnet'),
        Row('avce2022', 'AVCE, Kim and Song 2022', 'ResNet18', ('resnet18', 'avce2022')),
        Row('elim2022', 'ELIM, Kim and Song 2022', 'ResNet18', ('resnet18', 'elim2022')),
        Row('compact', 'CAFER-TF', 'compact', ('paper',)),
    )
}
"""All rows by name, in the order of the table."""
DEFAULT_ROWS = tuple(name for name in ROWS if name != 'compact')
"""The systems of others: the poster's, and the newer methods of its authors."""
