"""A picture of a face set: people by named expressions."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from cafer_tf.synthesis.expression import EXPRESSIONS, NEUTRAL, named
from cafer_tf.synthesis.identity import express, make_person
from cafer_tf.synthesis.population import FaceSet, subject_id
from cafer_tf.synthesis.render import render_face
from cafer_tf.synthesis.scene import Scene, expose, sample_camera, sample_scene

SHEET_STREAM = 5
PAPER, INK = (250, 250, 250), (30, 30, 30)


def contact_sheet(
    face_set: FaceSet,
    path: str | os.PathLike[str],
    people: int | Sequence[int] = 8,
    expressions: Sequence[str] = (NEUTRAL, *EXPRESSIONS),
    image_size: int = 96,
    plain: bool = False,
) -> pathlib.Path:
    """Writes a PNG with a row for each person and a column for each expression at its peak.

    Args:
        face_set: the population.
        path: of the PNG.
        people: how many, or which.
        expressions: names in `EXPRESSIONS`, or `neutral`.
        image_size: side of each face in pixels.
        plain: frontal in even light, without flaws of the camera, instead of a random scene for each face.

    Returns:
        The path.
    """
    chosen = range(people) if isinstance(people, int) else people
    font, small = ImageFont.load_default(size=13), ImageFont.load_default(size=11)
    left, top, gap = 86, 24, 2
    step = image_size + gap
    sheet = Image.new('RGB', (left + step * len(expressions), top + step * len(chosen)), PAPER)
    draw = ImageDraw.Draw(sheet)
    for column, expression in enumerate(expressions):
        draw.text((left + step * column + image_size / 2, top / 2), expression, INK, font, anchor='mm')
    for row, index in enumerate(chosen):
        draw.text((left - 6, top + step * row + image_size / 2), subject_id(index), INK, small, anchor='rm')
        person = make_person(face_set.seed, index)
        for column, expression in enumerate(expressions):
            rng = np.random.default_rng([face_set.seed, index, SHEET_STREAM, column])
            weights = express(named(expression).units, person.style, face_set.idiosyncrasy)
            face = render_face(person, weights, Scene() if plain else sample_scene(rng), image_size)
            if not plain:
                face = expose(face, sample_camera(rng), rng)
            sheet.paste(Image.fromarray(face), (left + step * column, top + step * row))
    sheet.save(path, 'PNG')
    return pathlib.Path(path)
