"""The threshold is scikit-image's on the training labels, and no division of the data changes it."""

import json
import logging
import pathlib

import apache_beam as beam
import numpy as np
import pytest
from apache_beam.testing.util import assert_that, equal_to
from PIL import Image
from skimage.filters import threshold_otsu
from tfx.types import artifact_utils, standard_artifacts

from cafer_tf import features, grouping
from pipeline.components.emotion_grouper import component, executor, transforms

SIZES = {'train': 300, 'eval': 40, 'test': 60}


@pytest.fixture
def group(lab):
    """Runs the executor on an Examples artifact; returns its artifacts by key."""

    def run(examples, *beam_args: str):
        outputs = {
            'grouped_examples': lab.artifact(standard_artifacts.Examples),
            'grouping': lab.artifact(component.EmotionGrouping),
            'hyperparameters': lab.artifact(standard_artifacts.HyperParameters),
        }
        executor.Executor(lab.context(*beam_args)).Do(
            {'examples': [examples]}, {key: [artifact] for key, artifact in outputs.items()}, {}
        )
        return outputs

    return run


def intensities_of(examples) -> np.ndarray:
    labels = [[e.features.feature[name].float_list.value[0] for name in features.OUTPUTS] for e in examples]
    return np.hypot(*np.array(labels).T)


def with_metadata(examples):
    """Adds columns: some with more than 50 values in train (`place`) or test (`time`), one with just 50 (`seat`)."""
    for split, members in examples.items():
        for index, example in enumerate(members):
            texts = [f'place={split if split == "test" else index}', f'seat={index % 50}', f'time={index}=ö']
            example.features.feature[features.METADATA].bytes_list.value[:] = [text.encode() for text in texts]
    return examples


def grouping_of(outputs) -> dict:
    return json.loads((pathlib.Path(outputs['grouping'].uri) / 'grouping.json').read_text())


def threshold_of(outputs) -> float:
    return json.loads((pathlib.Path(outputs['hyperparameters'].uri) / 'hyperparameters.json').read_text())[
        'otsu_threshold'
    ]


def test_the_threshold_is_that_of_scikit_image_on_train_alone(lab, group):
    examples = lab.random_examples(SIZES)
    outputs = group(lab.examples(examples, shards=3))
    # Written out: 256 bins over [0, sqrt 2], upper edges closed, and the upper edge of the last weak bin.
    edges = np.linspace(0, 2**0.5, 257)
    bins = np.digitize(intensities_of(examples['train']), edges, right=True) - 1
    counts = np.bincount(bins, minlength=256)
    centers = (edges[:-1] + edges[1:]) / 2
    expected = threshold_otsu(hist=(counts, centers)) + (edges[1] - edges[0]) / 2
    assert threshold_of(outputs) == pytest.approx(expected, abs=1e-12)
    summary = grouping_of(outputs)
    assert summary['histogram']['counts'] == counts.tolist()
    assert (summary['fitted_on'], summary['unsliced']) == ('train', [])


def test_every_split_is_tagged_and_nothing_else_changes(lab, group):
    examples = lab.random_examples(SIZES)
    given = lab.examples(examples, shards=2)
    outputs = group(given)
    threshold = threshold_of(outputs)
    sizes = grouping_of(outputs)['sizes']
    for split in SIZES:
        before, after = lab.read(given, split), lab.read(outputs['grouped_examples'], split)
        expected = intensities_of(examples[split])
        assert [e[features.INTENSITY][0] for e in after] == pytest.approx(expected, rel=1e-6)
        assert [e[features.GROUP][0] for e in after] == [int(r > threshold) for r in expected]
        assert [e[features.GROUP_NAME][0] for e in after] == [b'strong' if r > threshold else b'weak' for r in expected]
        signs = [['positive' if e[name][0] >= 0 else 'negative' for name in features.OUTPUTS] for e in after]
        assert [e[features.QUADRANT] for e in after] == [[f'{v} valence, {a} arousal'.encode()] for v, a in signs]
        assert len(set(map(tuple, signs))) == 4
        tags = {features.INTENSITY, features.GROUP, features.GROUP_NAME, features.QUADRANT}
        assert [{k: v for k, v in e.items() if k not in tags} for e in after] == before
        assert sizes[split] == {'weak': int((expected <= threshold).sum()), 'strong': int((expected > threshold).sum())}
        assert [f.name for f in lab.files(outputs['grouped_examples'], split)] == [
            f.name for f in lab.files(given, split)
        ]
    assert artifact_utils.decode_split_names(outputs['grouped_examples'].split_names) == list(SIZES)


