"""What a model says of every face of a photograph."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from cafer_tf import datasets, faces, features, grouping, input
from cafer_tf.config import CROPPED_MARGIN, Config, FacesConfig
from cafer_tf.faces import Face, FacesError, NoFaceError
from cafer_tf.faces.face import Box, Point
from cafer_tf.serving import STATUSES, ModelError, Predictor

FILLS = 0.6
"""A face whose tight square has this share of an image's longer side, or more, makes that image a crop.

A crop with a margin of 0.3 on each side has `1 / 1.6`, and rendered faces fill nearly all of theirs.
"""
SQUARE = 0.9
"""The shorter side of a square image, as a share of the longer one; cameras make 4 to 5 at the squarest."""
_AT_ONCE = 64


class RecognisedFace(NamedTuple):
    """A face of a photograph, and what a model says of it.

    Attributes:
        box: left, top, width and height, in pixels; it may reach beyond the image.
        left_eye, right_eye: the centres of the eyes, named by their side in the image; None where they aren't known.
        confidence: of the detection, in [0, 1].
        valence, arousal: in [-1, 1].
        intensity: in [0, sqrt(2)].
    """

    box: Box
    left_eye: Point | None
    right_eye: Point | None
    confidence: float
    valence: float
    arousal: float
    intensity: float


class Photograph(NamedTuple):
    """What was found in an image file.

    Attributes:
        image: uint8 `[height, width, 3]`, RGB, upright.
        faces: the largest first.
        crops: of the faces, uint8 `[height, width, 3]`.
        whole: whether the image was taken as one face, whose box is then the image.
        found: how many faces the detector found; 0 where it was not asked.
    """

    image: np.ndarray
    faces: list[RecognisedFace]
    crops: list[np.ndarray]
    whole: bool
    found: int


def recognise(predictor: Predictor, image: np.ndarray) -> list[RecognisedFace]:
    """Finds all faces of a photograph, crops them as `parameters` says, and asks the model about them at once.

    Args:
        predictor: the model.
        image: uint8 `[height, width, 3]`, RGB, upright.

    Returns:
        The largest face first; nothing where there is no face.

    Raises:
        FacesError: mtcnn is not installed.
        ModelError: the model does not answer for pixels.
    """
    config = parameters(predictor.config)
    return answered(predictor, *cropped(image, faces.detect(image, config.min_confidence), config))


def recognise_file(predictor: Predictor, data: bytes, whole: bool = False) -> Photograph:
    """The same for an image file, which may show a face that is cropped already.

    Args:
        predictor: the model.
        data: of a JPEG or PNG.
        whole: whether the image is one face, cropped already, whatever it looks like; it is not searched then.

    Returns:
        The photograph, with at least one face.

    Raises:
        UnusableImage: the image cannot be decoded, has no face, or is taken whole and more than the model takes; the
            reasons can be counted.
        FacesError: mtcnn is needed, and not installed.
        ModelError: the model does not answer.
    """
    photograph = look(predictor, data, whole or None)
    if not photograph.faces:
        raise NoFaceError('no face found')
    return photograph


def look(predictor: Predictor, data: bytes, whole: bool | None = None) -> Photograph:
    """`recognise_file`, for which a file without a face is as good as any.

    A model that was trained on images as they were takes an image whole, the very bytes, where it looks as if it were
    one of them (`is_crop`).

    Args:
        predictor: the model.
        data: of a JPEG or PNG.
        whole: whether the image is one face, cropped already: it is not searched then. None for what it looks like.

    Raises:
        UnusableImage: the image cannot be decoded, or is taken whole and more than the model takes.
        FacesError: mtcnn is needed, and not installed.
        ModelError: the model does not answer.
    """
    image, config = faces.decode(data), parameters(predictor.config)
    as_is = predictor.config.faces.source == 'as_is'
    found = [] if whole else faces.detect(image, config.min_confidence)
    if whole or (whole is None and as_is and is_crop(image, found)):
        (answer,) = predictor.predict([predictor.prepare(data) if as_is else data])
        if answer.status:
            raise datasets.UnusableImage(STATUSES[answer.status])
        point = answer.valence, answer.arousal, answer.intensity
        _check_finite(predictor, point)
        height, width = image.shape[:2]
        face = RecognisedFace((0.0, 0.0, float(width), float(height)), None, None, 1.0, *point)
        return Photograph(image, [face], [image], True, len(found))
    kept, crops = cropped(image, found, config)
    return Photograph(image, answered(predictor, kept, crops), crops, False, len(found))


def facts(photograph: Photograph) -> list[dict[str, Any]]:
    """What is known of each face, by name; one that is the whole image has no place in it: None.

    Args:
        photograph: with the faces.
    """
    placeless = dict.fromkeys(('box', 'left_eye', 'right_eye', 'confidence')) if photograph.whole else {}
    return [{**face._asdict(), **placeless} for face in photograph.faces]


def finds_faces(predictor: Predictor) -> bool:
    """Whether there is a detector of faces; a model of faces that were cropped already can do without.

    Args:
        predictor: the model.

    Raises:
        FacesError: there is none, and the model needs one.
    """
    try:
        faces.require_detector()
    except FacesError:
        if predictor.config.faces.source != 'as_is':
            raise
        return False
    return True


def parameters(config: Config) -> FacesConfig:
    """How the faces of photographs are found and cropped for a model: as it was done for its training.

    A model that was trained on images as they were (`as_is`) has learned from faces that somebody else had cropped. It
    gets faces that are cropped tightly (`CROPPED_MARGIN`), with level eyes, which rendered faces and most data sets of
    faces come near to.

    Args:
        config: of the model.
    """
    config_of_faces = faces.at_prediction(config.faces)
    if config_of_faces.source == 'detect':
        return config_of_faces
    size = config_of_faces.size or input.resized_side(config.input)
    return dataclasses.replace(config_of_faces, source='detect', align=True, margin=CROPPED_MARGIN, size=size)


def cropped(image: np.ndarray, found: Sequence[Face], config: FacesConfig) -> tuple[list[Face], list[np.ndarray]]:
    """The faces that can be cropped, and their crops, uint8 `[size, size, 3]`.

    Args:
        image: uint8 `[height, width, 3]`, RGB.
        found: faces in it; those whose middle lies outside the image are left out.
        config: as `parameters` gives it.
    """
    kept, crops = [], []
    for face in found:
        try:
            crops.append(faces.crop(image, face, config))
        except NoFaceError:
            continue
        kept.append(face)
    return kept, crops


def answered(predictor: Predictor, found: Sequence[Face], crops: Sequence[np.ndarray]) -> list[RecognisedFace]:
    """Faces with what the model says of their crops.

    Args:
        predictor: the model.
        found: `n` faces, not necessarily of one image.
        crops: `n` images, uint8 `[height, width, 3]`.

    Raises:
        ModelError: the model does not answer for pixels, or not by finite numbers.
    """
    points = predicted(predictor, crops)
    strength = grouping.intensity(points)
    return [
        RecognisedFace(*face, float(point[0]), float(point[1]), float(radius))
        for face, point, radius in zip(found, points, strength, strict=True)
    ]


def predicted(predictor: Predictor, crops: Sequence[np.ndarray]) -> np.ndarray:
    """Valence and arousal of faces, `[n, 2]` float32.

    Where training stored its crops as JPEG, these become JPEG and pixels again, so that the network sees the same.

    Args:
        predictor: the model.
        crops: `n` images, uint8 `[height, width, 3]`, RGB.

    Raises:
        ModelError: the model does not answer for pixels, or not by finite numbers.
    """
    config, parts = predictor.config, []
    for start in range(0, len(crops), _AT_ONCE):
        batch = [_pixels(crop, config) for crop in crops[start : start + _AT_ONCE]]
        parts.append(predictor.embed(tf.stack(batch)).predictions)
        _check_finite(predictor, parts[-1])
    return np.concatenate(parts) if parts else np.zeros([0, len(features.OUTPUTS)], np.float32)


def is_crop(image: np.ndarray, found: Sequence[Face]) -> bool:
    """Whether an image looks like those of a data set of cropped faces.

    Such a one shows a single face that fills it (`FILLS`), or is square (`SQUARE`) and has none: detectors miss some of
    the faces that are cropped tightly.

    Args:
        image: `[height, width, 3]`.
        found: all faces in it.
    """
    shorter, longer = sorted(image.shape[:2])
    if not found:
        return shorter >= SQUARE * longer
    return len(found) == 1 and max(found[0].box[2:]) >= FILLS * longer


def _pixels(crop: np.ndarray, config: Config) -> tf.Tensor:
    if config.faces.size == 0:
        return input.fit(tf.constant(crop, tf.float32) / 255, config.input)
    return input.preprocess(tf.constant(faces.stored(crop, config.faces.quality)), config.input)


def _check_finite(predictor: Predictor, values: Sequence[float] | np.ndarray) -> None:
    if not np.isfinite(values).all():
        raise ModelError(f'{predictor.directory} answers NaN or infinity; train it again, or serve another one')
