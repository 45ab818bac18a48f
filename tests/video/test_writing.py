import csv
from fractions import Fraction

import av
import numpy as np
import pytest
from clips import moving

from cafer_tf.report.overlay import colour_of
from cafer_tf.video import Film, Frame, Table, TrackedFace, Video, VideoError, writing

FACE = TrackedFace(1, (20.0, 30.0, 50.0, 60.0), None, None, 0.98, True, 0.5, -0.25, 0.559, (0.6, -0.3))


@pytest.mark.parametrize('codec', ['libx264', 'mpeg4'])
def test_a_film_plays_and_shows_the_faces(codec, tmp_path, monkeypatch):
    monkeypatch.setattr(writing, '_CODECS', (codec,))
    pictures, times = moving(4), [0.0, 0.04, 0.1, 0.5]
    with Film(tmp_path / 'film.mp4', Fraction(25)) as film:
        for number, (time, picture) in enumerate(zip(times, pictures, strict=True)):
            film.add(Frame(number, time, picture), [FACE] if number != 2 else [])
    with av.open(str(tmp_path / 'film.mp4')) as container:
        assert container.streams.video[0].codec_context.name == {'libx264': 'h264', 'mpeg4': 'mpeg4'}[codec]
    with Video(tmp_path / 'film.mp4') as read:
        frames = list(read)
    assert [frame.time for frame in frames] == pytest.approx(times, abs=1e-3)
    # 200 pixels are enlarged three times, and the panel is 0.26 of the width.
    assert frames[0].pixels.shape == (3 * 160 + 156, 600, 3)
    colour = np.array([int(colour_of(1)[place : place + 2], 16) for place in (1, 3, 5)])
    shown, absent = (
        np.abs(frame.pixels[:480].astype(int) - colour).max(axis=2) < 40 for frame in (frames[1], frames[2])
    )
    assert shown[3 * 30 + 30 : 3 * 80, 3 * 20 - 4 : 3 * 20 + 8].any(axis=1).mean() > 0.9  # the box's left side
    assert absent.mean() < shown.mean() / 4
    assert list(tmp_path.iterdir()) == [tmp_path / 'film.mp4']


def test_a_table_has_a_row_for_each_face_and_frame(tmp_path):
    with Table(tmp_path / 'faces.csv') as table:
        table.add(Frame(3, 0.12, np.zeros((9, 9, 3), np.uint8)), [FACE, FACE._replace(number=2, detected=False)])
        table.add(Frame(4, 0.16, np.zeros((9, 9, 3), np.uint8)), [])
    with (tmp_path / 'faces.csv').open() as file:
        rows = list(csv.DictReader(file))
    assert [(row['frame'], row['face'], row['detected']) for row in rows] == [('3', '1', '1'), ('3', '2', '0')]
    numbers = {
        name: float(rows[0][name]) for name in ('time', 'left', 'height', 'confidence', 'arousal', 'raw_valence')
    }
    assert numbers == {'time': 0.12, 'left': 20, 'height': 60, 'confidence': 0.98, 'arousal': -0.25, 'raw_valence': 0.6}


def test_what_is_not_finished_leaves_nothing_behind(tmp_path):
    kept = tmp_path / 'faces.csv'
    kept.write_text('of before')
    with (
        pytest.raises(RuntimeError),
        Table(kept) as table,
        Film(tmp_path / 'film.mp4', Fraction(25)) as film,
    ):
        for writer in (table, film):
            writer.add(Frame(0, 0.0, moving(1)[0]), [FACE])
        raise RuntimeError
    assert kept.read_text() == 'of before'
    assert list(tmp_path.iterdir()) == [kept]


def test_what_cannot_be_written_is_explained(tmp_path):
    for make in (lambda: Table(tmp_path / 'no' / 'faces.csv'), lambda: Film(tmp_path / 'film.xyz', Fraction(25))):
        writer = make()
        with pytest.raises(VideoError, match='cannot be written') as raised, writer:
            pass
        assert str(writer.path) in str(raised.value)
    with pytest.raises(VideoError, match=r'faces\.csv cannot be written'), Table(tmp_path / 'faces.csv'):
        (tmp_path / 'faces.csv').mkdir()
    assert list(tmp_path.iterdir()) == [tmp_path / 'faces.csv']
