"""What is shown after a run fails in a line, and never for what an earlier run left."""

import pathlib
import types

import pytest

from cafer_tf.examples import write_examples
from cafer_tf.serving import ModelError
from cafer_tf.synthesis import FaceSet, write_face_set
from pipeline import demo, results
from pipeline.configs import Settings
from pipeline.errors import EXPECTED, RunError

FIGURES = {'rmse': 0.2, 'pcc': 0.8, 'ccc': 0.7, 'sagr': 0.9}


class Neutral:
    """Answers with a neutral face."""

    def __init__(self, directory: pathlib.Path):
        del directory

    def predict(self, images: list[bytes]) -> list[types.SimpleNamespace]:
        """One answer an image."""
        return [types.SimpleNamespace(valence=0.01 * index, arousal=0.0) for index in range(len(images))]


@pytest.fixture
def show(monkeypatch, tmp_path):
    """Shows a model that was pushed, with faces of the given settings."""
    monkeypatch.setattr(demo, 'Predictor', Neutral)

    def run(subjects: int | None = 1, seen: dict | None = None) -> str:
        settings = Settings(out=tmp_path / 'out', people=3, images_per_person=2)
        write_face_set(settings.faces, settings.face_set, progress=False, workers=1, replace=True)
        split = write_examples('csv', settings.faces, tmp_path / 'examples')
        metrics = {'valence': FIGURES, 'arousal': FIGURES, 'examples': 2, 'subjects': subjects, 'model': 'serving/1'}
        return demo.show(results.Result(metrics, tmp_path / 'serving' / '1', True, frozenset(), split), settings, seen)

    return run


def test_seen_people_of_other_faces_are_rendered_anew(tmp_path):
    demo.render_seen_people(Settings(out=tmp_path, people=3, images_per_person=2))
    assert len((tmp_path / 'seen_people' / 'labels.csv').read_text().splitlines()) == 1 + 12
    demo.render_seen_people(Settings(out=tmp_path, people=4, images_per_person=2, seed=1))
    assert len((tmp_path / 'seen_people' / 'labels.csv').read_text().splitlines()) == 1 + 2 * 12
    assert [path.name for path in tmp_path.iterdir()] == ['seen_people']


def test_people_seen_in_training_have_the_figures_of_the_report(show, tmp_path):
    figures = {name: {'value': value + 0.05, 'low': None, 'high': None} for name, value in FIGURES.items()}
    shown = show(seen={'pooled': dict.fromkeys(('valence', 'arousal'), figures)}).splitlines()
    assert next(line for line in shown if line.startswith('people never seen')).split()[3:7] == [
        *('0.200', '0.800', '0.700', '0.900')
    ]
    (row,) = (line for line in shown if line.startswith('new images of people seen in training'))
    assert row.split()[-9:] == [*('0.250', '0.850', '0.750', '0.950') * 2, '0.750']
    assert {path.name for path in (tmp_path / 'out').iterdir()} == {'faces', 'predictions.png'}
    assert 'seen in training' not in show()


def test_without_subjects_nobody_is_called_never_seen(show):
    shown = show(subjects=None)
    assert 'never seen' not in shown
    assert 'test split' in shown


@pytest.mark.parametrize(
    'error', [FileExistsError('seen_people is\nno face set'), OSError(28, 'No space left'), ValueError('no face')]
)
def test_what_cannot_be_shown_is_an_error_in_one_line(monkeypatch, tmp_path, error):
    def fail(*_: object) -> str:
        raise error

    result = results.Result({}, tmp_path / 'serving' / '1', True, frozenset(), {})
    monkeypatch.setattr(demo.local_runner, 'run', lambda settings: result)
    monkeypatch.setattr(demo.report, 'keep_current', fail)
    with pytest.raises(
        RunError, match=r'^the model is served from .*/serving/1, but what it does cannot be shown: .+$'
    ):
        demo.run(Settings(out=tmp_path, root=tmp_path))


def test_a_model_that_is_none_is_an_expected_error(tmp_path):
    result = results.Result({}, tmp_path / 'serving' / '1', True, frozenset(), {})
    with pytest.raises(ModelError) as raised:
        demo.show(result, Settings(out=tmp_path), None)
    assert isinstance(raised.value, EXPECTED)


def test_a_folder_that_is_no_face_set_is_left_alone_even_where_sets_are_replaced(tmp_path):
    (tmp_path / 'mine').mkdir()
    (tmp_path / 'mine' / 'face_set.json').write_text('{')
    (tmp_path / 'mine' / 'labels.csv').write_text('mine')
    with pytest.raises(FileExistsError, match='is no face set'):
        write_face_set(tmp_path / 'mine', FaceSet(3, 1), progress=False, workers=1, replace=True)
    assert (tmp_path / 'mine' / 'labels.csv').read_text() == 'mine'
