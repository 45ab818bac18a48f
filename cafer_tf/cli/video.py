"""`cafer video`."""

from __future__ import annotations

import contextlib
import functools
import pathlib
import signal
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click
from tqdm import tqdm

if TYPE_CHECKING:
    from cafer_tf.video import Frame, Smoothing, Video

_PATH = click.Path(path_type=pathlib.Path)
_FILE = click.Path(dir_okay=False, path_type=pathlib.Path)


@click.command(
    epilog="""\b
Examples:
  cafer video talk.mp4 --model runs/demo/serving/cafer --out annotated.mp4 --csv faces.csv
  cafer video talk.mp4 --model runs/demo/serving/cafer --csv faces.csv --every 1 --smoothing none
  cafer video crops.mp4 --model runs/demo/serving/cafer --out annotated.mp4 --whole
  cafer video --camera 0 --model runs/demo/serving/cafer --out annotated.mp4
"""
)
@click.argument('source', metavar='[INPUT]', required=False, type=_PATH)
@click.option('--camera', type=click.IntRange(min=0), help='Number of a camera, instead of a file; Ctrl-C ends it.')
@click.option('--model', required=True, type=_PATH, help='A pushed model, or the folder of its versions.')
@click.option(
    '--out',
    type=_FILE,
    help='Write the video with faces, circumplex and traces; the ending says the format: .mp4, .mov or .mkv.',
)
@click.option('--csv', 'table', type=_FILE, help='Write a row for each face and frame.')
@click.option(
    '--every', type=click.IntRange(min=1), default=5, show_default=True, help='Search each so many frames for faces.'
)
@click.option('--whole', is_flag=True, help='Each frame is one face, cropped already: search none.')
@click.option(
    '--smoothing',
    type=click.Choice(['one-euro', 'mean', 'none']),
    default='one-euro',
    show_default=True,
    help='Of valence and arousal, for each face.',
)
@click.option('--min-cutoff', type=float, help='Of one-euro, in Hz: less is calmer at rest.  [default: 1]')
@click.option('--beta', type=float, help='Of one-euro, in Hz for each unit a second: more lags less.  [default: 1]')
@click.option('--window', type=float, help='Of mean, in seconds.  [default: 0.5]')
def video(
    source: pathlib.Path | None,
    camera: int | None,
    model: pathlib.Path,
    out: pathlib.Path | None,
    table: pathlib.Path | None,
    every: int,
    whole: bool,
    smoothing: str,
    **options: float | None,
) -> None:
    """Follows the faces of a video, and says valence and arousal of each in each frame.

    INPUT is a video file, or a camera such as /dev/video0. Frames that cannot be decoded are left out and counted, and
    so are those that a truncated file lacks. The video that is written has no sound.
    """
    if (source is None) == (camera is None):
        raise click.UsageError('give a video, or --camera')
    if out is None and table is None:
        raise click.UsageError('give --out, --csv or both: where the answers go')
    source = source or pathlib.Path(f'/dev/video{camera}')
    for path in (out, table):
        if path is not None and path.resolve() == source.resolve():
            raise click.UsageError(f'{path} is the input, which would be lost; write to another file')
    from pipeline import console

    with console.hush():
        from cafer_tf.faces import FacesError
        from cafer_tf.serving import ModelError, Predictor
        from cafer_tf.video import Film, Table, Video, VideoError, recognise
    make = _filter(smoothing, options)
    try:
        predictor = Predictor(model)
        with contextlib.ExitStack() as stack:
            film = stack.enter_context(Video(source))
            writers: list[Any] = [stack.enter_context(Table(table))] if table else []
            writers += [stack.enter_context(Film(out, film.rate))] if out else []
            frames, rows, numbers = 0, 0, 0
            for frame, found in recognise(predictor, _shown(film), make, every, whole):
                for writer in writers:
                    writer.add(frame, found)
                frames, rows = frames + 1, rows + len(found)
                numbers = max([numbers, *(face.number for face in found)])
    except FacesError as error:
        raise click.ClickException(f'{error} Without it, --whole takes each frame as one face.') from None
    except (ModelError, VideoError) as error:
        raise click.ClickException(str(error)) from None
    if film.missing:
        said, read = frames + film.broken, frames + film.broken - film.missing
        click.echo(f'note: {source}: the file says {said} frames; {read} were read: it may be truncated', err=True)
    click.echo(f'frames: {frames} ({film.broken} broken ones left out)')
    click.echo(f'faces: {numbers}, in {rows} places')
    for name, path in (('csv', table), ('video', out)):
        if path is not None:
            click.echo(f'{name}: {path}')


def _filter(smoothing: str, options: dict[str, float | None]) -> Callable[[], Smoothing]:
    """What makes the filter of a face's valence and arousal."""
    from cafer_tf.video import OneEuro, Unsmoothed, WindowMean

    makers: dict[str, tuple[Callable[..., Smoothing], dict[str, str]]] = {
        'one-euro': (OneEuro, {'min_cutoff': 'min_cutoff', 'beta': 'beta'}),
        'mean': (WindowMean, {'window': 'seconds'}),
        'none': (Unsmoothed, {}),
    }
    make, names = makers[smoothing]
    given = {name: value for name, value in options.items() if value is not None}
    misplaced = [name for name in given if name not in names]
    if misplaced:
        raise click.UsageError(f'--{misplaced[0].replace("_", "-")} has no meaning with --smoothing {smoothing}')
    smoother = functools.partial(make, **{names[name]: value for name, value in given.items()})
    try:
        smoother()
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    return smoother


def _shown(film: Video) -> Iterator[Frame]:
    """The frames, under a progress bar; those of a camera until Ctrl-C."""
    ended = False

    def end(*_: Any) -> None:
        nonlocal ended
        ended = True

    before = signal.signal(signal.SIGINT, end) if film.live else None
    try:
        for frame in tqdm(film, total=film.frames, unit='frame', desc='video', disable=None, leave=False):
            yield frame
            if ended:
                return
    finally:
        if before is not None:
            signal.signal(signal.SIGINT, before)
