"""The combiners behind the Evaluator's metrics: the same figures however examples are bundled."""

import numpy as np
import pytest
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.metrics import metric_types

from cafer_tf import features
from cafer_tf.evaluation.sets import ccc_by, ccc_without_offsets
from cafer_tf.metrics import identity_probe, replicate, statistics_by_name
from cafer_tf.metrics.statistic import AgreementStatistic
from pipeline import agreement, identity
from pipeline.tallies import CombineTallies, Judged, Tally, text_of

KEY = metric_types.MetricKey('ccc', output_name='valence')
COUNT = 240


@pytest.fixture
def judged() -> tuple[list[Judged], np.ndarray, np.ndarray]:
    """240 examples of 8 people, the first 4 of them in two videos each, with labels and predictions."""
    random = np.random.default_rng(0)
    labels = random.uniform(-1, 1, COUNT)
    predictions = np.clip(0.6 * labels + random.normal(0.1, 0.3, COUNT), -1, 1)
    examples = []
    for index, (label, prediction) in enumerate(zip(labels, predictions, strict=True)):
        person = index % 8
        video = f'v{person}-{index % 16}' if person < 4 else ''
        examples.append(Judged(f'p{person}', video, AgreementStatistic.of([label], [prediction])))
    return examples, labels, predictions


def bundled(combine, examples, parts: int, backwards: bool = False):
    """The accumulator of examples dealt into parts, which are merged two by two."""
    accumulators = []
    for part in range(parts):
        accumulator = combine.create_accumulator()
        for example in examples[part::parts]:
            accumulator = combine.add_input(accumulator, example)
        accumulators.append(accumulator)
    if backwards:
        accumulators = accumulators[::-1]
    while len(accumulators) > 1:
        accumulators = [combine.merge_accumulators(accumulators[:2]), *accumulators[2:]]
    return accumulators[0]


@pytest.mark.parametrize(('parts', 'backwards'), [(1, False), (2, True), (7, True), (COUNT, False)])
def test_every_figure_is_the_same_however_examples_are_bundled(judged, parts, backwards):
    examples, labels, predictions = judged
    combine = CombineTallies(KEY)
    tally = combine.extract_output(bundled(combine, examples, parts, backwards))[KEY]
    people = [example.person for example in examples]
    videos = np.array([example.video for example in examples])
    draws = {'resamples': 50, 'confidence': 0.9, 'seed': 3}

    expected = replicate(statistics_by_name(labels, predictions, people), 50, 3)
    found = agreement._bounds(tally, 'bounds', **draws)
    assert len(found) == 8
    for name, figure in expected.items():
        assert agreement._pooled(tally, name)[name] == pytest.approx(figure.value, abs=1e-12)
        low, high = np.quantile(figure.draws, [0.05, 0.95])
        assert (found[f'{name}_low'], found[f'{name}_high']) == pytest.approx((low, high), abs=1e-12)

    found = agreement._offsets(tally, 'x', minimum_examples=10)
    expected = ccc_without_offsets(statistics_by_name(labels, predictions, people))
    assert found == pytest.approx({f'x_{way}': value for way, value in expected.items()}, abs=1e-12)

    twice = np.stack([labels, labels], axis=1), np.stack([predictions, predictions], axis=1)
    filmed = videos != ''
    for figures, names, rows in (
        (agreement._by_person, np.array(people), slice(None)),
        (agreement._by_video, videos[filmed], filmed),
    ):
        spread = ccc_by(twice[0][rows], twice[1][rows], names)['valence']
        found = figures(tally, name='x', minimum_examples=10, minimum_deviation=0.05)
        assert (found['x_included'], found['x_excluded']) == (8, 0)
        quantiles = [found[f'x_q{at}'] for at in ('05', '25', '50', '75', '95')]
        assert quantiles == pytest.approx(list(spread['quantiles'].values()), abs=1e-12)


def test_people_with_too_few_examples_or_too_little_variety_are_counted_and_left_out(judged):
    examples, _, _ = judged
    combine = CombineTallies(KEY)
    few = [Judged('few', '', AgreementStatistic.of([index / 10], [0.1])) for index in range(9)]
    # Labels of 0.5 ± 0.04 deviate by 0.04.
    flat = [Judged('flat', '', AgreementStatistic.of([0.5 + 0.04 * (-1) ** index], [0.1])) for index in range(20)]
    tally = bundled(combine, [*examples, *few, *flat], 3)
    found = agreement._by_person(tally, name='x', minimum_examples=10, minimum_deviation=0.05)
    assert (found['x_included'], found['x_excluded']) == (8, 2)


