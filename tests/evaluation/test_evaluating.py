"""The content of evaluation.json against NumPy."""

import json

import numpy as np
import pytest

from cafer_tf.evaluation import Predicted, described, evaluate
from cafer_tf.evaluation.sets import Draws, ccc_by, judge
from cafer_tf.metrics import agreement_scores, centred_ccc, levelled_ccc, pooled_ccc, statistics_by_name


def ccc(y, p):
    return 2 * np.mean((y - y.mean()) * (p - p.mean())) / (y.var() + p.var() + (y.mean() - p.mean()) ** 2)


def test_pooled_figures_are_those_of_the_streaming_metrics(make_faces):
    faces = make_faces()
    found = evaluate(faces, 0.5, resamples=200)
    pooled = found['unseen']['pooled']
    scores = agreement_scores(faces.labels, faces.predictions)
    for output in ('valence', 'arousal'):
        values = {name: figure['value'] for name, figure in pooled[output].items()}
        assert values == pytest.approx(scores[output], abs=1e-6)
        assert all(figure['low'] < figure['value'] < figure['high'] for figure in pooled[output].values())
    mean = np.mean([scores[output]['ccc'] for output in scores])
    assert pooled['mean']['ccc']['value'] == pytest.approx(mean, abs=1e-6)
    assert (found['unseen']['examples'], found['unseen']['subjects']) == (120, 6)


def test_it_is_plain_json_and_says_how_it_was_made(make_faces):
    found = evaluate(make_faces(), 0.5, model='serving/cafer/7', seen=make_faces(seed=1), resamples=50, seed=3)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert set(found) == {
        *('format', 'model', 'seed', 'resamples', 'confidence', 'threshold', 'held_out'),
        *('unseen', 'seen', 'gap', 'identity'),
    }
    assert (found['format'], found['model'], found['seed'], found['resamples']) == (1, 'serving/cafer/7', 3, 50)
    assert found['unseen']['filter'] == 'test split, people never seen; intervals over people'


def test_each_set_says_the_seed_that_its_people_were_drawn_by(make_faces):
    faces = make_faces()
    found = evaluate(faces, 0.5, seen=faces, resamples=50, seed=3)
    assert (found['unseen']['seed'], found['seen']['seed']) == (3, [3, 1])
    again = judge(faces, 0.5, 'the same', Draws(50, 0.95, found['seen']['seed']))
    assert again['pooled'] == found['seen']['pooled'] != found['unseen']['pooled']
    assert '120 faces of 6 people; seed [3, 1]' in described(found)


def test_faces_that_may_have_been_trained_on_are_not_called_unseen(make_faces):
    found = evaluate(make_faces(), 0.5, seen=make_faces(), resamples=10, unseen_filter='a folder', held_out=False)
    text = described(found)
    assert 'judged: a folder; intervals over people; 120 faces' in text
    assert 'minus judged (120 faces of 6 people)' in text
    assert 'unseen' not in text
    assert not found['held_out']


def test_the_gap_is_seen_minus_unseen_of_people_drawn_apart(make_faces):
    unseen, seen = make_faces(seed=0), make_faces(seed=1)
    found = evaluate(unseen, 0.5, seen=seen, resamples=2000)
    for output in ('valence', 'arousal', 'mean'):
        gap, one, other = (
            figures[output]['ccc'] for figures in (found['gap'], found['seen']['pooled'], found['unseen']['pooled'])
        )
        assert gap['value'] == pytest.approx(one['value'] - other['value'], abs=1e-12)
        # Independent: widths add as squares; had both been drawn together, they would not.
        widths = [figure['high'] - figure['low'] for figure in (gap, one, other)]
        assert widths[0] == pytest.approx(np.hypot(*widths[1:]), rel=0.15)


def test_a_set_beside_itself_has_no_gap_but_an_uncertain_one(make_faces):
    faces = make_faces()
    gap = evaluate(faces, 0.5, seen=faces, resamples=200)['gap']['mean']['ccc']
    assert gap['value'] == 0
    assert gap['low'] < -0.01
    assert gap['high'] > 0.01


