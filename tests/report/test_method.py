"""What the model card says of the method follows from what was trained."""

import dataclasses
import itertools

import pytest

from cafer_tf.config import PRESETS, Config
from cafer_tf.config.systems import SYSTEMS
from cafer_tf.report.page import method
from cafer_tf.report.page.model_card import model_card

EMOTION, PEOPLE = 'critic of strong and weak emotion', 'critic that tells two faces of one person from faces of two'
ALONE = 'trained on the labels alone, without a critic'
AAAI, ECCV, NEURIPS = 'AAAI Conference', 'European Conference on Computer Vision', 'Neural Information Processing'
EXPECTED = {
    'paper': (EMOTION, True, [AAAI]),
    'published_code': (EMOTION, True, [AAAI]),
    'person_pairs': (PEOPLE, True, [AAAI, 'is of this project']),
    'supervised': (ALONE, False, ['This project']),
    'avce2022': ('comparing two views of the embedding', False, [ECCV]),
    'elim2022': ('freed of each person’s shift (matching.weight 1)', True, [NEURIPS]),
    'alexnet': (EMOTION, True, [AAAI]),
    'resnet18': (EMOTION, True, [AAAI]),
    'short': (EMOTION, True, [AAAI]),
    'mollahosseini2017': (ALONE, False, ['Mollahosseini']),
    'jang2019': ('trained on the labels and on where the face is, without a critic', False, ['Jang']),
    'kollias2018': (ALONE, False, ['Kollias']),
    'barros2019': (ALONE, False, ['Barros']),
    'kossaifi2020': (ALONE, False, ['Kossaifi']),
    'hasani2020': (ALONE, False, ['Hasani']),
}


def test_every_preset_is_told():
    assert set(EXPECTED) == set(PRESETS)


@pytest.mark.parametrize('preset', EXPECTED)
def test_the_card_tells_what_was_trained_and_whose_method_it_is(preset, material):
    words, works_against, papers = EXPECTED[preset]
    card = model_card(dataclasses.replace(material, config=Config.from_preset(preset).flat())).body
    assert words in card
    assert (EMOTION in card, PEOPLE in card, ALONE in card) == (words == EMOTION, words == PEOPLE, words == ALONE)
    assert ('meant to work against that' in card) == works_against
    assert ('Nothing in the training works against that' in card) != works_against
    cited = method.sources(Config.from_preset(preset).flat(), material.version)
    assert [paper in text for text, paper in zip(cited, papers, strict=True)] == [True] * len(papers)


def test_terms_that_are_trained_together_are_all_told_and_cited():
    both = Config.from_preset('elim2022').with_changes([('similarity.weight', 0.5)]).flat()
    assert 'valence and arousal (similarity.weight 0.5), and by reading embeddings' in method.training(both)
    assert [ECCV in text or NEURIPS in text for text in method.sources(both, '1')] == [True, True]


def test_a_system_is_known_on_another_budget_and_no_other_is_taken_for_it():
    for one, other in itertools.permutations(SYSTEMS, 2):
        assert not method._is(one, Config.from_preset(other).flat())
    assert 'Hasani' in method.sources(Config.from_preset('hasani2020', 'short').flat(), '1')[0]
    assert 'This project' in method.sources(Config.from_preset('supervised', 'alexnet').flat(), '1')[0]
