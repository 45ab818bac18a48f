"""Data that cannot be used ends the command with file and row, and never with a stack trace."""

import csv
import pathlib

import pytest

pytestmark = pytest.mark.e2e


@pytest.fixture
def run(commands, copy_faces):
    """Runs the pipeline on faces whose labels or images were changed; returns the command's end and the folder."""

    def change_and_run(change, **variables):
        folder, rows = copy_faces()
        change(folder, rows)
        with (folder / 'labels.csv').open('w', newline='') as stream:
            csv.writer(stream).writerows(rows)
        user = commands(CAFER_ROOT=folder, **variables)
        done = user.run()
        assert done.status == 1
        assert 'Traceback' not in done.output + done.errors
        assert done.errors.startswith('error: ')
        assert user.versions() == []
        return done.errors, folder

    return change_and_run


def test_wrong_labels_and_paths_are_reported_together(run):
    def change(folder: pathlib.Path, rows: list[list[str]]) -> None:
        rows[4][1] = '1.2'
        rows[9][2] = 'nan'
        rows[10][0] = '../outside.jpg'

    errors, folder = run(change)
    assert errors.splitlines() == [
        f'error: {folder / "labels.csv"}: 3 rows are wrong. Correct the label file; no value is clipped or guessed.',
        '  row 5: valence 1.2 is outside [-1, 1]',
        "  row 10: arousal 'nan' is not a number",
        '  row 11: path ../outside.jpg leaves the folder',
    ]


def test_a_subject_in_two_splits_is_named(run):
    def change(folder: pathlib.Path, rows: list[list[str]]) -> None:
        split = rows[0].index('split')
        rows[1][split] = 'test' if rows[2][split] != 'test' else 'train'

    errors, _ = run(change)
    assert '1 subject(s) appear in more than one split' in errors
    assert 'subject person-0000: ' in errors
    assert '(row 2)' in errors
    assert '(row 3)' in errors


def test_too_many_bad_images_are_named(run):
    def change(folder: pathlib.Path, rows: list[list[str]]) -> None:
        (folder / rows[1][0]).unlink()
        (folder / rows[5][0]).write_bytes((folder / rows[5][0]).read_bytes()[:500])

    errors, _ = run(change, CAFER_MAX_BAD_FRACTION=0.01)
    assert '2 of 144 images (1.4%) cannot be used, more than the 1.0% allowed' in errors
    assert 'labels.csv, row 2: images/' in errors
    assert 'missing file' in errors
    assert 'labels.csv, row 6: images/' in errors
    assert 'truncated image' in errors


def test_a_wrong_setting_is_named(commands):
    done = commands().run(CAFER_MIN_CCC='high')
    assert (done.status, done.errors) == (1, "error: CAFER_MIN_CCC (--min-ccc) is 'high', which is not a number\n")