def test_each_person_is_judged_where_there_is_enough_to_judge_by(make_faces):
    labels, predictions = make_faces(4, 12).labels, make_faces(4, 12).predictions
    labels[12:24, 0] = 0.3 + 0.01 * (np.arange(12) % 2)  # valence of the second hardly varies: deviation .005
    names = np.repeat(['a', 'b', 'c', 'd'], 12)
    names[36:39] = 'e'  # leaves nine of d, and three of e
    found = ccc_by(labels, predictions, names)
    assert (found['minimum_examples'], found['minimum_deviation']) == (10, 0.05)
    assert list(found['valence']['ccc']) == ['a', 'c']
    assert list(found['arousal']['ccc']) == ['a', 'b', 'c']
    assert (found['valence']['included'], found['valence']['excluded']) == (2, 3)
    scores = [ccc(labels[names == name, 1], predictions[names == name, 1]) for name in 'abc']
    assert list(found['arousal']['ccc'].values()) == pytest.approx(scores)
    assert found['valence']['examples'] == {'a': 12, 'c': 12}
    assert found['arousal']['examples'] == {'a': 12, 'b': 12, 'c': 12}
    assert list(found['arousal']['quantiles']) == ['0.05', '0.25', '0.5', '0.75', '0.95']
    assert list(found['arousal']['quantiles'].values()) == pytest.approx(
        np.quantile(scores, [0.05, 0.25, 0.5, 0.75, 0.95])
    )


def test_the_offsets_are_those_of_people_with_enough_faces(make_faces):
    names = np.repeat(['a', 'b', 'c', 'd'], [12, 12, 15, 9])
    faces = make_faces(4, 12, subjects=names)
    judged = evaluate(faces, 0.5, resamples=10)
    found = judged['unseen']['offsets']
    told = 'test split, people never seen; people with 10 faces or more'
    assert (found['filter'], found['examples'], found['subjects']) == (told, 39, 3)
    people = [
        statistics_by_name(*columns, names[:39])
        for columns in zip(faces.labels[:39].T, faces.predictions[:39].T, strict=True)
    ]
    for way, figure in (('pooled', pooled_ccc), ('centred', centred_ccc), ('levelled', levelled_ccc)):
        scores = [found[output][way] for output in ('valence', 'arousal')]
        assert scores == [figure(statistics) for statistics in people]
        assert found['mean'][way] == pytest.approx(np.mean(scores))
    assert found['mean']['centred'] > found['mean']['pooled'] + 0.01
    text = described(judged)
    assert f'an offset for each person; {told}; 39 faces of 3 people' in text
    assert f'centred   {found["valence"]["centred"]:.3f}' in text


@pytest.mark.parametrize('counts', [(48,), (39, 9)])
def test_the_offset_of_one_person_says_nothing(make_faces, counts):
    faces = make_faces(4, 12, subjects=np.repeat(['a', 'b'][: len(counts)], counts))
    judged = evaluate(faces, 0.5, resamples=10)
    assert judged['unseen']['offsets'] is None
    assert 'offset' not in described(judged)


def test_videos_are_judged_where_there_are_any(make_faces):
    videos = np.array(['one'] * 40 + ['two'] * 40 + [''] * 40)
    faces = make_faces(videos=videos)
    judged = evaluate(faces, 0.5, resamples=10)
    found = judged['unseen']['per_video']
    # Two people of 20 faces each are in either video, and two in none.
    told = 'test split, people never seen; faces of videos'
    assert (found['filter'], found['examples'], found['subjects']) == (told, 80, 4)
    assert f'or more; {told}; 80 faces of 4 people' in described(judged)
    assert list(found['valence']['ccc']) == ['one', 'two']
    assert found['valence']['ccc']['two'] == pytest.approx(ccc(faces.labels[40:80, 0], faces.predictions[40:80, 0]))
    assert evaluate(make_faces(), 0.5, resamples=10)['unseen']['per_video'] is None


