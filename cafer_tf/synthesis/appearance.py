"""How a person looks apart from the shape: skin, brows, beard, lips, eyes, hair and clothing."""

from __future__ import annotations

import dataclasses

import numpy as np

from cafer_tf.synthesis.hair import HairStyle, sample_style
from cafer_tf.synthesis.painting import cloud, linear, mix, ramp, spot, texels

SKIN_TONES = np.array(
    [
        [0.93, 0.77, 0.68],
        [0.87, 0.69, 0.57],
        [0.78, 0.58, 0.44],
        [0.64, 0.44, 0.32],
        [0.49, 0.32, 0.23],
        [0.35, 0.22, 0.16],
    ]
)
"""Display RGB from light to dark."""
HAIR_COLOURS = np.array(
    [
        [0.07, 0.06, 0.06],
        [0.16, 0.11, 0.08],
        [0.29, 0.19, 0.12],
        [0.47, 0.34, 0.20],
        [0.68, 0.54, 0.34],
        [0.45, 0.22, 0.11],
    ]
)
"""Black, dark brown, brown, dark blond, blond, red."""
IRISES = np.array([[0.25, 0.15, 0.09], [0.36, 0.24, 0.13], [0.38, 0.41, 0.24], [0.38, 0.51, 0.60]])
GREY = np.array([0.62, 0.61, 0.60])
LIPSTICKS = np.array([[0.72, 0.20, 0.24], [0.70, 0.32, 0.36], [0.55, 0.16, 0.24]])
CLOTHS = np.array(
    [[0.2, 0.22, 0.3], [0.75, 0.74, 0.72], [0.35, 0.12, 0.14], [0.2, 0.3, 0.24], [0.45, 0.45, 0.48], [0.5, 0.4, 0.3]]
)


@dataclasses.dataclass(frozen=True)
class Traits:
    """What shape and appearance must agree on.

    Attributes:
        ancestry: shares of the African, Asian and European head shapes of the asset, summing to 1.
        masculine: 0 for the female head shape, 1 for the male.
        age: 0 for the asset's young adult; its old face, which is very old, would be 1.
        weight: from thin (-1) to heavy (1).
    """

    ancestry: tuple[float, float, float]
    masculine: float
    age: float
    weight: float


@dataclasses.dataclass(frozen=True)
class Appearance:
    """Textures and colours, in linear light.

    Attributes:
        skin: float32 `[rows, columns, 3]`, see `painting`.
        hair: float32 `[rows, columns, 4]`, streaks along the hair, and how much each of them shines.
        palette: float32 `[6, 3]`: iris, white of the eye, teeth, tongue, lashes, lips.
        iris_radius: as a fraction of the eyeball's radius.
        lip_strength: how much the lips differ from the skin, in [0, 1].
        style: cut of the hair.
    """

    skin: np.ndarray
    hair: np.ndarray
    palette: np.ndarray
    iris_radius: float
    lip_strength: float
    style: HairStyle


def sample_traits(rng: np.random.Generator) -> Traits:
    """A random adult."""
    ancestry = rng.dirichlet([0.6, 0.6, 0.6])
    return Traits(
        ancestry=(float(ancestry[0]), float(ancestry[1]), float(ancestry[2])),
        masculine=float(np.clip(rng.choice([0.08, 0.92]) + rng.normal(0, 0.08), 0, 1)),
        age=float(0.5 * rng.beta(1.0, 1.8)),
        weight=float(np.clip(rng.normal(0, 0.35), -0.8, 0.8)),
    )


def sample_appearance(rng: np.random.Generator, traits: Traits) -> Appearance:
    """A random appearance that agrees with the traits."""
    african, asian, _ = traits.ancestry
    tone = float(np.clip(0.1 + 4.2 * african + 1.2 * asian + rng.normal(0, 0.55), 0, len(SKIN_TONES) - 1))
    below = min(int(tone), len(SKIN_TONES) - 2)
    skin = SKIN_TONES[below] + (tone - below) * (SKIN_TONES[below + 1] - SKIN_TONES[below])
    skin = np.clip(skin * (1 + rng.normal(0, 0.015, 3)), 0, 1)
    fair = max(0.0, 1 - tone / 2)
    colours = np.array([0.34, 0.30, 0.08 + 0.18 * fair, 0.22 * fair, 0.22 * fair, 0.10 * fair])
    hair = HAIR_COLOURS[rng.choice(len(HAIR_COLOURS), p=colours / colours.sum())] * rng.uniform(0.85, 1.15)
    grey = float(np.clip((traits.age - 0.2) / 0.25 + rng.normal(0, 0.25), 0, 1)) if traits.age > 0.15 else 0.0
    brows = hair * (1 - 0.5 * grey) + GREY * 0.5 * grey
    hair = hair * (1 - grey) + GREY * rng.uniform(0.8, 1.1) * grey
    style = sample_style(rng, traits.masculine, traits.age)
    eyes = np.array([0.15 + 0.75 * (1 - fair), 0.3, 0.15 * fair, 0.4 * fair])
    iris = IRISES[rng.choice(len(IRISES), p=eyes / eyes.sum())] * rng.uniform(0.85, 1.15)
    lips = skin * np.array([0.86, 0.62, 0.62]) * rng.uniform(0.92, 1.04)
    strength = rng.uniform(0.7, 0.95)
    if traits.masculine < 0.5 and rng.random() < 0.4:
        lips, strength = LIPSTICKS[rng.integers(len(LIPSTICKS))] * rng.uniform(0.85, 1.1), 0.95
    white, teeth = np.array([0.88, 0.86, 0.84]), np.array([0.93, 0.90, 0.84]) * rng.uniform(0.92, 1.0)
    palette = np.array([iris, white, teeth, [0.52, 0.22, 0.22], hair * 0.25 * (1 - grey) + 0.04, lips])
    return Appearance(
        skin=_paint_skin(rng, traits, skin, hair, brows, style),
        hair=_paint_hair(rng, hair),
        palette=linear(np.clip(palette, 0, 1)).astype(np.float32),
        iris_radius=float(rng.uniform(0.48, 0.54)),
        lip_strength=float(strength),
        style=style,
    )


