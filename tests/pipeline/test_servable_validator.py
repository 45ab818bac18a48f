"""A model that cannot be served is refused with the reason; a good one is blessed in a fresh process."""

import pathlib

import pytest
import tensorflow as tf
from tfx.types import standard_artifacts

from cafer_tf import features
from pipeline.components.servable_validator import executor, requests
from pipeline.errors import ServingError

STRINGS = tf.TensorSpec([None], tf.string)


class Servable(tf.Module):
    """Answers with the mean colours of a PNG; to be whole is to end like one."""

    def answer(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        status = self.judge(images)
        decode = lambda data: tf.reduce_mean(tf.cast(tf.io.decode_png(data, 3), tf.float32), [0, 1])  # noqa: E731
        pngs = tf.where(status == 0, images, tf.io.encode_png(tf.zeros([1, 1, 3], tf.uint8)))
        labels = tf.map_fn(decode, pngs, fn_output_signature=tf.TensorSpec([3], tf.float32)) / 127.5 - 1
        labels = tf.where(status[:, tf.newaxis] == 0, labels, float('nan'))
        return {
            features.VALENCE: labels[:, :1],
            features.AROUSAL: labels[:, 1:2],
            features.INTENSITY: tf.norm(labels[:, :2], axis=1, keepdims=True),
            'status': status[:, tf.newaxis],
        }

    def judge(self, images: tf.Tensor) -> tf.Tensor:
        damaged = tf.where(tf.strings.substr('12345678' + images, -8, 4) == b'IEND', 0, 4)
        status = tf.where(tf.strings.regex_full_match(images, r'(?s)\C(PNG|\C{5}JFIF)\C*'), damaged, 2)
        return tf.where(tf.strings.length(images) == 0, 1, status)

    def by_example(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        return self.answer(
            tf.io.parse_example(examples, {features.IMAGE: tf.io.FixedLenFeature([], tf.string)})[features.IMAGE]
        )

    def save(self, directory: pathlib.Path, names=('serving_default', 'examples')) -> str:
        signatures = {
            'serving_default': tf.function(lambda image_bytes: self.answer(image_bytes), input_signature=[STRINGS]),
            'examples': tf.function(lambda examples: self.by_example(examples), input_signature=[STRINGS]),
        }
        module = tf.Module()
        module.kept = list(signatures.values())
        tf.saved_model.save(module, str(directory), {name: signatures[name] for name in names})
        return str(directory)


class NotFinite(Servable):
    def answer(self, images):
        outputs = super().answer(images)
        outputs[features.AROUSAL] *= tf.constant(float('nan'))
        return outputs


class TooLarge(Servable):
    def answer(self, images):
        outputs = super().answer(images)
        outputs[features.VALENCE] += 2.0
        return outputs


class WrongShape(Servable):
    def answer(self, images):
        outputs = super().answer(images)
        outputs[features.INTENSITY] = outputs[features.INTENSITY][:, 0]
        return outputs


class NoIntensity(Servable):
    def answer(self, images):
        outputs = super().answer(images)
        del outputs[features.INTENSITY]
        return outputs


class Disagreeing(Servable):
    def by_example(self, examples):
        outputs = super().by_example(examples)
        outputs[features.VALENCE] *= 0.5
        return outputs


class ByCompany(Servable):
    def answer(self, images):
        outputs = super().answer(images)
        outputs[features.AROUSAL] -= tf.reduce_mean(outputs[features.AROUSAL])
        outputs[features.AROUSAL] = tf.clip_by_value(outputs[features.AROUSAL], -1.0, 1.0)
        return outputs


class AllAlike(Servable):
    def judge(self, images):
        return tf.where(super().judge(images) == 0, 0, 2)


class Unsure(Servable):
    def judge(self, images):
        return tf.fill(tf.shape(images), 7)


class Guessing(Servable):
    def answer(self, images):
        outputs = super().answer(images)
        outputs[features.VALENCE] = tf.where(tf.math.is_nan(outputs[features.VALENCE]), 0.0, outputs[features.VALENCE])
        return outputs


class WithoutStatus(Servable):
    def answer(self, images):
        outputs = super().answer(images)
        del outputs['status']
        return outputs


class FailingAsAWhole(Servable):
    def answer(self, images):
        with tf.control_dependencies([tf.debugging.assert_equal(self.judge(images), 0)]):
            return super().answer(images)


class Crashing(Servable):
    def answer(self, images):
        with tf.control_dependencies([tf.debugging.Assert(tf.size(images) < 0, ['out of faces'])]):
            return super().answer(images)


@pytest.fixture
def examples(lab):
    made = [lab.example('test', i, 0.0, 0.0, image=lab.png((40 * i, 255 - 40 * i, 0))) for i in range(6)]
    return lab.examples({'test': made}, shards=2)


@pytest.fixture
def files(lab, examples):
    return [str(path) for path in lab.files(examples, 'test')]


def test_a_good_model_answers_as_many_requests_as_asked(tmp_path, files):
    model = Servable().save(tmp_path / 'model')
    assert requests.check(model, files, 4) == 4
    assert requests.check(model, files, 100) == 6


@pytest.mark.parametrize(
    ('broken', 'reason'),
    [
        (NotFinite, 'serving_default: arousal is not finite for 6 faces'),
        (TooLarge, r'serving_default: valence reaches from 1 to 2\.569, outside \[-1, 1\]'),
        (WrongShape, r'serving_default: intensity has shape \(6,\), not \(6, 1\)'),
        (NoIntensity, 'serving_default has no output intensity, only arousal, status, valence'),
        (Disagreeing, r'valence differs by 0\.5 between the two signatures'),
        (ByCompany, r'arousal of one face differs by .* when it is asked for alone'),
        (AllAlike, r'an image that is 1 \(empty\) has the status 2 \(not an image\)'),
        (Unsure, '6 faces have a status, such as 7, which has no meaning'),
        (Guessing, r'an image that is 1 \(empty\) has the valence 0'),
        (WithoutStatus, 'serving_default has no output status, only arousal, intensity, valence'),
        (FailingAsAWhole, 'signature serving_default fails: InvalidArgumentError'),
        (Crashing, 'signature serving_default fails: InvalidArgumentError'),
    ],
)
def test_a_broken_model_is_refused_with_the_reason(tmp_path, files, broken, reason):
    with pytest.raises(requests.NotServable, match=reason):
        requests.check(broken().save(tmp_path / 'model'), files, 100)


def test_a_missing_signature_is_refused(tmp_path, files):
    model = Servable().save(tmp_path / 'model', names=['serving_default'])
    with pytest.raises(requests.NotServable, match='there is no signature examples, only serving_default'):
        requests.check(model, files, 3)


def test_a_damaged_model_is_refused(tmp_path, files):
    model = Servable().save(tmp_path / 'model')
    (tmp_path / 'model' / 'saved_model.pb').write_bytes(b'no model')
    with pytest.raises(requests.NotServable, match='the model cannot be loaded'):
        requests.check(model, files, 3)


def test_no_examples_are_no_proof(tmp_path, lab):
    empty = lab.examples({'test': []})
    with pytest.raises(requests.NotServable, match='there are no examples to send'):
        requests.check(str(tmp_path), [str(path) for path in lab.files(empty, 'test')], 3)


def validate(lab, examples, servable: Servable):
    model = lab.artifact(standard_artifacts.Model)
    servable.save(pathlib.Path(model.uri) / 'Format-Serving')
    blessing = lab.artifact(standard_artifacts.InfraBlessing)
    executor.Executor().Do(
        {'model': [model], 'examples': [examples]}, {'blessing': [blessing]}, {'split': 'test', 'requests': 5}
    )
    return blessing


def test_the_component_blesses_a_good_model_in_a_fresh_process(lab, examples, caplog):
    with caplog.at_level('INFO', logger='pipeline'):
        blessing = validate(lab, examples, Servable())
    assert blessing.get_int_custom_property('blessed') == 1
    assert (pathlib.Path(blessing.uri) / 'INFRA_BLESSED').exists()
    assert '5 requests answered' in caplog.text


def test_the_component_stops_the_run_at_a_broken_model(lab, examples):
    with pytest.raises(ServingError, match='cannot be served: signature serving_default: arousal is not finite'):
        validate(lab, examples, NotFinite())
