"""The Evaluator with our configuration, on a SavedModel whose answers are known: figures, slices, gate, messages."""

import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma
from tfx import types
from tfx.components.evaluator import executor
from tfx.types import standard_artifacts
from tfx.utils import proto_utils

from cafer_tf import features
from cafer_tf.evaluation import Predicted
from cafer_tf.evaluation import evaluate as judge_all
from cafer_tf.metrics.statistic import FIGURES
from pipeline import evaluation, results
from pipeline.components.emotion_grouper import transforms
from pipeline.configs import Gate, Settings
from pipeline.errors import GateError

PEOPLE, FACES = 6, 15
THRESHOLD = 0.7


class Colours(tf.Module):
    """Valence is the picture's red and arousal its green, from [0, 255] to [-1, 1], times a scale; all is embedded."""

    def __init__(self, scale: float):
        super().__init__()
        self.scale = tf.Variable(scale)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name='examples')])
    def examples(self, examples):
        parsed = tf.io.parse_example(examples, {features.IMAGE: tf.io.FixedLenFeature([], tf.string)})
        decode = lambda data: tf.cast(tf.io.decode_png(data, 3)[0, 0], tf.float32)  # noqa: E731
        colours = tf.map_fn(decode, parsed[features.IMAGE], fn_output_signature=tf.TensorSpec([3], tf.float32))
        labels = self.scale * (colours / 127.5 - 1)
        return {
            features.VALENCE: labels[:, :1],
            features.AROUSAL: labels[:, 1:2],
            features.INTENSITY: tf.norm(labels[:, :2], axis=1, keepdims=True),
            'embedding': colours,
        }


@pytest.fixture
def faces(lab):
    """Examples of the test split, labels `[n, 2]`, answers at scale 1 `[n, 2]`, groups, subjects, and all of it."""
    random = np.random.default_rng(0)
    labels = random.uniform(-1, 1, (PEOPLE * FACES, 2)).astype(np.float32)
    colours = np.clip((labels + random.normal(0, 0.4, labels.shape) + 1) * 127.5, 0, 255).astype(np.uint8)
    strong = np.hypot(*labels.T) > THRESHOLD
    subjects = np.arange(len(labels)) // FACES
    blue = [int(40 * subject + random.integers(60)) for subject in subjects]
    # The first four people in two videos each. Of three columns of metadata one is in every other image and named like
    # one of our slices, and one tells the images one by one.
    videos = [f'v{subject}-{index % 2}' if subject < 4 else '' for index, subject in enumerate(subjects)]
    metadata = [
        (f'camera={index % 3}', *(['group=strong'] if index % 2 else []), f'time={index}')
        for index in range(len(labels))
    ]
    combine = transforms.CombineColumns()
    unsliced = combine.extract_output(combine.merge_accumulators(combine.add_input({}, texts) for texts in metadata))
    made = []
    for index, (label, colour) in enumerate(zip(labels, colours, strict=True)):
        image = lab.png((int(colour[0]), int(colour[1]), blue[index]))
        example = lab.example('test', index, *map(float, label), subject=f'p{subjects[index]}', image=image)
        for name, texts in ((features.VIDEO, videos[index : index + 1]), (features.METADATA, metadata[index])):
            if any(texts):
                example.features.feature[name].bytes_list.value.extend(text.encode() for text in texts)
        transforms.tag(example, THRESHOLD)
        transforms.tag_slices(example, unsliced)
        made.append(example)
    answers = colours.astype(np.float32) / np.float32(127.5) - 1
    known = Predicted(
        labels=labels,
        predictions=answers,
        embeddings=np.column_stack([colours, blue]).astype(np.float32),
        subjects=np.array([f'p{subject}' for subject in subjects]),
        videos=np.array(videos),
        frames=np.full(len(labels), -1),
        sources=np.array([f'test/{index:05d}.png' for index in range(len(labels))]),
        metadata=tuple(metadata),
    )
    return lab.examples({'test': made}, shards=3), labels, answers, strong, subjects, known


@pytest.fixture
def evaluate(lab, faces):
    """Runs the stock Evaluator; returns its outputs."""

    def run(gate: Gate, scale: float = 1.0, baseline_scale: float | None = None):
        inputs = {'examples': [faces[0]], 'model': [model(scale)]}
        if baseline_scale is not None:
            inputs['baseline_model'] = [model(baseline_scale)]
        outputs = {
            'evaluation': [lab.artifact(standard_artifacts.ModelEvaluation)],
            'blessing': [lab.artifact(standard_artifacts.ModelBlessing)],
        }
        properties = {
            'eval_config': proto_utils.proto_to_json(evaluation.eval_config(gate)),
            'example_splits': json.dumps([evaluation.SPLIT]),
        }
        executor.Executor(lab.context()).Do(inputs, outputs, properties)
        return outputs

    def model(scale: float) -> types.Artifact:
        artifact = lab.artifact(standard_artifacts.Model)
        module = Colours(scale)
        directory = str(pathlib.Path(artifact.uri) / 'Format-Serving')
        tf.saved_model.save(module, directory, {'examples': module.examples})
        return artifact

    return run


