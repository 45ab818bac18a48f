import numpy as np

from cafer_tf.evaluation.slices import slices, unsliced


def test_groups_are_parted_at_the_threshold_of_the_model(make_faces):
    # Intensities .5, .3, .2 and .1 at a threshold of .3, which itself is weak.
    labels = np.array([[0.4, 0.3], [0.3, 0.0], [0.0, -0.2], [-0.1, 0.0]])
    parts = {part.value: part for part in slices(make_faces(2, 2, labels=labels), 0.3) if part.name == 'group'}
    assert parts['strong'].mask.tolist() == [True, False, False, False]
    assert parts['weak'].mask.tolist() == [False, True, True, True]
    assert '> 0.300' in parts['strong'].filter


def test_quadrants_part_every_face_and_zero_is_positive(make_faces):
    labels = np.array([[0.0, 0.0], [0.0, -0.2], [-0.1, 0.0], [-0.3, -0.3]])
    parts = [part for part in slices(make_faces(2, 2, labels=labels), 0.3) if part.name == 'quadrant']
    assert [part.mask.tolist().index(True) for part in parts] == [0, 1, 2, 3]
    assert [part.value for part in parts] == [
        'positive valence, positive arousal',
        'positive valence, negative arousal',
        'negative valence, positive arousal',
        'negative valence, negative arousal',
    ]
    assert np.sum([part.mask for part in parts], axis=0).tolist() == [1, 1, 1, 1]


def test_parts_without_a_face_are_left_out(make_faces):
    parts = slices(make_faces(2, 2, labels=np.full((4, 2), 0.1)), 0.9)
    assert [part.value for part in parts] == ['weak', 'positive valence, positive arousal']


def test_every_value_of_a_column_is_a_part(make_faces):
    metadata = (('age=old', 'light=left'), ('age=young',), ('light=left',), ('light=a=b',))
    parts = slices(make_faces(2, 2, metadata=metadata), 0.3)
    assert {(part.name, part.value): part.mask.tolist() for part in parts if part.name.startswith('metadata.')} == {
        ('metadata.age', 'old'): [True, False, False, False],
        ('metadata.age', 'young'): [False, True, False, False],
        ('metadata.light', 'a=b'): [False, False, False, True],
        ('metadata.light', 'left'): [True, False, True, False],
    }


def test_columns_called_like_our_own_parts_are_told_from_them(make_faces):
    faces = make_faces(2, 2, metadata=(('group=strong', 'metadata.group=x', 'quadrant=none'),) * 4)
    parts = slices(faces, 0.3)
    assert len({(part.name, part.value) for part in parts}) == len(parts)
    assert [(part.name, part.value) for part in parts[-3:]] == [
        ('metadata.group', 'strong'),
        ('metadata.metadata.group', 'x'),
        ('metadata.quadrant', 'none'),
    ]


def test_a_column_that_names_single_faces_is_counted_and_not_sliced(make_faces):
    faces = make_faces(3, 17, metadata=tuple((f'face={i}', 'kind=all') for i in range(51)))
    assert unsliced(faces) == {'face': 51}
    assert {part.name for part in slices(faces, 0.3)} == {'group', 'quadrant', 'metadata.kind'}
