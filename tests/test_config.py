import itertools
import json

import pytest

from cafer_tf.config import PRESETS, Config, ConfigError
from cafer_tf.config.systems import SYSTEMS

METHODS = ('paper', 'published_code', 'person_pairs', 'supervised', 'avce2022', 'elim2022')
NETWORKS = ('alexnet', 'resnet18')
FINDER = {'network': {'encoder': 'face_ssd'}, 'adversarial': {'weight': 0}}


def test_survives_a_round_trip_through_json():
    config = Config.from_dict({'training': {'epochs': 3, 'learning_rate': 1}, 'network': {'encoder': 'alexnet'}})
    assert config.training.epochs == 3
    assert config.training.learning_rate == 1.0
    assert Config.from_dict(json.loads(json.dumps(config.to_dict()))) == config


@pytest.mark.parametrize(
    ('values', 'message'),
    [
        ({'trainig': {}}, 'unknown key trainig; known: faces, input, network'),
        ({'training': {'batch': 8}}, 'unknown key training.batch'),
        ({'training': {'epochs': 'three'}}, r"training\.epochs must be of type int; it is 'three'"),
        ({'training': {'epochs': True}}, r'training\.epochs must be of type int'),
        ({'training': {'epochs': 0}}, r'training\.epochs must be at least 1'),
        ({'training': {'batch_size': 7}}, r'training\.batch_size must be even'),
        ({'training': {'learning_rate': -1.0}}, r'training\.learning_rate must be positive'),
        ({'network': {'encoder': 'vgg'}}, r"network\.encoder must be one of compact, alexnet, .*face_ssd; it is 'vgg'"),
        ({'network': 'alexnet'}, 'network must be a mapping'),
        ({'input': {'image_size': 24}}, 'too small for network.encoder compact, which needs 32'),
        ({'input': {'image_size': 48}, 'network': {'encoder': 'alexnet'}}, 'needs 63 pixels'),
        ({'input': {'crop': 0.9}}, r'input\.crop must be in'),
        ({'augmentation': {'cutout': 0.7}}, r'augmentation\.cutout must be in'),
        ({'margin': {'constant': 0.0}}, r'margin\.constant \(c\) must be positive'),
        ({'margin': {'constant': 100.0}}, 'above training.batch_size'),
        ({'margin': {'coefficient': 0.5}}, r'margin\.coefficient \(A\) must be above 1/2'),
        ({'adversarial': {'weight': -1}}, r'adversarial\.weight must not be negative'),
        ({'training': {'ema': 1.0}}, r'training\.ema must be in \[0, 1\)'),
        ({'training': {'ddof': 1}}, r'training\.ddof must be one of 0, published; it is 1'),
        ({'network': {'mean': [0.5, 0.5]}}, r'network\.mean must be 3 numbers; it is \[0\.5, 0\.5\]'),
        ({'network': {'mean': [0.5, 0.5, 'a']}}, r"network\.mean must be of type float; it is 'a'"),
        ({'network': {'standard_deviation': [1, 0, 1]}}, r'network\.standard_deviation must be positive'),
        ({**FINDER, 'network': {'encoder': 'face_ssd', 'head_weights': 'head.pth'}}, 'the head .* has no weights'),
    ],
)
def test_refuses_what_it_does_not_know(values, message):
    with pytest.raises(ConfigError, match=message):
        Config.from_dict(values)


def test_flat_names_every_value_and_takes_changes():
    config = Config()
    assert len(config.flat()) == sum(len(part) for part in config.to_dict().values())
    assert config.with_changes(config.flat().items()) == config
    with pytest.raises(ConfigError, match=r'unknown key training\.epoch'):
        config.with_changes([('training.epoch', 3)])


@pytest.mark.parametrize('name', PRESETS)
def test_presets_change_what_they_name(name):
    config = Config.from_preset(name)
    for part, values in PRESETS[name].items():
        assert {key: config.to_dict()[part][key] for key in values} == values


def test_nothing_of_an_earlier_preset_stands_in_the_way_of_a_later():
    refused = set()
    for earlier, later in itertools.permutations(PRESETS, 2):
        try:
            config = Config.from_preset(earlier, later)
        except ConfigError:
            refused.add((earlier, later))
            continue
        for part, values in PRESETS[later].items():
            assert {key: config.to_dict()[part][key] for key in values} == values
    # A network that finds the face takes no method that needs the features of one.
    methods = ('paper', 'published_code', 'person_pairs', 'avce2022', 'elim2022')
    assert refused == {('jang2019', method) for method in methods}
    for method in ('paper', 'supervised', 'published_code'):
        later = Config.from_preset('elim2022', 'avce2022', method)
        assert (later.similarity.weight, later.matching.weight, later.training.loss) == (0, 0, 'agreement')


@pytest.mark.parametrize(
    ('earlier', 'later'),
    [
        *itertools.product(PRESETS, SYSTEMS),
        *itertools.product(METHODS, METHODS),
        *itertools.product(NETWORKS, NETWORKS),
    ],
)
def test_nothing_of_an_earlier_preset_stays_in_a_later_that_chooses_as_much(earlier, later):
    assert in_use(Config.from_preset(earlier, later)) == in_use(Config.from_preset(later))


def in_use(config):
    """The tree without what a critic would do, where there is none."""
    unused = () if config.adversarial.weight else ('adversarial', 'margin')
    return {part: values for part, values in config.to_dict().items() if part not in unused}


@pytest.mark.parametrize('part', ['input', 'network', 'training'])
def test_a_system_names_what_a_method_and_a_network_name(part):
    of_method, *of_networks = (set(PRESETS[name].get(part, {})) for name in ('supervised', *NETWORKS))
    assert all(not of_method & of_network for of_network in of_networks)
    named = {name: set(PRESETS[name][part]) for name in SYSTEMS}
    assert named == {name: of_method | of_network for name in SYSTEMS for of_network in of_networks}


def test_methods_and_networks_come_in_either_order():
    for method, network in itertools.product(METHODS, NETWORKS):
        assert Config.from_preset(method, network) == Config.from_preset(network, method)


def test_the_default_is_the_method_of_the_paper():
    assert Config.from_preset('paper') == Config()


def test_a_later_preset_comes_before_an_earlier():
    config = Config.from_preset('published_code', 'supervised', 'resnet18')
    assert config.adversarial.weight == 0
    assert config.adversarial.critic_objective == 'lagrangian'
    assert config.network.encoder == 'resnet18'


def test_an_unknown_preset_is_refused():
    known = 'paper, published_code, person_pairs, supervised'
    with pytest.raises(ConfigError, match=f"unknown preset 'papre'; known: {known}"):
        Config.from_preset('papre')


def test_a_critic_of_people_needs_an_objective_that_has_people():
    with pytest.raises(ConfigError, match=r'pairs person needs adversarial.encoder_objective divergence'):
        Config().with_changes([('adversarial.pairs', 'person')])
    assert Config.from_preset('person_pairs').adversarial.compares_people
    for key, value in (('grouping.balanced', True), ('margin.confidence', 'nearest_neighbours')):
        with pytest.raises(ConfigError, match=key):
            Config.from_preset('person_pairs').with_changes([(key, value)])
    assert not Config.from_preset('person_pairs', 'supervised').adversarial.compares_people
