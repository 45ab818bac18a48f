"""Whatever is in a data set, reading it gives records, what is left out and why, or a clear error; nothing is lost."""

import contextlib
import os
import pathlib
import signal
import tempfile
from collections.abc import Iterator, Mapping

import fuzz_content
import fuzz_images
import fuzz_trees
import layout_afew_va
import pytest
from fuzz_checks import check, check_rows, mentions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cafer_tf.datasets import CLASS_LAYOUTS, LAYOUTS, LeftOut, UnusableImage, check_image, load_image

SECONDS = 60
"""What a test may take; the slowest takes a tenth."""

faces = pytest.mark.parametrize('layout', sorted(LAYOUTS))
everything = pytest.mark.parametrize('layout', sorted([*LAYOUTS, *CLASS_LAYOUTS]))


def examples(count: int) -> settings:
    """The same examples in every run."""
    return settings(
        max_examples=count, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )


@pytest.fixture(autouse=True)
def no_hang() -> Iterator[None]:
    """Ends a test that hangs, with the place where it does."""

    def stop(*_: object) -> None:
        raise SystemExit(f'not done after {SECONDS} s')  # hypothesis would shrink any other, and hang again

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def tree(layout: str, changed: Mapping[str, bytes] | None = None) -> Iterator[pathlib.Path]:
    """The valid tree of a layout with the content of some files changed."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder, 'data')
        fuzz_trees.put(root, {**fuzz_trees.files_of(layout), **(changed or {})})
        yield root


@everything
def test_a_valid_tree_is_read_in_full(layout):
    with tree(layout) as root:
        items, message = check(layout, root)
        assert not message
        assert all(mentions(items, path) for path in fuzz_trees.files_of(layout) if not path.endswith('.mat'))


@faces
def test_any_content_of_a_label_file_is_read_left_out_or_a_clear_error(layout):
    @examples(100)
    @given(st.data())
    def holds(data):
        path = data.draw(st.sampled_from(fuzz_trees.label_files(layout)))
        content = data.draw(fuzz_content.bytes_of(layout, fuzz_trees.files_of(layout)[path]))
        with tree(layout, {path: content}) as root:
            items, message = check(layout, root)
            if not message:
                assert mentions(items, path)
                check_rows(layout, root, path, items)

    holds()


def test_any_content_of_a_matlab_file_is_read_left_out_or_a_clear_error():
    valid = fuzz_trees.files_of('cars196')['cars_annos.mat']
    with tree('cars196') as root:

        @examples(6)
        @given(fuzz_content.bytes_of('cars196', valid))
        def holds(content):
            (root / 'cars_annos.mat').write_bytes(content)
            check('cars196', root)

        holds()


@everything
def test_odd_names_of_files_and_folders_are_read_left_out_or_a_clear_error(layout):
    @examples(30 if layout in LAYOUTS else 8)
    @given(st.data())
    def holds(data):
        with tree(layout) as root:
            for _ in range(data.draw(st.integers(1, 2))):
                entries = sorted(root.rglob('*'))
                entry = data.draw(st.sampled_from(entries))
                end = data.draw(st.sampled_from([entry.suffix, entry.suffix, '', '.png']))
                with contextlib.suppress(OSError):  # a name that is taken, or too long
                    entry.rename(entry.with_name(data.draw(fuzz_content.odd_names()) + end))
            check(layout, root)

    holds()


def _make_folder(path: pathlib.Path) -> None:
    path.mkdir()


def _make_link_to_itself(path: pathlib.Path) -> None:
    path.symlink_to(path.name)


def _make_link_to_nowhere(path: pathlib.Path) -> None:
    path.symlink_to('nowhere')


def _make_queue(path: pathlib.Path) -> None:
    os.mkfifo(path)


@everything
@pytest.mark.parametrize('make', [_make_folder, _make_link_to_itself, _make_link_to_nowhere, _make_queue])
def test_what_stands_where_a_file_should_is_left_out_or_a_clear_error(layout, make):
    # An empty folder where an image should be is a folder without images.
    files = fuzz_trees.label_files(layout) if make is _make_folder else list(fuzz_trees.files_of(layout))

    @examples(6 if layout in LAYOUTS else 3)
    @given(st.sampled_from(files))
    def holds(path):
        with tree(layout) as root:
            (root / path).unlink()
            make(root / path)
            items, message = check(layout, root)
            assert message or mentions(items, path)

    if files:
        holds()


@pytest.mark.skipif(os.geteuid() == 0, reason='the superuser may read everything')
@everything
@pytest.mark.parametrize('mode', [0o000, 0o200, 0o400, 0o600])
def test_what_may_not_be_read_is_left_out_or_a_clear_error(layout, mode):
    @examples(8)
    @given(st.data())
    def holds(data):
        with tree(layout) as root:
            folders = [root, *sorted(entry for entry in root.rglob('*') if entry.is_dir())]
            entry = data.draw(st.sampled_from([*folders, *(root / path for path in fuzz_trees.label_files(layout))]))
            entry.chmod(mode)
            items, message = check(layout, root)
            entry.chmod(0o700)
            assert message or items

    holds()


def test_a_json_cannot_bring_in_the_name_of_an_image_that_cannot_be_written_down():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        labels = layout_afew_va.label(0, 0)
        layout_afew_va.write_json(root / '001', {'actor': 'a', 'frames': {'00000': labels, '\udcff': labels}})
        (root / '001' / os.fsdecode(b'\xff.png')).write_bytes(b'')
        items, message = check('afew_va', root)
    assert not message
    assert [item.reason for item in items if isinstance(item, LeftOut)] == [
        'missing file',
        'name of a frame is not a number',
        'name is not plain text',
    ]


@pytest.mark.parametrize('number', ['9' * 19, '9' * 5000, '１２'])
def test_a_number_of_a_frame_that_no_example_can_hold_is_an_error(number):
    labels = fuzz_trees.files_of('csv')['labels.csv'].replace(b',5\n', f',{number}\n'.encode())
    with tree('csv', {'labels.csv': labels}) as root:
        _, message = check('csv', root)
    assert f"row 7: frame_index '{number}' is not a whole number" in message


def test_a_pipe_instead_of_an_image_is_empty():
    with tempfile.TemporaryDirectory() as folder:
        pipe = pathlib.Path(folder, 'x.jpg')
        os.mkfifo(pipe)
        assert load_image(pipe) == b''


@pytest.mark.filterwarnings('ignore::UserWarning:PIL')
@pytest.mark.parametrize('kind', fuzz_images.IMAGES)
def test_a_damaged_image_is_accepted_or_refused_in_words_that_can_be_counted(kind):
    @examples(60)
    @given(fuzz_images.damaged(fuzz_images.IMAGES[kind]))
    def holds(data):
        try:
            assert check_image(data) in {'jpeg', 'png'}
        except UnusableImage as error:
            assert str(error).isprintable()
            assert not any(character.isdigit() for character in str(error))

    holds()
