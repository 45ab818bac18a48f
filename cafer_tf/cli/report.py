"""`cafer report`."""

from __future__ import annotations

import pathlib

import click

from cafer_tf.datasets import LAYOUTS

_PATH = click.Path(path_type=pathlib.Path)


@click.command(
    epilog="""\b
Examples:
  cafer report --run runs/demo
  cafer report --run runs/demo --video-root videos/ --video-dataset aff_wild
  cafer report --run runs/mine --out report.html --seed 1
  cafer report --run runs/demo --study docs/study --table runs/table

\b
`cafer synthesize videos/ --video` renders videos of people that a run with the same --people and --seed has not seen.
"""
)
@click.option('--run', 'out', required=True, type=_PATH, help='Folder of a run that serves a model.')
@click.option('--out', 'path', type=_PATH, help='Where the page goes.  [default: report.html, in the folder of --run]')
@click.option(
    '--seed', type=click.IntRange(min=0), default=0, show_default=True, help='Of all draws: intervals, probe, map.'
)
@click.option('--video-root', type=_PATH, help='Folder of videos to show over time.')
@click.option(
    '--video-dataset',
    type=click.Choice(sorted(LAYOUTS)),
    default='aff_wild',
    show_default=True,
    help='Layout of --video-root.',
)
@click.option('--study', type=_PATH, help='Folder of results of the study of person independence, to show too.')
@click.option('--table', type=_PATH, help='Folder of `cafer benchmark table`, whose table to show too.')
def report(
    out: pathlib.Path,
    path: pathlib.Path | None,
    seed: int,
    video_root: pathlib.Path | None,
    video_dataset: str,
    study: pathlib.Path | None,
    table: pathlib.Path | None,
) -> None:
    """Writes the report of a run: one HTML file that loads nothing, for the screen and for paper.

    It has the figures with their intervals, the gap to people seen in training, slices, each person, predictions
    beside the truth, best and worst faces, calibration, the identity probe and a map of the embedding, the data, the
    learning curves, the configuration, and the model card. A run makes it at its end; this makes it again.
    """
    from pipeline import console

    with console.hush():
        from pipeline import report as reporting
        from pipeline.errors import EXPECTED
        from pipeline.films import VideoFolder
    try:
        videos = VideoFolder(video_dataset, video_root) if video_root else None
        written = reporting.write_report(out, path, seed, videos, study, table)
    except EXPECTED as error:
        raise click.ClickException(str(error)) from None
    click.echo(f'report: {written.report}')
    click.echo(f'figures: {written.evaluation}')
