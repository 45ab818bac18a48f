import numpy as np

from cafer_tf import Cafer, Config
from cafer_tf.comparison_table.cost import multiply_adds


def test_the_multiply_adds_of_resnet18_at_224_pixels():
    config = Config.from_preset('resnet18')
    # Each convolution: output positions × kernel × channels in × out. Stem, then four stages of four 3 x 3
    # convolutions (the first of stages 2 to 4 from half the channels) and, in stages 2 to 4, a 1 x 1 shortcut.
    stem = 112**2 * 49 * 3 * 64
    stages = [56**2 * 9 * 4 * 64 * 64]
    for side, channels in ((28, 128), (14, 256), (7, 512)):
        stages.append(side**2 * (9 * 3 * channels**2 + 9 * channels**2 // 2 + channels**2 // 2))
    head = 512 * 64 + 64 * 8 + 8 * 2
    assert multiply_adds(Cafer(config, 0.5)) == stem + sum(stages) + head


def test_networks_of_other_layers_are_counted():
    """Depthwise convolutions, as the factorised network has them, beside plain ones."""
    config = Config.from_preset('kossaifi2020').with_changes([('input.image_size', 32)])
    dense = Config.from_preset('resnet18').with_changes([('input.image_size', 32)])
    ratio = multiply_adds(Cafer(config, 0.5)) / multiply_adds(Cafer(dense, 0.5))
    # Its rank is the one that has as many weights as the dense kernel; its first step goes before the stride.
    assert np.isclose(ratio, 1.2, atol=0.2)
