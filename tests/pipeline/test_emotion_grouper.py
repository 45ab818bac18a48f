"""The threshold is scikit-image's on the training labels, and no division of the data changes it."""

import json
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
    summary = json.loads((pathlib.Path(outputs['grouping'].uri) / 'grouping.json').read_text())
    assert summary['histogram']['counts'] == counts.tolist()
    assert summary['fitted_on'] == 'train'


def test_every_split_is_tagged_and_nothing_else_changes(lab, group):
    examples = lab.random_examples(SIZES)
    given = lab.examples(examples, shards=2)
    outputs = group(given)
    threshold = threshold_of(outputs)
    sizes = json.loads((pathlib.Path(outputs['grouping'].uri) / 'grouping.json').read_text())['sizes']
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
    examples = lab.random_examples(SIZES)
    reference = group(lab.examples(examples))
    workers = 1 if mode == 'in_memory' else 3
    outputs = group(lab.examples(examples, shards), f'--direct_running_mode={mode}', f'--direct_num_workers={workers}')
    assert threshold_of(outputs) == threshold_of(reference)
    for split in SIZES:
        assert lab.read(outputs['grouped_examples'], split) == lab.read(reference['grouped_examples'], split)


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
