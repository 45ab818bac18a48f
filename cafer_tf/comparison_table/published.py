"""What the poster says of eight systems on AffectNet: claims of their authors, copied and not reproduced.

Reference: D. H. Kim and B. C. Song, poster of "Contrastive Adversarial Learning for Person Independent Facial Emotion
Recognition", AAAI 2021, table "Quantitative results on AffectNet dataset".
"""

from __future__ import annotations

import dataclasses

SOURCE = 'poster of Kim and Song, AAAI 2021, "Quantitative results on AffectNet dataset"'
FIGURES = ('rmse', 'pcc', 'ccc')
"""The figures of the table, each for valence and for arousal."""

Pair = tuple[float, float]
"""Of valence, and of arousal."""


@dataclasses.dataclass(frozen=True)
class Published:
    """One line of the poster's table; None where it has a dash.

    Attributes:
        method: its authors and the year.
        backbone: the network, as the poster names it.
        parameters: in millions.
        rmse, pcc, ccc: of valence and of arousal.
    """

    method: str
    backbone: str
    parameters: float | None
    rmse: Pair | None
    pcc: Pair | None
    ccc: Pair | None


PUBLISHED: dict[str, Published] = {
    'mollahosseini2017': Published(
        'Mollahosseini et al. 2017', 'AlexNet', 61, (0.37, 0.41), (0.66, 0.54), (0.60, 0.34)
    ),
    'jang2019': Published('Jang et al. 2019', 'SSD w/ VGG16', None, (0.44, 0.39), (0.58, 0.50), (0.57, 0.47)),
    'kollias2018': Published('Kollias et al. 2018', 'VGG16', None, (0.37, 0.39), (0.66, 0.55), (0.62, 0.54)),
    'barros2019': Published('Barros et al. 2019', 'AlexNet', None, None, None, (0.67, 0.38)),
    'kossaifi2020': Published('Kossaifi et al. 2020', 'ResNet18', None, (0.35, 0.32), (0.71, 0.63), (0.71, 0.63)),
    'hasani2020': Published('Hasani et al. 2020', 'ResNeXt50', 3.1, (0.2668, 0.2482), (0.78, 0.86), (0.74, 0.85)),
    'kim2021_resnet18': Published('Kim and Song 2021', 'ResNet18', 11, (0.2186, 0.1873), (0.86, 0.85), (0.83, 0.84)),
    'kim2021_alexnet': Published(
        'Kim and Song 2021', 'AlexNet (tuned)', 3.6, (0.2216, 0.1916), (0.81, 0.86), (0.80, 0.85)
    ),
}
"""The lines in the poster's order."""