def reference(y: np.ndarray, p: np.ndarray) -> dict[str, float]:
    y, p = y.astype(np.float64), p.astype(np.float64)
    covariance = np.mean((y - y.mean()) * (p - p.mean()))
    return {
        'rmse': np.sqrt(np.mean((y - p) ** 2)),
        'pcc': covariance / (y.std() * p.std()),
        'ccc': 2 * covariance / (y.var() + p.var() + (y.mean() - p.mean()) ** 2),
        'sagr': np.mean(np.sign(y) == np.sign(p)),
    }


def flat(intervals: dict[str, dict[str, float]]) -> dict[str, float]:
    """`{'ccc': value, 'ccc_low': low, 'ccc_high': high, …}`."""
    ends = {'value': '', 'low': '_low', 'high': '_high'}
    return {f'{name}{end}': interval[part] for name, interval in intervals.items() for part, end in ends.items()}


def check_against(result: tfma.EvalResult, judged: dict) -> None:
    """The Evaluator gives the figures of `cafer_tf.evaluation`: intervals, slices, people, videos and the probe."""

    def numbers(key: tuple, output: str = '') -> dict[str, float]:
        return {name: value['doubleValue'] for name, value in result.get_metrics_for_slice(key, output).items()}

    unseen = judged['unseen']
    assert unseen['unsliced'] == {'time': PEOPLE * FACES}
    columns = {'group': features.GROUP_NAME, 'quadrant': features.QUADRANT}
    keys = set()
    for part in unseen['slices']:
        name, value = part['name'], part['value']
        text = f'{name.removeprefix("metadata.")}={value}'
        key = ((columns[name], value),) if name in columns else ((features.SLICED_METADATA, text),)
        keys.add(key)
        common = numbers(key)
        assert common['example_count'] == part['examples']
        mean = {f'mean_{figure}': value for figure, value in flat(part['pooled']['mean']).items()}
        assert mean.items() <= {name: pytest.approx(common[name], abs=1e-6) for name in mean}.items()
        for output in features.OUTPUTS:
            expected = flat(part['pooled'][output])
            assert {name: numbers(key, output)[name] for name in expected} == pytest.approx(expected, abs=1e-6)
    assert keys == {key for key, _ in result.slicing_metrics if key and key[0][0] != features.SUBJECT}
    for output in features.OUTPUTS:
        found = numbers((), output)
        for name, kind in (('subject_ccc', 'per_subject'), ('video_ccc', 'per_video')):
            expected = unseen[kind][output]
            assert (found[f'{name}_included'], found[f'{name}_excluded']) == (
                expected['included'],
                expected['excluded'],
            )
            line = unseen['calibration'][output]
            assert found['calibration_slope'] == pytest.approx(line['slope'], abs=1e-6)
            assert found['calibration_intercept'] == pytest.approx(line['intercept'], abs=1e-6)
            if expected['included']:
                quantiles = [found[f'{name}_q{at}'] for at in ('05', '25', '50', '75', '95')]
                assert quantiles == pytest.approx(list(expected['quantiles'].values()), abs=1e-6)
        for way, value in unseen['offsets'][output].items():
            assert found[f'offset_ccc_{way}'] == pytest.approx(value, abs=1e-6)
        person = numbers(((features.SUBJECT, 'p2'),), output)
        assert person['ccc'] == pytest.approx(unseen['per_subject'][output]['ccc']['p2'], abs=1e-6)
        assert 'ccc_low' not in person
    assert (unseen['per_subject']['valence']['included'], unseen['per_video']['valence']['excluded']) == (PEOPLE, 8)
    probe, overall = judged['identity']['unseen'], numbers(())
    assert overall['identity_probe_accuracy'] == pytest.approx(probe['accuracy']['value'])
    assert overall['identity_probe_accuracy_low'] == pytest.approx(probe['accuracy']['low'])
    assert overall['identity_probe_chance'] == pytest.approx(probe['chance'])
    assert overall['identity_probe_examples'] == probe['examples']
    assert overall['equal_error_rate'] == pytest.approx(probe['verification']['equal_error_rate'], abs=1e-6)
    # So few images have fewer than 1,000 pairs of two people.
    assert overall.get('verification_rate') is probe['verification']['verification_rate'] is None