def test_slices_are_judged_by_their_own_people(make_faces):
    metadata = tuple((f'light={"left" if i < 50 else "right"}',) for i in range(120))
    faces = make_faces(metadata=metadata)
    parts = {part['value']: part for part in evaluate(faces, 0.5, resamples=50)['unseen']['slices']}
    left = parts['left']
    assert (left['name'], left['examples'], left['subjects']) == ('metadata.light', 50, 3)
    assert left['filter'] == 'test split, people never seen; light=left; intervals over people'
    assert left['pooled']['valence']['ccc']['value'] == pytest.approx(
        ccc(faces.labels[:50, 0], faces.predictions[:50, 0])
    )
    assert parts['strong']['examples'] + parts['weak']['examples'] == 120


def test_where_people_are_unknown_images_are_drawn_and_nothing_is_said_of_people(make_faces):
    found = evaluate(make_faces(known=False), 0.5, resamples=50)
    assert found['unseen']['subjects'] is None
    assert 'intervals are over images' in found['unseen']['filter']
    assert found['unseen']['pooled']['mean']['ccc']['low'] is not None
    assert found['unseen']['per_subject']['valence']['included'] == 0
    assert found['unseen']['per_subject']['valence']['quantiles']['0.5'] is None
    assert found['unseen']['offsets'] is None
    assert found['identity']['unseen'] is None
    assert found['unseen']['slices'][0]['subjects'] is None
    text = described(found)
    assert 'identity probe: none' in text
    assert 'CCC of each person: none, for nobody is named; ' in text
    assert '0 people' not in text
    assert 'quantile' not in text


def test_one_person_has_no_interval(make_faces):
    found = evaluate(make_faces(people=1), 0.5, seen=make_faces(), resamples=20)
    assert found['unseen']['pooled']['mean']['ccc']['low'] is None
    assert found['gap']['mean']['ccc']['high'] is None
    assert found['identity']['unseen'] is None
    assert 'CCC' in described(found)


def test_the_probe_reads_people_from_embeddings_that_know_them(make_faces):
    probe = evaluate(make_faces(), 0.5, resamples=50, seed=4)['identity']['unseen']
    assert probe['accuracy']['value'] > 0.9
    assert (probe['chance'], probe['seed']) == (1 / 6, 4)
    assert probe['filter'].startswith('test split, people never seen; people with at least 4 images')


def test_the_order_of_faces_does_not_matter_to_what_is_pooled(make_faces):
    faces = make_faces()
    order = np.random.default_rng(0).permutation(len(faces))
    shuffled = Predicted(
        *(getattr(faces, name)[order] for name in ('labels', 'predictions', 'embeddings', 'subjects', 'videos')),
        *(faces.frames[order], faces.sources[order], tuple(faces.metadata[i] for i in order)),
    )
    one, other = (evaluate(each, 0.5, resamples=50)['unseen'] for each in (faces, shuffled))
    for output in one['pooled']:
        for name, figure in one['pooled'][output].items():
            assert figure == pytest.approx(other['pooled'][output][name], abs=1e-12)


def test_every_table_is_in_words(make_faces):
    videos = np.repeat(['one', 'two'], 60)
    text = described(evaluate(make_faces(videos=videos), 0.5, seen=make_faces(seed=1), resamples=20, model='m/1'))
    assert text.startswith('95% intervals of 20 draws, seed 0; model m/1')
    assert 'unseen: test split, people never seen; intervals over people; 120 faces of 6 people' in text
    for title in (
        'seen: ',
        'gap, CCC',
        'CCC of each person',
        'CCC of each video',
        'CCC with and without an offset for each person',
        'CCC of slices',
        'calibration',
        'accuracy',
    ):
        assert any(line.startswith(title) for line in text.splitlines()), title
    assert 'nan' not in text
