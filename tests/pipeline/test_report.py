"""A finished run gets its report, once a model, and a run that is none is told so in a line."""

import csv
import json
import os
import shutil

import numpy as np
import pytest
from click.testing import CliRunner
from finished_run import write_run
from records import encode, image_of, write
from tiny import make_model

from cafer_tf import serving
from cafer_tf.cli import main
from cafer_tf.evaluation import Predicted
from cafer_tf.serving import ModelError
from pipeline import films, report
from pipeline.errors import RunError

VERSION = '1790000000'
SPLITS = {'train': 4, 'eval': 2, 'test': 3}
IMAGES = 12


def write_faces(root, people, first=0):
    """Faces of some people for each split, in the layout csv."""
    root.mkdir(parents=True)
    rng = np.random.default_rng(first)
    rows = []
    for split, number in people.items():
        for person in range(number):
            for image in range(IMAGES):
                valence, arousal = rng.uniform(-0.9, 0.9, 2).round(3)
                name = f'{split}-{person}-{first + image}.jpg'
                (root / name).write_bytes(encode(image_of(valence, arousal)))
                rows.append([name, valence, arousal, f'{split}-{person}', split])
    with (root / 'labels.csv').open('w', newline='') as stream:
        csv.writer(stream).writerows([['path', 'valence', 'arousal', 'subject_id', 'split'], *rows])
    write_parameters(root, first)


def write_parameters(root, first=0):
    """What a folder of rendered faces says of itself."""
    root.mkdir(exist_ok=True)
    splits = ['train'] if first else list(SPLITS)
    parameters = {'seed': 0, 'images_per_person': IMAGES, 'first_image': first, 'splits': splits}
    (root / 'face_set.json').write_text(json.dumps(parameters))


@pytest.fixture(scope='module')
def finished(tmp_path_factory):
    """The folder of a run that serves a model."""
    folder = tmp_path_factory.mktemp('run')
    write_faces(folder / 'faces', SPLITS)
    (folder / 'out').mkdir()
    write_run(folder / 'out', folder / 'faces', VERSION)
    serving.export(make_model(), folder / 'out' / 'serving' / 'cafer' / VERSION)
    return folder / 'out'


@pytest.fixture
def out(finished, tmp_path):
    """A copy of it, which may be changed."""
    return shutil.copytree(finished, tmp_path / 'mine')


def test_the_report_is_of_the_served_model_its_data_and_people_seen_and_unseen(out):
    write_faces(out / 'seen_people', {'train': 4}, first=IMAGES)
    written = report.write_report(out)
    figures = json.loads((out / 'evaluation.json').read_text())
    assert written.report == out / 'report.html'
    assert figures['model'] == f'serving/cafer/{VERSION}'
    # 3 and 4 people with 12 faces each.
    assert (figures['unseen']['examples'], figures['unseen']['subjects']) == (36, 3)
    assert (figures['seen']['examples'], figures['seen']['subjects']) == (48, 4)
    assert figures['unseen']['filter'].startswith('test split of the run mine, people never seen')
    page = written.report.read_text()
    for text in ('no face box', 'made 21 September 2026, 14:13 UTC', 'New images of people seen in training'):
        assert text in page  # 1,790,000,000 seconds after 1970
    assert '<th scope="row" class="row">train</th><td class=text>learned from</td><td>48</td><td>4</td>' in page


def test_a_report_is_kept_as_long_as_it_is_of_the_served_model(out):
    leave(out)
    kept = report.keep_current(out, VERSION)
    assert (kept.report.read_text(), kept.figures['left']) == ('left', True)
    leave(out, model='serving/cafer/1')
    made = report.keep_current(out, VERSION)
    assert made.report.read_text() != 'left'
    assert json.loads(made.evaluation.read_text()) == made.figures
    assert report.keep_current(out, VERSION) == made


def leave(out, **changes):
    """A report, and figures that are a second older."""
    (out / 'evaluation.json').write_text(json.dumps({'model': f'serving/cafer/{VERSION}', 'left': True, **changes}))
    (out / 'report.html').write_text('left')
    set_age(out / 'evaluation.json', of=out / 'report.html', seconds=1)


def set_age(path, of, seconds):
    """Makes a file older than another."""
    then = of.stat().st_mtime_ns - seconds * 10**9
    os.utime(path, ns=(then, then))