@pytest.mark.parametrize(('shards', 'mode'), [(7, 'in_memory'), (1, 'multi_threading'), (5, 'multi_processing')])
def test_nothing_depends_on_shards_or_workers(lab, group, shards, mode):
    examples = with_metadata(lab.random_examples(SIZES))
    reference = group(lab.examples(examples))
    workers = 1 if mode == 'in_memory' else 3
    outputs = group(lab.examples(examples, shards), f'--direct_running_mode={mode}', f'--direct_num_workers={workers}')
    assert grouping_of(outputs) == grouping_of(reference)
    for split in SIZES:
        assert lab.read(outputs['grouped_examples'], split) == lab.read(reference['grouped_examples'], split)


def test_columns_with_few_values_in_the_test_split_are_what_evaluation_is_sliced_by(lab, group, caplog):
    given = lab.examples(with_metadata(lab.random_examples(SIZES)), shards=2)
    with caplog.at_level(logging.INFO, logger=executor.__name__):
        outputs = group(given)
    assert grouping_of(outputs)['unsliced'] == ['time']
    assert 'not sliced by, for more than 50 values in test: time' in [r.getMessage() for r in caplog.records]
    for split in SIZES:
        before, after = lab.read(given, split), lab.read(outputs['grouped_examples'], split)
        assert [e[features.METADATA] for e in after] == [e[features.METADATA] for e in before]
        expected = [[b'place=test', b'seat=%d' % (i % 50)] if split == 'test' else None for i in range(SIZES[split])]
        assert [e.get(features.SLICED_METADATA) for e in after] == expected
    assert sorted(path.name for path in pathlib.Path(outputs['grouping'].uri).iterdir()) == [
        *('grouping.json', 'grouping.png')
    ]


@pytest.mark.parametrize('parts', [1, 5, 97])
def test_the_columns_do_not_depend_on_bundling(parts):
    # 51 and 50 values, each of them in several parts, and a column that only the last part has.
    texts = [(f'many={i % 51}', f'few={i % 50}') for i in range(200)] + [(f'late={i}',) for i in range(51)]
    with beam.Pipeline(argv=['--direct_num_workers=1']) as pipeline:
        names = (
            pipeline
            | beam.Create([texts[part::parts] for part in range(parts)])
            | beam.Reshuffle()
            | beam.FlatMap(lambda part: part)
            | beam.CombineGlobally(transforms.CombineColumns())
        )
        assert_that(names, equal_to([['late', 'many']]))


def test_of_a_column_with_many_values_few_are_kept():
    combine = transforms.CombineColumns()
    parts = [combine.add_input({}, [f'time={i}', 'light=soft']) for i in range(40)]
    halves = [combine.merge_accumulators(parts), combine.add_input({}, (f'time={i}' for i in range(1_000)))]
    for order in (halves, halves[::-1], [*halves, *parts]):
        merged = combine.merge_accumulators(order)
        assert {column: len(texts) for column, texts in merged.items()} == {'light': 1, 'time': 51}
        assert combine.extract_output(merged) == ['time']
    assert combine.extract_output(halves[0]) == []


@pytest.mark.parametrize('parts', [1, 2, 5, 97])
def test_the_histogram_does_not_depend_on_bundling(parts):
    values = np.random.default_rng(1).uniform(0, 2**0.5, 1000)
    whole = grouping.IntensityHistogram.empty().add(values).counts.tolist()
    with beam.Pipeline(argv=['--direct_num_workers=1']) as pipeline:
        merged = (
            pipeline
            | beam.Create([values[part::parts] for part in range(parts)])
            | beam.Reshuffle()
            | beam.CombineGlobally(transforms.CombineHistograms())
        )
        assert_that(merged, equal_to([whole]))


def test_the_combiner_merges_accumulators_in_any_order():
    values = np.random.default_rng(2).uniform(0, 2**0.5, 100)
    combine = transforms.CombineHistograms()
    accumulators = [combine.add_input(combine.create_accumulator(), part) for part in np.split(values, 5)]
    forward = combine.extract_output(combine.merge_accumulators(accumulators))
    backward = combine.extract_output(
        combine.merge_accumulators([combine.merge_accumulators(accumulators[::-1][:3]), *accumulators[:2]])
    )
    assert forward == backward
    assert sum(forward) == 100


def test_the_picture_is_a_picture(lab, group):
    outputs = group(lab.examples(lab.random_examples(SIZES)))
    data = (pathlib.Path(outputs['grouping'].uri) / 'grouping.png').read_bytes()
    assert data.startswith(b'\x89PNG')
    with Image.open(pathlib.Path(outputs['grouping'].uri) / 'grouping.png') as picture:
        colours = {tuple(colour[:3]) for _, colour in picture.convert('RGB').getcolors(1 << 20)}
    assert {(0x7F, 0x8F, 0xA6), (0xC2, 0x36, 0x16)} <= colours


def test_labels_of_one_intensity_are_an_error(lab, group):
    examples = {split: [lab.example(split, i, 0.6 * (-1) ** i, 0.8) for i in range(8)] for split in features.SPLITS}
    with pytest.raises(grouping.GroupingError, match='all labels have the same emotional intensity'):
        group(lab.examples(examples))
