"""What the page is told about a picture, and about the model."""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np
from PIL import Image

from cafer_tf import datasets, faces, features, recognition
from cafer_tf.serving import Predictor
from cafer_tf.version import __version__

_FORMATS = ('JPEG', 'PNG')


def answer(predictor: Predictor, data: bytes, whole: bool | None = None) -> dict[str, Any]:
    """The faces of a picture, the largest first, as `recognition.look` has them, ready for JSON.

    A picture without a face has none, which is an answer like others. A face that is the whole picture has no place in
    it: `box`, the eyes and `confidence` are None.

    Args:
        predictor: the model.
        data: of a JPEG or PNG.
        whole: whether the picture is one face, cropped already; None for what it looks like.

    Returns:
        `width` and `height` of the upright picture, `whole`, `found` (how many faces the detector found) and `faces`.

    Raises:
        UnusableImage: the picture cannot be decoded, or is too large.
        ModelError: the model does not answer.
    """
    _check_pixels(data)
    photograph = recognition.look(predictor, data, whole)
    height, width = photograph.image.shape[:2]
    return {
        'width': width,
        'height': height,
        'whole': photograph.whole,
        'found': photograph.found,
        'faces': recognition.facts(photograph),
    }


def about(predictor: Predictor, whole: bool, max_bytes: int) -> dict[str, Any]:
    """Facts of the model and of the server, ready for JSON.

    Args:
        predictor: the model.
        whole: whether each picture is taken as one face.
        max_bytes: of a picture.
    """
    folder = predictor.directory.absolute()
    numbered = folder.name.isdigit()
    return {
        'name': folder.parent.name if numbered else folder.name,
        'version': folder.name if numbered else None,
        'encoder': predictor.config.network.encoder,
        'image_size': predictor.config.input.image_size,
        'finds_faces': not whole,
        'max_bytes': max_bytes,
        'cafer_tf': __version__,
    }


def warm_up(predictor: Predictor, whole: bool = False) -> None:
    """Makes the first picture as quick as the next ones.

    Args:
        predictor: the model.
        whole: whether each picture is taken as one face, so that no detector is needed.

    Raises:
        ModelError: the model does not answer.
    """
    grey = np.full([64, 64, 3], faces.detection.GREY, np.uint8)
    predictor.predict([faces.stored(grey, 90)])
    if not whole:
        recognition.predicted(predictor, [grey])
        faces.detect(grey)


def _check_pixels(data: bytes) -> None:
    """Raises for a picture that would take more memory to decode than one that is served; decodes nothing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore', Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
                pixels = image.width * image.height
    except (Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        return  # what decodes says what is wrong, in better words
    if pixels > features.MAX_PIXELS:
        raise datasets.UnusableImage(f'more than {features.MAX_PIXELS / 1e6:.1f} million pixels')