@pytest.mark.parametrize('newer', ['evaluation.json', 'seen_people/face_set.json'])
def test_a_report_that_is_older_than_what_it_is_of_is_not_kept(tmp_path, newer):
    write_parameters(tmp_path / 'seen_people', first=IMAGES)
    leave(tmp_path)
    set_age(tmp_path / 'seen_people' / 'face_set.json', of=tmp_path / 'report.html', seconds=1)
    assert report._current(tmp_path, VERSION).figures['left']
    set_age(tmp_path / newer, of=tmp_path / 'report.html', seconds=-1)
    assert report._current(tmp_path, VERSION) is None


def test_a_report_that_cannot_be_written_is_an_error_in_one_line(out):
    (out / 'artifacts' / 'EmotionGrouper' / 'grouping' / '1' / 'grouping.json').unlink()
    with pytest.raises(RunError, match=r'^the report of .* cannot be written: .*grouping\.json.*$'):
        report.keep_current(out, VERSION)


def test_the_command_writes_where_it_is_told_and_shows_videos(out, tmp_path):
    videos = tmp_path / 'videos'
    for kind, name in (('frames', 'train_crop_face'), ('labels', 'annotations/train')):
        for clip in ('105', '207'):
            values = np.sin(np.arange(12) + int(clip)).round(3) * 0.8
            if kind == 'frames':
                (videos / name / clip).mkdir(parents=True)
                for frame, value in enumerate(values, start=1):
                    (videos / name / clip / f'{frame}.jpg').write_bytes(encode(image_of(value, -value)))
                continue
            for output, sign in (('valence', 1), ('arousal', -1)):
                (videos / name / output).mkdir(parents=True, exist_ok=True)
                (videos / name / output / f'{clip}.txt').write_text('\n'.join(f'{sign * value}' for value in values))
    done = CliRunner().invoke(
        main, ['report', '--run', str(out), '--out', str(tmp_path / 'page.html'), '--video-root', str(videos)]
    )
    assert done.exit_code == 0, done.output
    page = (tmp_path / 'page.html').read_text()
    figures = json.loads((out / 'evaluation.json').read_text())['videos']
    assert (figures['examples'], figures['per_video']['valence']['examples']) == (24, {'105': 12, '207': 12})
    # Photographs, beside a run of rendered faces.
    assert 'Where the videos are from: Aff-Wild ' in page
    assert page.count('These images are part of the data set.') == 1
    assert 'Nothing here says whether the people in these videos were in the training' in page
    assert 'Of 2 videos: best, worst' in page
    assert 'all frames of videos; ' in page
    assert '24 faces of 2 people' in page  # 12 frames each
    assert not (out / 'report.html').exists()


@pytest.mark.parametrize(
    ('name', 'reason'), [('no/such/x.html', 'there is no folder '), ('artifacts', 'it is a folder')]
)
def test_a_page_that_cannot_be_written_is_refused_before_anything_is_judged(tmp_path, name, reason):
    (tmp_path / 'artifacts').mkdir()
    # There is no model, which would be told if anything were read.
    done = CliRunner().invoke(main, ['report', '--run', str(tmp_path), '--out', str(tmp_path / name)])
    assert done.exit_code == 1
    assert f'{tmp_path / name} cannot be written: {reason}' in done.output


def test_the_command_says_in_a_line_that_a_folder_serves_no_model(tmp_path):
    done = CliRunner().invoke(main, ['report', '--run', str(tmp_path)])
    assert done.exit_code == 1
    assert done.output.startswith('Error: ')
    assert 'holds no SavedModel' in done.output
    with pytest.raises(ModelError):
        report.write_report(tmp_path)


def test_videos_without_frame_numbers_are_no_videos(out, tmp_path):
    write_faces(tmp_path / 'faces', SPLITS)
    done = CliRunner().invoke(
        main,
        ['report', '--run', str(out), '--video-root', str(tmp_path / 'faces'), '--video-dataset', 'csv'],
    )
    assert done.exit_code == 1
    assert 'Give a folder of videos' in done.output


def test_a_face_without_a_frame_number_is_not_on_the_trace_of_its_video(tmp_path):
    labels = np.linspace(-0.8, 0.8, 26).reshape(13, 2)
    file = write(tmp_path / 'faces.gz', labels.tolist())
    names = np.array([f'{place}.png' for place in range(13)])
    frames = np.array([*range(12), -1])
    faces = Predicted(labels, labels, labels, names, np.full(13, 'clip'), frames, names, ((),) * 13)
    shown = films.of_split(faces, [str(file)])
    assert [picture.alternative.count('Video clip: 12 frames.') for picture in shown.pictures] == [1, 1]
