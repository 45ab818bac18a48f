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


def test_depthwise_convolutions_are_counted():
    """Of the factorised ResNet18 at 32 pixels, each 3 x 3 convolution from C to T channels by way of R."""

    def convolution(before, after, c, r, t):  # a 1 x 1 one, a depthwise one with the stride, and another 1 x 1
        return before**2 * c * r + after**2 * 9 * r + after**2 * r * t

    total = 16**2 * 49 * 3 * 64 + 4 * convolution(8, 8, 64, 275, 64) + 512 * 2
    stages = [(4, 64, 128, 372, 563), (2, 128, 256, 756, 1139), (1, 256, 512, 1524, 2291)]
    for side, c, t, first, others in stages:
        total += convolution(2 * side, side, c, first, t) + 3 * convolution(side, side, t, others, t)
        total += side**2 * c * t
    config = Config.from_preset('kossaifi2020').with_changes([('input.image_size', 32)])
    assert multiply_adds(Cafer(config, 0.5)) == total
