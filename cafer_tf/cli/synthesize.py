"""`cafer synthesize`."""

from __future__ import annotations

import pathlib
from typing import Any

import click

_SHARED = ('people', 'image_size', 'idiosyncrasy', 'seed')
_OF_FACES, _OF_VIDEO = ('images_per_person', 'contact_sheet'), ('videos', 'frames')


@click.command(
    epilog="""\b
Examples:
  cafer synthesize faces/
  cafer synthesize faces/ --people 200 --images-per-person 100 --image-size 112
  cafer synthesize faces/ --idiosyncrasy 0 --contact-sheet sheet.png
  cafer synthesize clips/ --video
  cafer synthesize clips/ --video --videos 20 --frames 750 --people 200
"""
)
@click.argument('out', type=click.Path(path_type=pathlib.Path))
@click.option('--people', type=click.IntRange(min=3), help='How many people; with --video, how many to leave out.')
@click.option('--images-per-person', type=click.IntRange(min=1), help='How many images of each.')
@click.option('--image-size', type=click.IntRange(32, 512), help='Side of the images, in pixels.')
@click.option('--idiosyncrasy', type=click.FloatRange(0, 1), help='How differently people express an emotion.')
@click.option('--seed', type=int, help='The same seed gives the same images.')
@click.option('--workers', type=click.IntRange(min=1), help='Processes; by default one for each processor.')
@click.option(
    '--contact-sheet', type=click.Path(path_type=pathlib.Path), help='Also draw people and expressions to this PNG.'
)
@click.option('--video', is_flag=True, help='Render clips of other people instead.')
@click.option('--videos', type=click.IntRange(min=1), help='How many clips, each of another person.')
@click.option('--frames', type=click.IntRange(min=1), help='Length of each clip, at 25 frames a second.')
def synthesize(out: pathlib.Path, video: bool, workers: int | None, **options: Any) -> None:
    """Renders parametric 3-D faces with known valence, arousal and identity.

    OUT gets images/ and labels.csv, with train, eval and test splits that share no person: a data set for
    `cafer run --dataset csv --root OUT`.

    With --video, OUT gets clips of people who show one emotion after the other, in the layout of Aff-Wild: a data set
    for `--dataset aff_wild --root OUT`. The people of the face set with the same --people and --seed do not appear.
    """
    from cafer_tf import synthesis

    given = {name: value for name, value in options.items() if value is not None}
    misplaced = [name for name in (_OF_FACES if video else _OF_VIDEO) if name in given]
    if misplaced:
        flag = '--' + misplaced[0].replace('_', '-')
        raise click.UsageError(f'{flag} is for face sets, not for --video' if video else f'{flag} needs --video')
    contact_sheet = given.pop('contact_sheet', None)
    try:
        if video:
            faces = synthesis.FaceSet(**{name: value for name, value in given.items() if name in _SHARED})
            clips = {name: value for name, value in given.items() if name in _OF_VIDEO}
            synthesis.write_video_set(out, synthesis.VideoSet(faces, **clips), workers=workers)
        else:
            face_set = synthesis.FaceSet(**given)
            synthesis.write_face_set(out, face_set, workers=workers)
            if contact_sheet is not None:
                synthesis.contact_sheet(face_set, contact_sheet)
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f'videos: {out}' if video else f'faces: {out}')
    if contact_sheet is not None:
        click.echo(f'contact sheet: {contact_sheet}')