def _paint_skin(
    rng: np.random.Generator, traits: Traits, skin: np.ndarray, hair: np.ndarray, brows: np.ndarray, style: HairStyle
) -> np.ndarray:
    angles, heights = texels()
    across = np.abs(angles)
    texture = np.ones((*angles.shape, 3)) * skin
    texture *= (1 + 0.018 * cloud(rng, 7) + 0.010 * cloud(rng, 40))[..., None]
    blush = rng.uniform(0.03, 0.12) * spot(0.62, 6.95, 0.25, 0.2) + rng.uniform(0, 0.07) * spot(0, 6.93, 0.15, 0.12)
    texture *= 1 - blush[..., None] * np.array([0.1, 0.8, 0.7])
    tired = rng.uniform(0.02, 0.16) * spot(0.36, 7.13, 0.15, 0.06)
    texture *= 1 - tired[..., None] * np.array([0.7, 0.9, 0.8])
    for _ in range(rng.integers(0, 3)):
        mole = spot(rng.uniform(-0.8, 0.8), rng.uniform(6.4, 7.8), 0.014, 0.014, mirrored=False)
        texture *= 1 - 0.5 * mole[..., None]
    texture = mix(texture, brows * 0.8, _brow(rng, traits.masculine))
    if traits.masculine > 0.6 and rng.random() < 0.5:
        texture = mix(texture, hair * 0.9, _beard(rng))
    texture = mix(texture, hair * 0.95, style.painted(angles, heights, 0.03 * cloud(rng, 24)))
    neckline = 5.78 + rng.uniform(-0.1, 0.06) - rng.choice([0.0, 0.25]) * np.exp(-((across / 0.5) ** 2))
    cloth = CLOTHS[rng.integers(len(CLOTHS))] * rng.uniform(0.7, 1.2)
    texture = mix(texture, cloth, ramp(0.015, -0.015, heights - neckline))
    return np.ascontiguousarray(linear(np.clip(texture, 0.02, 1)).astype(np.float32))


def _brow(rng: np.random.Generator, masculine: float) -> np.ndarray:
    angles, heights = texels()
    across = np.abs(angles)
    thickness = rng.uniform(0.026, 0.04) + 0.014 * masculine
    inner, outer = rng.uniform(0.09, 0.13), rng.uniform(0.55, 0.63)
    along = np.clip((across - inner) / (outer - inner), 0, 1)
    arch = rng.uniform(0.01, 0.07) * (1.2 - 0.6 * masculine)
    middle = 7.49 + rng.normal(0, 0.012) + arch * np.sin(np.pi * np.clip(along * 0.95, 0, 1)) - 0.05 * along**2
    half = thickness * (1 - 0.6 * along**1.5)
    shape = ramp(1.5, 0.4, np.abs(heights - middle) / half)
    shape = shape * ramp(inner - 0.04, inner + 0.06, across) * ramp(outer + 0.05, outer - 0.05, across)
    return np.clip(shape * rng.uniform(0.8, 1.0) * (1 + 0.2 * cloud(rng, 60)), 0, 1)


def _beard(rng: np.random.Generator) -> np.ndarray:
    angles, heights = texels()
    across = np.abs(angles)
    density = rng.choice([0.16, 0.4, 0.8], p=[0.5, 0.25, 0.25])
    jaw = ramp(6.56, 6.34, heights - 0.42 * across**2) * ramp(5.9, 6.05, heights) * ramp(1.5, 1.3, across)
    chin = ramp(0.32, 0.2, across) * ramp(6.5, 6.42, heights) * ramp(6.0, 6.15, heights)
    moustache = np.exp(-(((heights - 6.765) / 0.04) ** 4)) * ramp(0.34, 0.24, across)
    kind = rng.choice(4, p=[0.55, 0.15, 0.15, 0.15])
    shape = (np.maximum(jaw, moustache), jaw, moustache, np.maximum(chin, moustache))[kind]
    return np.clip(shape * density * (1 + 0.2 * cloud(rng, 80)), 0, 1)


def _paint_hair(rng: np.random.Generator, hair: np.ndarray) -> np.ndarray:
    streaks = 0.22 * cloud(rng, 64, (1, 160))[:1] + 0.10 * cloud(rng, 40, (16, 160))
    texture = linear(np.clip(hair * (1 + streaks[..., None]), 0.02, 1))
    shine = np.clip(1 + 3 * streaks, 0.1, 3)[..., None]
    return np.ascontiguousarray(np.concatenate([texture, shine], -1).astype(np.float32))
