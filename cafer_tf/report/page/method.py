"""What a model learned from, whether that works against recognising people, and whose method it is.

All of it follows from the terms that were trained, whatever presets they come from. Every function takes each value of
the configuration by its path, as `Config.flat` gives them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cafer_tf.config import Config
from cafer_tf.config.systems import SYSTEMS

Values = Mapping[str, Any]
_KIM = 'D. H. Kim and B. C. Song, '
_PAPERS = {
    'adversarial': f'{_KIM}“Contrastive Adversarial Learning for Person Independent Facial Emotion Recognition”, '
    'Proceedings of the AAAI Conference on Artificial Intelligence, 2021.',
    'similarity': f'{_KIM}“Emotion-aware Multi-view Contrastive Learning for Facial Emotion Recognition”, European '
    'Conference on Computer Vision, 2022.',
    'matching': f'{_KIM}“Optimal Transport-based Identity Matching for Identity-invariant Facial Expression '
    'Recognition”, Advances in Neural Information Processing Systems, 2022.',
}
"""Of the terms whose weight is above 0."""
_SYSTEMS = {
    'mollahosseini2017': 'A. Mollahosseini, B. Hasani and M. H. Mahoor, “AffectNet: A Database for Facial Expression, '
    'Valence, and Arousal Computing in the Wild”, IEEE Transactions on Affective Computing, 2017.',
    'jang2019': 'Y. Jang, H. Gunes and I. Patras, “Registration-free Face-SSD: Single Shot Analysis of Smiles, Facial '
    'Attributes, and Affect in the Wild”, Computer Vision and Image Understanding, 2019.',
    'kollias2018': 'D. Kollias et al., “Deep Affect Prediction in-the-wild”, International Journal of Computer Vision, '
    '2019.',
    'barros2019': 'P. Barros, N. Churamani and A. Sciutti, “The FaceChannel”, 2020.',
    'kossaifi2020': 'J. Kossaifi et al., “Factorized Higher-Order CNNs with an Application to Spatio-Temporal Emotion '
    'Estimation”, Conference on Computer Vision and Pattern Recognition, 2020.',
    'hasani2020': 'B. Hasani, P. S. Negi and M. H. Mahoor, “BReG-NeXt: Facial Affect Computing Using Adaptive Residual '
    'Networks with Bounded Gradient”, IEEE Transactions on Affective Computing, 2020.',
}


def training(config: Values) -> str:
    """How the network was trained, as a part of a sentence.

    Args:
        config: of the model.
    """
    finds_faces = config['network.encoder'] == 'face_ssd'
    labels = 'trained on the labels' + (' and on where the face is' if finds_faces else '')
    terms = list(_terms(config))
    if terms:
        return f'{labels}, {", and ".join(terms)}'
    return f'{labels}{"" if finds_faces else " alone"}, without a critic'


def recognition(config: Values) -> str:
    """Why the model is not for recognising people.

    Args:
        config: of the model.
    """
    if config['adversarial.weight'] or config['matching.weight']:
        return (
            'Recognising people. The training is meant to work against that, but does not make it impossible: see the '
            'identity probe.'
        )
    return 'Recognising people. Nothing in the training works against that: see the identity probe.'


def sources(config: Values, version: str) -> list[str]:
    """What to cite for the method, a sentence or two each.

    Args:
        config: of the model.
        version: of this project.
    """
    found = [paper for term, paper in _PAPERS.items() if config[f'{term}.weight']]
    if config['adversarial.weight'] and config['adversarial.pairs'] == 'person':
        found.append(f'That the critic is asked about the person is of this project, CAFER-TF {version}.')
    systems = [paper for name, paper in _SYSTEMS.items() if _is(name, config)]
    found += [f'{paper} Here as this project reads it: docs/table.md.' for paper in systems]
    return found or [f'This project, CAFER-TF {version}: what was trained is no published method.']


def _terms(config: Values) -> Iterator[str]:
    """What is learned beside the labels."""
    weights = {term: f'({term}.weight {config[f"{term}.weight"]:g})' for term in _PAPERS}
    critics = {
        'emotion': 'of strong and weak emotion',
        'person': 'that tells two faces of one person from faces of two',
    }
    if config['adversarial.weight']:
        critic = critics[config['adversarial.pairs']]
        yield f'by contrastive adversarial learning against a critic {critic} {weights["adversarial"]}'
    if config['similarity.weight']:
        yield f'by comparing two views of the embedding by valence and arousal {weights["similarity"]}'
    if config['matching.weight']:
        yield f'by reading embeddings that are freed of each person’s shift {weights["matching"]}'


def _is(system: str, config: Values) -> bool:
    """Whether a model has the network and the loss of a system; its budget may be another."""
    preset = Config.from_preset(system).flat()
    chosen = [f'network.{key}' for key in SYSTEMS[system]['network']]
    return all(config[key] == preset[key] for key in (*chosen, 'training.loss'))
