"""The page of real statistics: complete, well-formed, self-contained, and safe with any text in the data."""

import html.parser

import pandas as pd
import pytest
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2

from cafer_tf import features
from pipeline.data_validation import face_schema, statistics_page

VOID = {'meta', 'line', 'rect', 'polygon'}
EVIL = '<script>alert("x")</script>'


class Page(html.parser.HTMLParser):
    """Checks that every element is closed, and keeps elements, attributes and text."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes, self.text = [], [], [], ''
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        assert tag in VOID
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def statistics(count, subjects=('ann', 'bob', EVIL)):
    frame = pd.DataFrame(
        {
            features.VALENCE: [(index % 20) / 10 - 1 for index in range(count)],
            features.AROUSAL: [0.25] * count,
            features.SUBJECT: [subjects[index % len(subjects)] for index in range(count)],
            features.SOURCE: [f'{count}/{index}.png' for index in range(count)],
            features.FRAME: [None if index % 2 else float(index) for index in range(count)],
        }
    )
    return tfdv.generate_statistics_from_dataframe(frame)


@pytest.fixture(scope='module')
def splits():
    return {'train': statistics(60), 'eval': statistics(20)}


@pytest.fixture(scope='module')
def schema():
    return face_schema()


def test_shows_counts_tables_and_charts_of_every_split(splits, schema):
    page = Page(statistics_page(splits, schema, [], [], 'Faces'))
    for text in ('Faces', 'train', 'eval', 'valence', 'subject_id', 'frame_index (optional)', 'No anomalies.'):
        assert text in page.text
    # Mean of -1 to .9 in steps of .1; half of the frames are missing; arousal is constant.
    for text in ('-0.05', '50.0%', '0.25'):
        assert text in page.text
    labels = [value for name, value in page.attributes if name == 'aria-label']
    assert any(label.startswith('Histogram of valence from -1 to 0.9, splits train, eval') for label in labels)
    assert any(label.startswith('Histogram of arousal') for label in labels)
    assert any(label.startswith('Shares of the most frequent values of subject_id') for label in labels)
    assert not any(features.SOURCE in label for label in labels)


def test_loads_nothing_and_runs_nothing(splits, schema):
    text = statistics_page(splits, schema, [], [], 'Faces')
    page = Page(text)
    assert 'http' not in text and '@import' not in text and 'url(' not in text
    assert {'script', 'link', 'iframe', 'img'}.isdisjoint(page.tags)
    assert {'src', 'href'}.isdisjoint(name for name, _ in page.attributes)


def test_whatever_comes_from_data_is_escaped(splits, schema):
    text = statistics_page({f'a{EVIL}': splits['train']}, schema, [f'anomaly {EVIL}'], [f'drift {EVIL}'], EVIL)
    page = Page(text)
    assert 'script' not in page.tags
    assert '<script' not in text
    assert page.text.count(EVIL) > 5
    assert f'anomaly {EVIL}' in page.text and f'drift {EVIL}' in page.text


def test_anomalies_and_drift_are_listed(splits, schema):
    page = Page(statistics_page(splits, schema, ['eval: valence: too large'], ['eval differs from train'], 'Faces'))
    assert 'eval: valence: too large' in page.text and 'eval differs from train' in page.text
    assert 'No anomalies.' not in page.text and 'No warnings.' not in page.text


def test_a_value_that_is_frequent_in_one_split_only_has_its_true_share_in_the_others():
    one = statistics(100, ['rare', *['often'] * 9] + [name for index in range(6) for name in [f'x{index}'] * 5])
    other = statistics(10, ['rare'])
    text = statistics_page({'train': one, 'eval': other}, schema_pb2.Schema(), [], [], 'x')
    chart = text[text.index('Shares of the most frequent values of subject_id') :].split('</svg>')[0]
    rare = chart.split('<title>rare</title>')[1].split('<title>')[0]
    # rare is 1 of 40 names, so 3 of 100 examples of train, and every example of eval.
    assert rare.count('<rect') == 2
    assert '>3.0%<' in rare and '>100.0%<' in rare


def test_splits_without_examples_or_with_strange_numbers_have_a_page(schema):
    odd = pd.DataFrame({features.VALENCE: [float('nan'), float('inf'), 0.5], 'note': [b'\xff', b'', b'x']})
    empty = tfdv.generate_statistics_from_dataframe(odd.iloc[:0])
    page = Page(
        statistics_page({'train': tfdv.generate_statistics_from_dataframe(odd), 'eval': empty}, schema, [], [], 'x')
    )
    assert 'note' in page.text
    assert not any('nan' in value for name, value in page.attributes if name == 'points')
