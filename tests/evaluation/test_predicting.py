import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from records import write

from cafer_tf import Cafer, Config, input
from cafer_tf.evaluation import predict
from cafer_tf.serving import ModelError, Predictor, export


def test_every_example_once_with_all_that_its_record_says(predictor, write_records, tmp_path):
    # More examples than a batch of 6, over two files.
    faces = write_records(tmp_path / 'a.gz') + write_records(tmp_path / 'b.gz', people=2, seed=1)
    found = predict(predictor, [f'{tmp_path}/*.gz'])
    assert len(found) == 20
    np.testing.assert_array_equal(found.labels, np.float32([(face.valence, face.arousal) for face in faces]))
    assert found.subjects.tolist() == [face.subject_id for face in faces]
    assert found.videos.tolist() == [face.video_id or '' for face in faces]
    assert found.frames.tolist() == [-1 if face.frame_index is None else face.frame_index for face in faces]
    assert found.sources.tolist() == [face.path for face in faces]
    assert found.metadata == tuple(tuple(f'{key}={value}' for key, value in face.metadata) for face in faces)
    assert found.subjects_known


def test_predictions_are_those_of_the_served_model(predictor, write_records, tmp_path):
    faces = write_records(tmp_path / 'a.gz')
    found = predict(predictor, [f'{tmp_path}/a.gz'])
    answers = predictor.predict(input.read_images([f'{tmp_path}/a.gz'], range(len(faces))))
    np.testing.assert_allclose(found.predictions, [(one.valence, one.arousal) for one in answers], atol=1e-5)
    assert np.ptp(found.predictions, axis=0).min() > 1e-3  # so that another order would show
    assert found.embeddings.shape == (12, 128)
    assert np.ptp(found.embeddings, axis=0).max() > 0.1


def test_records_that_say_little_are_read(predictor, tmp_path):
    file = write(tmp_path / 'old', [[0.1, 0.2], [0.3, 0.4]])
    found = predict(predictor, [str(file)])
    assert found.subjects.tolist() == found.sources.tolist() == ['example 0', 'example 1']
    assert (found.videos.tolist(), found.frames.tolist(), found.metadata) == (['', ''], [-1, -1], ((), ()))
    assert not found.subjects_known


def test_images_that_count_as_their_own_subjects_are_unknown_people(make_faces):
    faces = make_faces(known=False)
    assert not faces.subjects_known
    assert dataclasses.replace(faces, subjects=np.array(['anna', *faces.subjects[1:]])).subjects_known


def test_nothing_to_read_is_refused(predictor, tmp_path):
    with tf.io.TFRecordWriter(str(tmp_path / 'empty')):
        pass
    with pytest.raises(input.InputError, match='no examples in'):
        predict(predictor, [f'{tmp_path}/empty'])
    with pytest.raises(input.InputError, match='no TFRecords match'):
        predict(predictor, [f'{tmp_path}/nothing-*'])


def test_a_model_that_answers_nan_is_no_model_to_judge(write_records, tmp_path):
    model = Cafer(Config.from_dict({'input': {'image_size': 32}, 'training': {'batch_size': 6}}), threshold=0.6)
    kernel, bias = model.head.layers[-1].get_weights()
    model.head.layers[-1].set_weights([kernel, np.full_like(bias, np.nan)])
    export(model, tmp_path / 'broken')
    write_records(tmp_path / 'faces')
    with pytest.raises(ModelError, match='NaN'):
        predict(Predictor(tmp_path / 'broken'), [str(tmp_path / 'faces')])
