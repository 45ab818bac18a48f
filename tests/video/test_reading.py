import av
import numpy as np
import pytest
from clips import moving, write_clip
from faces_photographs import apart

from cafer_tf.video import Video, VideoError


def test_frames_come_in_order_with_their_times(tmp_path):
    frames = moving(7)
    with Video(write_clip(tmp_path / 'clip.mp4', frames, rate=10)) as film:
        read = list(film)
    assert (film.rate, film.frames, film.broken) == (10, 7, 0)
    assert [frame.number for frame in read] == list(range(7))
    assert [frame.time for frame in read] == pytest.approx(np.arange(7) / 10)
    for frame, written in zip(read, frames, strict=True):
        assert apart(frame.pixels, written) < 4


def test_broken_frames_are_left_out_and_counted(tmp_path):
    path = write_clip(tmp_path / 'clip.mp4', moving(20))
    data = bytearray(path.read_bytes())
    start = data.find(b'mdat')
    for place in range(start + len(data) // 4, start + len(data) // 2, 40):
        data[place : place + 12] = b'\xa5' * 12
    path.write_bytes(data)
    with Video(path) as film:
        numbers = [frame.number for frame in film]
    assert 0 < film.broken < 20
    assert len(numbers) == 20 - film.broken
    # The damage lies in the group of frames 5 to 9; those before and behind it are there, in their places.
    assert {*range(5), *range(10, 20)} <= set(numbers)


def test_frames_that_the_decoder_drops_in_silence_are_counted(tmp_path):
    path = write_clip(tmp_path / 'clip.mp4', moving(20))
    with av.open(str(path)) as container:
        packet = next(container.demux(video=0))
    data = bytearray(path.read_bytes())
    for place in range(packet.pos + 5, packet.pos + packet.size - 12, 40):
        data[place : place + 12] = b'\xa5' * 12
    path.write_bytes(data)
    with Video(path) as film:
        numbers = [frame.number for frame in film]
    assert numbers == list(range(5, 20))  # those that follow the broken key frame cannot be decoded either
    assert (film.broken, film.missing) == (5, 0)


def test_frames_that_a_truncated_file_lacks_are_counted(tmp_path):
    path = write_clip(tmp_path / 'clip.avi', moving(20))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with Video(path) as film:
        numbers = [frame.number for frame in film]
    assert 0 < len(numbers) < 20
    assert film.broken == 20 - len(numbers)
    assert 20 - len(numbers) - 1 <= film.missing <= 20 - len(numbers)  # the frame at the cut may be there in part


def test_a_video_of_a_phone_held_upright_is_turned(tmp_path):
    frames = [np.zeros((64, 96, 3), np.uint8)] * 2
    frames[0][:, 48:] = 200  # the right half is bright
    path = write_clip(tmp_path / 'clip.mp4', frames)
    data = path.read_bytes()
    one, none, last = (0x10000).to_bytes(4, 'big'), bytes(4), (0x40000000).to_bytes(4, 'big')
    plain = one + none * 3 + one + none * 3 + last
    clockwise = none + one + none + (-0x10000).to_bytes(4, 'big', signed=True) + none * 4 + last
    place = data.index(plain, data.index(b'tkhd'))
    path.write_bytes(data[:place] + clockwise + data[place + len(plain) :])
    with Video(path) as film:
        first = next(iter(film)).pixels
    assert first.shape == (96, 64, 3)
    assert first[:40].mean() < 40 < 160 < first[56:].mean()  # the right half is at the bottom


def test_what_is_no_video_is_explained(tmp_path):
    text = tmp_path / 'text.mp4'
    text.write_text('no video')
    cut = write_clip(tmp_path / 'cut.mp4', moving(3))
    cut.write_bytes(cut.read_bytes()[:200])
    for path, message in (
        (tmp_path / 'missing.mp4', 'there is no such file'),
        (text, 'cannot be read as a video'),
        (cut, 'cannot be read as a video'),
        ('/dev/video987', 'there is no such camera'),
    ):
        with pytest.raises(VideoError, match=message) as raised:
            Video(path)
        assert str(path) in str(raised.value)
