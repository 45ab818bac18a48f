"""An export in a table and a few words, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cafer_tf import features
from cafer_tf.conversion.exporting import FLOAT16, INT8
from cafer_tf.conversion.verification import BATCHES


def described(found: Mapping[str, Any], filter: str) -> str:
    """Size, speed, distance from the model and CCC of each file, and what there is to know of the formats.

    Args:
        found: what `export_network` gave.
        filter: which faces it was compared on, in words.
    """
    lines = [
        f'{found["faces"]:,} faces of {filter}; images a second on this machine, with {found["threads"]} threads',
        f'{"":<16}{"":>9}  {"images/s, batch":>17}' + ''.join(f'   {output:<34}' for output in features.OUTPUTS),
        f'{"":<16}{"MB":>9}  '
        + ''.join(f'{f"of {batch}":>9}' for batch in BATCHES)[1:]
        + ''.join(f'   {"largest":>8}{"mean":>10}{"CCC":>8}{"change":>8}' for _ in features.OUTPUTS),
    ]
    lines += [_row(name, figures) for name, figures in found['models'].items()]
    lines += ['largest, mean: absolute difference from the SavedModel', *_notes(found)]
    return '\n'.join(line.rstrip() for line in lines)


def _row(name: str, figures: Mapping[str, Any]) -> str:
    speeds = ''.join(f'{figures["images_per_second"][str(batch)]:>9,.0f}' for batch in BATCHES)[1:]
    return f'{name:<16}{figures["bytes"] / 1e6:>9.2f}  {speeds}' + ''.join(
        _distance(figures, output) for output in features.OUTPUTS
    )


def _distance(figures: Mapping[str, Any], output: str) -> str:
    if 'difference' not in figures:
        return f'   {"":>18}{figures["ccc"][output]:>8.3f}{"":>8}'
    distance = figures['difference'][output]
    # Adding 0 turns the -0.0 that rounding leaves into 0.0.
    change = round(figures['ccc_change'][output], 4) + 0
    return f'   {distance["largest"]:>8.1e}{distance["mean"]:>10.1e}{figures["ccc"][output]:>8.3f}{change:>+8.4f}'


def _notes(found: Mapping[str, Any]) -> Iterator[str]:
    if FLOAT16 in found['models']:
        yield (
            f'{FLOAT16}: half the size, not more speed: processors turn the weights into float32 when they load the '
            'file, and compute in float32'
        )
    if INT8 in found['models']:
        kernels = found['models'][INT8]['float_kernels']
        yield f'{INT8}: ' + (
            f'these operations compute in float32: {", ".join(kernels)}'
            if kernels
            else 'every operation computes in integers; only the first and the last ones convert from and to float32'
        )
    for name in found['refused']:
        change = found['models'][name]['ccc_change']
        worst = min(features.OUTPUTS, key=lambda output: change[output])
        yield f'{name} loses {-change[worst]:.4f} of the CCC of {worst}, more than {found["max_ccc_drop"]:g}'
