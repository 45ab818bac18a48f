"""The report: whole, readable without a network, a mouse or colours, and true to the evaluation."""

import dataclasses
import html.parser
import re

import numpy as np
import pytest

from cafer_tf import evaluation, features
from cafer_tf.config import Config
from cafer_tf.report import page
from cafer_tf.report.page import comparison, markup, origin, tables, videos
from cafer_tf.report.page.model_card import person_independence
from cafer_tf.report.page.style import STYLE

VOID = {'meta', 'img', 'br'}


class Elements(html.parser.HTMLParser):
    """Every element with its attributes, and the text of the page; it fails on elements that are not closed in turn."""

    def __init__(self, text):
        super().__init__()
        self.found, self.words, self._open = [], [], []
        self.feed(text)
        assert self._open == []
        self.text = ' '.join(' '.join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if 'style' not in self._open:
            self.words.append(data)

    def all(self, *tags):
        """The attributes of the elements of these names."""
        return [attributes for tag, attributes in self.found if tag in tags]


@pytest.fixture(scope='module')
def text(material):
    """The page."""
    return page.report_page(material)


@pytest.fixture(scope='module')
def elements(text):
    """Its elements."""
    return Elements(text)


def test_the_same_material_gives_the_same_page(text, material):
    assert page.report_page(material) == text


def test_nothing_is_loaded_and_no_script_runs(text, elements):
    addresses = [
        value for _, attributes in elements.found for name, value in attributes.items() if name in {'src', 'href'}
    ]
    assert {re.match(r'data:image/(png|jpeg|svg\+xml);base64,|#', address) is not None for address in addresses} == {
        True
    }
    assert not elements.all('script', 'link', 'iframe', 'object')
    assert not re.search(r'url\(|@import|http', re.sub(r'base64,[^"]*', '', text))


def test_every_picture_says_in_words_what_it_shows_with_numbers(elements):
    alternatives = [attributes['alt'] for attributes in elements.all('img')]
    # Otsu, curves, people, 2 densities, 3 circumplexes, calibration, 3 maps; and of 6 people the best and worst face.
    assert len(alternatives) == 12 + 2 * 6
    assert all(re.search(r'\d', alternative) for alternative in alternatives)
    assert len(set(alternatives[:12])) == 12


def test_tables_have_captions_and_heads_with_scopes(elements):
    tables = elements.all('table')
    assert len(tables) == len(elements.all('caption')) >= 7
    assert {attributes['scope'] for attributes in elements.all('th')} == {'col', 'row', 'colgroup'}


def test_the_contents_lead_to_every_section(elements):
    links = [attributes['href'][1:] for attributes in elements.all('a')]
    assert links == [attributes['id'] for attributes in elements.all('h2')]
    assert len(set(links)) == len(links) == 10


def test_texts_of_the_data_are_escaped(elements):
    assert not elements.all('face')
    assert 'no <face> box' in elements.text
    assert 'ann <b>& "co"' in elements.text


def test_the_tables_hold_the_figures_of_the_evaluation(elements, figures):
    for judged in (figures['unseen'], figures['seen']):
        for output in features.OUTPUTS:
            for metric in ('rmse', 'pcc', 'ccc', 'sagr'):
                value, low, high = judged['pooled'][output][metric].values()
                assert f'{value:.3f} {low:.3f} … {high:.3f}' in elements.text
    gap, probe = figures['gap']['mean']['ccc'], figures['identity']['unseen']
    assert f'mean {gap["value"]:+.3f} {gap["low"]:+.3f} … {gap["high"]:+.3f}' in elements.text
    assert f'accuracy of the probe who of them is it? {probe["accuracy"]["value"]:.3f}' in elements.text
    assert '72 faces of 6 people' in elements.text  # 6 people with 12 faces each
    assert 'camera left camera=left 36' in elements.text  # every other face


def test_settings_that_differ_come_before_all_settings(elements):
    first = elements.text.index('training.epochs 3 25')
    assert first < elements.text.index('faces.source "as_is" "as_is"')
    assert elements.text.count('training.epochs 3 25') == 2


def test_what_was_left_out_is_counted(elements):
    assert 'no <face> box 7' in elements.text
    assert 'damaged: in the quarantine list of the run 2' in elements.text


def test_the_model_card_forbids_decisions_about_people_and_names_the_method(elements):
    card = elements.text[elements.text.rindex('Model card') :]
    for phrase in ('Decisions about people', 'Intended use', 'licence', 'AAAI', 'identity probe', 'Limits'):
        assert phrase in card


def test_faces_of_real_data_sets_come_with_a_warning(material, elements):
    assert 'These images are part of the data set' in elements.text
    rendered = dataclasses.replace(material, data=dataclasses.replace(material.data, dataset=page.RENDERED))
    text = Elements(page.report_page(rendered)).text
    assert 'These images are part of the data set' not in text
    assert 'no evidence about real faces' in text


@pytest.mark.parametrize('own', ['', 'aff_wild', page.RENDERED])
@pytest.mark.parametrize('dataset', ['csv', page.RENDERED])
def test_videos_come_with_the_licence_of_their_own_data_set_and_say_whether_it_was_trained_on(material, own, dataset):
    shown = page.Videos('Of 1 videos: median.', [], None, {}, own)
    data = dataclasses.replace(material.data, dataset=dataset)
    text = Elements(videos.section(dataclasses.replace(material, data=data), shown).body).text
    assert ('These images are part of the data set' in text) == ((own or dataset) != page.RENDERED)
    assert ('from: Aff-Wild (Kollias' in text) == (own == 'aff_wild')
    assert ('nobody in them was in training' in text) == (not own)
    assert ('Nothing here says whether the people' in text) == bool(own)


def test_quantiles_say_which_faces_they_are_of(material):
    filmed = np.repeat(['', 'one', 'two'], 24)
    judged = evaluation.evaluate(dataclasses.replace(material.unseen, videos=filmed), 0.5, resamples=10)['unseen']
    text = Elements(tables.quantiles({'Videos': judged}, 'per_video', 'video')).text
    assert 'faces of videos; 48 faces of 4 people' in text
    assert '72 faces' not in text


def test_the_ccc_without_offsets_stands_beside_that_of_the_same_faces(elements, figures):
    found = figures['unseen']['offsets']
    assert f'{found["filter"]}; {found["examples"]:,} faces of {found["subjects"]} people' in elements.text
    for way in ('pooled', 'centred', 'levelled'):
        assert f'{found["mean"][way]:.3f}' in elements.text


def test_the_seed_of_the_seen_is_told(elements):
    assert 'seed 0, of people seen in training [0, 1]' in elements.text


def test_where_nobody_knows_who_is_shown_nothing_is_said_of_person_independence(material, unseen):
    anonymous = dataclasses.replace(unseen, subjects=unseen.sources)
    splits = {name: dataclasses.replace(split, people=None) for name, split in material.data.splits.items()}
    unknown = dataclasses.replace(
        material,
        unseen=anonymous,
        evaluation=evaluation.evaluate(anonymous, 0.5, resamples=20),
        data=dataclasses.replace(material.data, splits=splits),
        faces=dict.fromkeys(page.shown_faces(anonymous), next(iter(material.faces.values()))),
        scalars={},
    )
    text = Elements(page.report_page(unknown)).text
    assert 'People never seen' not in text
    assert 'say nothing of person independence' in text
    assert 'resamples of images' in text
    assert 'left no learning curves' in text
    assert 'By person' not in text
    assert 'Splits never share a person' not in text
    assert 'in no other split' not in text
    assert 'One number for each person' not in text


def test_person_independence_is_told_with_gap_probe_and_chance(material, figures):
    told = person_independence(material)
    assert f'seen minus unseen, is {figures["gap"]["mean"]["ccc"]["value"]:+.3f}' in told
    assert told.endswith(f'where chance is {1 / 6:.3f}.')


def test_a_default_configuration_is_called_one(material):
    plain = Elements(page.report_page(dataclasses.replace(material, config=Config().flat()))).text
    assert 'Every setting has its default value' in plain


def test_text_stands_out_from_its_ground():
    """WCAG AA asks for a contrast of 4.5."""
    inks = set(re.findall(r'[ ;{]color: (#[0-9a-f]{3,6})', STYLE))
    grounds = set(re.findall(r'background: (#[0-9a-f]{3,6})', STYLE)) - {'#eee'}  # behind pictures
    assert len(inks) >= 4
    for ink in inks:
        for ground in grounds:
            assert (_luminance(ground) + 0.05) / (_luminance(ink) + 0.05) >= 4.5


def test_paper_shows_what_the_screen_folds_away():
    print_rules = STYLE[STYLE.index('@media print') :]
    assert 'details::details-content { content-visibility: visible' in print_rules


def test_no_table_is_wider_than_the_paper_for_what_it_may_break():
    """A wide table has Chromium shrink every page."""
    print_rules = STYLE[STYLE.index('@media print') :]
    assert 'td, thead th { white-space: normal; overflow-wrap: normal; }' in print_rules
    assert 'th.row { position: static; min-width: 0; }' in print_rules


def test_cells_of_a_comparison_break_before_their_interval_alone():
    assert comparison._breakable('-0.012 [-0.034, +0.010]') == '-0.012 [-0.034,\u00a0+0.010]'
    assert comparison._breakable('ResNet18 of CP') == 'ResNet18 of CP'


def test_tables_of_many_columns_are_told_to_paper():
    assert '<table class="many">' in markup.table('wide', ['x'] * 10, [])
    assert '<table>' in markup.table('narrow', ['x'] * 9, [])


def test_terms_that_only_training_computes_are_left_out_of_the_loss_and_told(material, elements):
    assert 'which only training computes' not in elements.text
    scalars = {split: dict(named) for split, named in material.scalars.items()}
    scalars['train']['matching_loss'] = {1: 0.5, 2: 0.5, 3: 0.5}
    words = Elements(origin.training(dataclasses.replace(material, scalars=scalars)).body).text
    assert 'The loss is without matching_loss, which only training computes.' in words


def test_a_number_that_is_none_is_a_dash():
    assert markup.number(None) == markup.number(float('nan')) == '–'
    assert markup.count(None) == '–'


def _luminance(colour):
    """Relative luminance of sRGB, by WCAG 2."""
    digits = colour[1:] if len(colour) == 7 else ''.join(2 * digit for digit in colour[1:])
    shares = np.array([int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)])
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])
