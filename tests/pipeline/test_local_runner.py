"""What the runner does around the pipeline: one run a folder, faces where none are named, errors in a line."""

import logging
import pathlib

import pytest

from cafer_tf.exclusive import exclusive
from pipeline import local_runner, results
from pipeline.components.face_example_gen import component
from pipeline.configs import Settings
from pipeline.errors import RunError


def test_two_runs_do_not_share_a_folder(tmp_path):
    with (
        exclusive(tmp_path),
        pytest.raises(RunError, match=r'another run is using .*choose another folder: CAFER_OUT'),
    ):
        local_runner.run(Settings(out=tmp_path))


def test_faces_are_rendered_only_where_no_data_set_is_named(tmp_path, capsys):
    local_runner.write_faces(Settings(out=tmp_path / 'named', root=tmp_path))
    assert not (tmp_path / 'named').exists()
    demo = Settings(out=tmp_path / 'demo', people=3, images_per_person=1)
    local_runner.write_faces(demo)
    assert len((demo.faces / 'labels.csv').read_text().splitlines()) == 4
    before = (demo.faces / 'labels.csv').stat().st_mtime_ns
    local_runner.write_faces(demo)
    assert (demo.faces / 'labels.csv').stat().st_mtime_ns == before
    assert 'no data set named by CAFER_ROOT (--root)' in capsys.readouterr().out


def test_faces_that_cannot_be_rendered_are_an_error_with_advice(tmp_path):
    (tmp_path / 'faces').mkdir()
    (tmp_path / 'faces' / 'x.txt').write_text('mine')
    with pytest.raises(RunError, match='is no face set; choose another directory'):
        local_runner.write_faces(Settings(out=tmp_path, people=3, images_per_person=1))


def test_the_unexpected_is_reported_in_a_line_with_the_log(tmp_path, face_folder):
    (tmp_path / 'out').mkdir()
    (tmp_path / 'out' / 'artifacts').write_text('a file where a folder must be')
    with pytest.raises(RunError) as raised:
        local_runner.run(Settings(out=tmp_path / 'out', root=face_folder))
    first, second = str(raised.value).splitlines()
    assert first.startswith('unexpected ')
    log = pathlib.Path(second.removeprefix('The whole story is in '))
    assert 'Traceback' in log.read_text()
    assert logging.getLogger('pipeline').handlers == []


@pytest.mark.parametrize('taken', ['out', 'out/logs'])
def test_a_folder_that_cannot_be_written_to_is_named(tmp_path, face_folder, taken):
    (tmp_path / taken).parent.mkdir(exist_ok=True)
    (tmp_path / taken).write_text('a file where a folder must be')
    with pytest.raises(RunError, match=r'^.*/out cannot be written to \(.+\)\. Set CAFER_OUT \(--out\) to another'):
        local_runner.run(Settings(out=tmp_path / 'out', root=face_folder))


def test_a_lock_that_cannot_be_made_names_the_folder(tmp_path, face_folder):
    (tmp_path / 'out' / '.lock').mkdir(parents=True)
    with pytest.raises(RunError, match=r'^.*/out cannot be written to \(Is a directory\)'):
        local_runner.run(Settings(out=tmp_path / 'out', root=face_folder))


def result_of(subjects: int | None) -> results.Result:
    figures = {'rmse': 0.2, 'pcc': 0.8, 'ccc': 0.7, 'sagr': 0.9}
    metrics = {'valence': figures, 'arousal': figures, 'examples': 40, 'subjects': subjects, 'model': 'serving/1'}
    return results.Result(metrics, pathlib.Path('serving/1'), True, frozenset(), {})


def test_people_never_seen_are_claimed_only_where_people_are_known(tmp_path):
    known = local_runner.describe(result_of(8), Settings(out=tmp_path))
    assert '40 faces of 8 people the model has never seen:' in known
    unknown = local_runner.describe(result_of(None), Settings(out=tmp_path))
    assert '40 faces (no subject_id given, so nothing can be said of unseen people):' in unknown
    assert 'never seen' not in unknown


def test_the_list_of_unusable_images_follows_the_cache(tmp_path):
    quarantine = component.FaceQuarantine()
    quarantine.uri = str(tmp_path / 'artifact')
    quarantine.set_int_custom_property('count', 2)
    quarantine.set_int_custom_property('images', 144)
    (tmp_path / 'artifact').mkdir()
    content, settings = tmp_path / 'artifact' / 'quarantine.jsonl', Settings(out=tmp_path / 'out')
    content.write_text('{"path": "ä.jpg"}\n{"path": "b.jpg"}\n', encoding='utf-8')
    said = results.check_quarantine({'quarantine': [quarantine]}, settings)
    assert said == f'2 of 144 images are quarantined: {settings.quarantine}'
    assert settings.quarantine.read_bytes() == content.read_bytes()
    content.write_text('')  # such as where a failed run left a list of what was repaired since
    assert results.check_quarantine({'quarantine': [quarantine]}, settings) is None
    assert not settings.quarantine.exists()


def test_the_program_reports_an_expected_error_and_its_status(monkeypatch, capsys):
    monkeypatch.setenv('CAFER_MIN_CCC', 'high')
    assert local_runner.main() == 1
    assert capsys.readouterr().err == "error: CAFER_MIN_CCC (--min-ccc) is 'high', which is not a number\n"
