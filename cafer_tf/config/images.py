"""Which part of an image the networks see, and how it varies in training."""

from __future__ import annotations

import dataclasses
from typing import Literal

from cafer_tf.config.errors import require

CROPPED_MARGIN = 0.03
"""The `faces.margin` of data sets of cropped faces, whose parameters nobody wrote down: with it the eyes of photographs
are as far apart, in sides of the image, as in rendered faces."""


@dataclasses.dataclass(frozen=True)
class FacesConfig:
    """From a photograph to the face that the network sees; the same at ingestion and at prediction.

    Attributes:
        source: where the face is: `as_is` (each image shows one face, cropped already), `given` (where the data set's
            landmarks or boxes say; at prediction, where the detector does) or `detect` (where the detector says).
        align: whether the eyes are made level.
        margin: what the crop adds on each side, as a fraction of the face's side, in [0, 2].
        size: side, in pixels, of the image that is stored; 0 keeps the file's bytes, which `as_is` alone can.
        quality: of the JPEG that is stored, in [1, 100].
        min_confidence: the least confidence of a detection, in [0, 1].
    """

    source: Literal['as_is', 'given', 'detect'] = 'as_is'
    align: bool = True
    margin: float = 0.3
    size: int = 0
    quality: int = 95
    min_confidence: float = 0.9

    def __post_init__(self) -> None:
        require(0 <= self.margin <= 2, 'faces.margin must be in [0, 2]')
        require(0 <= self.size <= 4096, 'faces.size must be in [0, 4096] pixels')
        require(1 <= self.quality <= 100, 'faces.quality must be in [1, 100]')
        require(0 <= self.min_confidence <= 1, 'faces.min_confidence must be in [0, 1]')
        require(
            self.source == 'as_is' or self.size > 0,
            f'faces.size must be given with faces.source {self.source}: the side of the crops, in pixels, for example '
            '96; a little more than input.image_size leaves room for the random crop',
        )

    @property
    def kept_margin(self) -> float:
        """What the stored images hold beside the face, on each side, as a fraction of the face's side."""
        return CROPPED_MARGIN if self.source == 'as_is' else self.margin


@dataclasses.dataclass(frozen=True)
class InputConfig:
    """The image that the networks see.

    Attributes:
        image_size: side of the square input, in pixels.
        crop: fraction of the resized image's side that the crop leaves out (at random in training, evenly in
            prediction), in [0, 0.5]; 0.125 is the paper's 224 of 256 pixels.
    """

    image_size: int = 64
    crop: float = 0.0625

    def __post_init__(self) -> None:
        require(0 <= self.crop <= 0.5, 'input.crop must be in [0, 0.5]')


@dataclasses.dataclass(frozen=True)
class AugmentationConfig:
    """Random changes of the training images.

    Attributes:
        flip: mirror half of the images.
        brightness: largest change of brightness, as a fraction of the range.
        contrast: largest relative change of contrast.
        saturation: largest relative change of saturation.
        rotation: largest rotation, in degrees.
        cutout: side of the blanked square, as a fraction of the image's side, in [0, 0.5].
        expansion: largest factor by which the image shrinks on a grey ground of its size, where it then lies at random,
            in [1, 8]; 1 leaves it as large as it is. For `face_ssd`, which finds the face.
    """

    flip: bool = True
    brightness: float = 0.15
    contrast: float = 0.2
    saturation: float = 0.2
    rotation: float = 8.0
    cutout: float = 0.2
    expansion: float = 1.0

    def __post_init__(self) -> None:
        require(1 <= self.expansion <= 8, 'augmentation.expansion must be in [1, 8]')
        require(0 <= self.cutout <= 0.5, 'augmentation.cutout must be in [0, 0.5]')
        for name in ('brightness', 'contrast', 'saturation'):
            require(0 <= getattr(self, name) < 1, f'augmentation.{name} must be in [0, 1)')
        require(0 <= self.rotation <= 180, 'augmentation.rotation must be in [0, 180] degrees')
