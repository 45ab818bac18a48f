"""`cafer synthesize`."""

from __future__ import annotations

import pathlib
from typing import Any

import click


@click.command(
    epilog="""\b
Examples:
  cafer synthesize faces/
  cafer synthesize faces/ --people 200 --images-per-person 100 --image-size 112
  cafer synthesize faces/ --idiosyncrasy 0 --contact-sheet sheet.png
"""
)
@click.argument('out', type=click.Path(path_type=pathlib.Path))
@click.option('--people', type=click.IntRange(min=3), help='How many people.')
@click.option('--images-per-person', type=click.IntRange(min=1), help='How many images of each.')
@click.option('--image-size', type=click.IntRange(32, 512), help='Side of the images, in pixels.')
@click.option('--idiosyncrasy', type=click.FloatRange(0, 1), help='How differently people express an emotion.')
@click.option('--seed', type=int, help='The same seed gives the same images.')
@click.option('--workers', type=click.IntRange(min=1), help='Processes; by default one for each processor.')
@click.option(
    '--contact-sheet', type=click.Path(path_type=pathlib.Path), help='Also draw people and expressions to this PNG.'
)
def synthesize(out: pathlib.Path, workers: int | None, contact_sheet: pathlib.Path | None, **options: Any) -> None:
    """Renders parametric 3-D faces with known valence, arousal and identity.

    OUT gets images/ and labels.csv, with train, eval and test splits that share no person: a data set for
    `cafer run --dataset csv --root OUT`.
    """
    from cafer_tf import synthesis

    try:
        face_set = synthesis.FaceSet(**{name: value for name, value in options.items() if value is not None})
        synthesis.write_face_set(out, face_set, workers=workers)
        if contact_sheet is not None:
            synthesis.contact_sheet(face_set, contact_sheet)
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f'faces: {out}')
    if contact_sheet is not None:
        click.echo(f'contact sheet: {contact_sheet}')