def test_figures_equal_numpy_on_every_slice(evaluate, faces, tmp_path):
    _, labels, answers, strong, subjects, known = faces
    outputs = evaluate(Gate(-1, -1))
    assert outputs['blessing'][0].get_int_custom_property('blessed') == 1
    uri = outputs['evaluation'][0].uri
    result = tfma.load_eval_result(uri)
    everyone = np.ones(len(labels), bool)
    slices = {(): everyone}
    slices |= {((features.GROUP_NAME, name),): strong == flag for name, flag in (('strong', True), ('weak', False))}
    slices |= {((features.SUBJECT, f'p{person}'),): subjects == person for person in range(PEOPLE)}
    quadrants = np.array([features.quadrant_of(*label) for label in labels])
    slices |= {((features.QUADRANT, name),): quadrants == name for name in features.QUADRANTS}
    slices |= {
        ((features.SLICED_METADATA, text),): np.array([text in texts for texts in known.metadata])
        for text in ('camera=0', 'camera=1', 'camera=2', 'group=strong')
    }
    assert {key for key, _ in result.slicing_metrics} == set(slices)
    for key, members in slices.items():
        assert result.get_metrics_for_slice(key)['example_count']['doubleValue'] == members.sum()
        for column, output in enumerate(features.OUTPUTS):
            metrics = result.get_metrics_for_slice(key, output_name=output)
            found = {name: metrics[name]['doubleValue'] for name in FIGURES}
            assert found == pytest.approx(reference(labels[members, column], answers[members, column]), abs=1e-6)
    # What a user gets: the same, with the number of people.
    figures = results.read_figures(uri)
    assert (figures['examples'], figures['subjects']) == (PEOPLE * FACES, PEOPLE)
    assert figures['filter'] == 'test split'
    assert figures['bootstrap'] == {'resamples': 1000, 'confidence': 0.95, 'seed': 0}
    judged = judge_all(known, threshold=THRESHOLD)
    pooled = judged['unseen']['pooled']
    for column, output in enumerate(features.OUTPUTS):
        values = {name: figures[output][name] for name in FIGURES}
        assert values == pytest.approx(reference(labels[:, column], answers[:, column]), abs=1e-6)
        assert figures[output] == pytest.approx(flat(pooled[output]), abs=1e-6)
    assert figures['mean'] == pytest.approx(flat(pooled['mean']), abs=1e-6)
    check_against(result, judged)
    results.check_gate(outputs, Settings(out=tmp_path))
    assert not (tmp_path / 'rejected.json').exists()


def test_a_model_below_a_bound_is_named_with_value_and_bound(evaluate, faces, tmp_path):
    _, labels, answers, *_ = faces
    ccc = [reference(labels[:, column], answers[:, column])['ccc'] for column in range(2)]
    outputs = evaluate(Gate(min_valence_ccc=ccc[0] + 0.01, min_arousal_ccc=ccc[1] - 0.01))
    assert outputs['blessing'][0].get_int_custom_property('blessed') == 0
    with pytest.raises(GateError) as raised:
        results.check_gate(outputs, Settings(out=tmp_path))
    text = str(raised.value)
    assert f'valence ccc {ccc[0]:.3f} is below {ccc[0] + 0.01:.3f}' in text
    assert 'arousal' not in text
    assert '\n' not in text
    rejected = json.loads((tmp_path / 'rejected.json').read_text())
    assert rejected['model'] is None
    assert f'{PEOPLE * FACES} faces of {PEOPLE} people' in text
    with pytest.raises(GateError, match=r'faces \(no subject_id given, so nothing can be said of unseen people\)'):
        results.check_gate(outputs, Settings(out=tmp_path), subjects_known=False)
    assert json.loads((tmp_path / 'rejected.json').read_text())['subjects'] is None
    assert rejected['valence']['ccc'] == pytest.approx(ccc[0], abs=1e-6)
    assert not (tmp_path / 'metrics.json').exists()


def test_a_model_worse_than_the_one_before_is_refused(evaluate, faces, tmp_path):
    _, labels, answers, *_ = faces
    before = [reference(labels[:, column], answers[:, column])['ccc'] for column in range(2)]
    now = [reference(labels[:, column], 0.4 * answers[:, column])['ccc'] for column in range(2)]
    outputs = evaluate(Gate(-1, -1, max_ccc_drop=0.05), scale=0.4, baseline_scale=1.0)
    with pytest.raises(GateError) as raised:
        results.check_gate(outputs, Settings(out=tmp_path))
    for output, old, new in zip(features.OUTPUTS, before, now, strict=True):
        assert f'{output} ccc changed by {new - old:+.3f} against the model blessed before' in str(raised.value)
    assert 'the bound is -0.050' in str(raised.value)


def test_a_model_hardly_worse_than_the_one_before_passes(evaluate):
    outputs = evaluate(Gate(-1, -1, max_ccc_drop=0.05), scale=0.98, baseline_scale=1.0)
    assert outputs['blessing'][0].get_int_custom_property('blessed') == 1
    # The figures are the candidate's, not the baseline's.
    figures = results.read_figures(outputs['evaluation'][0].uri)
    alone = results.read_figures(evaluate(Gate(-1, -1), scale=0.98)['evaluation'][0].uri)
    assert figures == alone