def test_a_slice_of_one_person_has_figures_and_no_interval(judged):
    examples, _, _ = judged
    tally = bundled(CombineTallies(KEY), [example for example in examples if example.person == 'p0'], 2)
    assert agreement._bounds(tally, 'bounds', 50, 0.95, 0) == {}
    assert agreement._by_person(tally, name='x', minimum_examples=10, minimum_deviation=0.05) == {}
    assert agreement._offsets(tally, name='x', minimum_examples=10) == {}
    assert set(agreement._mean_ccc(tally, tally, name='m', resamples=50, confidence=0.95, seed=0)) == {'m'}


def test_the_line_of_calibration_needs_predictions_that_vary():
    # Labels are twice the predictions and 0.1 more.
    varied = Tally({'p': AgreementStatistic.of([0.3, 0.5, -0.1], [0.1, 0.2, -0.1])})
    assert agreement._calibration(varied, 'c') == {
        'c_slope': pytest.approx(2),
        'c_intercept': pytest.approx(0.1),
    }
    assert agreement._calibration(Tally({'p': AgreementStatistic.of([0.3, 0.5], [0.1, 0.1])}), 'c') == {}


def test_a_slice_without_videos_has_no_figures_of_videos(judged):
    examples, _, _ = judged
    tally = bundled(CombineTallies(KEY), [example for example in examples if not example.video], 2)
    assert agreement._by_video(tally, name='x', minimum_examples=10, minimum_deviation=0.05) == {}


def embedded(people: int = 5, images: int = 8) -> list[identity.Embedded]:
    random = np.random.default_rng(1)
    centers = random.normal(0, 1, (people, 6))
    faces = []
    for index in range(people * images):
        person = index % people
        source = f'{person}/{index:03d}.jpg'
        faces.extend(
            identity.ReadEmbedding('').process(
                {
                    tfma.PREDICTIONS_KEY: {'embedding': centers[person] + random.normal(0, 1, 6)},
                    tfma.LABELS_KEY: {},
                    tfma.FEATURES_KEY: {
                        features.SOURCE: np.array([source.encode()]),
                        features.SUBJECT: np.array([f'p{person}'.encode()]),
                    },
                }
            )
        )
    return faces


@pytest.mark.parametrize('parts', [1, 3, 40])
def test_the_probe_looks_at_the_same_faces_however_examples_are_bundled(parts):
    faces = embedded()
    combine = identity.CombineProbe(KEY._replace(name='probe'), 30, 100, 0.95, 0)
    found = combine.extract_output(bundled(combine, faces[::-1], parts, backwards=True))
    # Written out: the 30 smallest digests, in the order of their paths.
    kept = sorted(sorted(faces, key=lambda face: face.digest)[:30], key=lambda face: face.source)
    expected = identity_probe(
        np.stack([face.embedding for face in kept]), [face.person for face in kept], resamples=100
    )
    named = {key.name: value for key, value in found.items()}
    assert named['probe_accuracy'] == expected['accuracy']['value'] > expected['chance'] == named['probe_chance']
    assert named['probe_examples'] == 30
    assert named['equal_error_rate'] == expected['verification']['equal_error_rate']
    # 15 test images have fewer than 1,000 pairs of two people.
    assert 'verification_rate' not in named


def test_with_enough_images_people_are_verified():
    faces = embedded(images=40)
    combine = identity.CombineProbe(KEY, 4000, 100, 0.95, 0)
    found = {key.name: value for key, value in combine.extract_output(bundled(combine, faces, 2)).items()}
    faces.sort(key=lambda face: face.source)
    expected = identity_probe(np.stack([face.embedding for face in faces]), [face.person for face in faces])
    assert found['verification_rate'] == expected['verification']['verification_rate'] > 0.001


def test_faces_that_each_count_as_a_person_have_no_probe():
    faces = [face._replace(person=face.source) for face in embedded()]
    combine = identity.CombineProbe(KEY, 30, 100, 0.95, 0)
    assert combine.extract_output(bundled(combine, faces, 2)) == {}
    assert combine.extract_output(combine.create_accumulator()) == {}


def test_a_model_without_embeddings_has_no_probe():
    extracts = {tfma.PREDICTIONS_KEY: {'valence': np.array([0.1])}, tfma.LABELS_KEY: {}, tfma.FEATURES_KEY: {}}
    assert list(identity.ReadEmbedding('').process(extracts)) == []


@pytest.mark.parametrize(
    ('value', 'text'),
    [
        (None, ''),
        (np.array(['ö'.encode()]), 'ö'),
        (np.array([[b'a']]), 'a'),
        (np.array([]), ''),
        (tfma.types.SparseTensorValue(np.array([b'a']), np.array([[0]]), np.array([1])), 'a'),
        (tfma.types.SparseTensorValue(np.array([]), np.zeros([0, 1]), np.array([0])), ''),
    ],
)
def test_a_text_is_read_from_every_form_of_a_feature(value, text):
    assert text_of({tfma.FEATURES_KEY: {'x': value}}, 'x') == text
