"""What is known of the licence of each data set, and what follows for a page that shows its images."""

from __future__ import annotations

from cafer_tf.report.page import markup
from cafer_tf.report.page.material import RENDERED

_AFFECTNET = (
    'AffectNet (Mollahosseini, Hasani and Mahoor, IEEE Transactions on Affective Computing 2017). For research only, '
    'under the agreement that its owners sign with each laboratory; papers must cite it. It does not say who is shown.'
)
_OWN = 'A data set of the user’s own; whoever made it knows its licence and whether its people have consented.'
_LICENCES = {
    RENDERED: 'Faces rendered by this project from a head model that is dedicated to the public domain (CC0 1.0): no '
    'photograph and no scan of a person is part of it, and its people do not exist.',
    'affectnet_csv': _AFFECTNET,
    'affectnet_npy': _AFFECTNET,
    'aff_wild': 'Aff-Wild (Kollias et al., IJCV 2019), as agreed with its author; models made from it are for '
    'academic, non-commercial research. Each video counts as a person.',
    'aff_wild2': 'Aff-Wild2 (Kollias and Zafeiriou, 2018), under the agreement signed for it. Each video, or each '
    'person of a video with two, counts as a person.',
    'afew_va': 'AFEW-VA (Kossaifi, Tzimiropoulos, Todorovic and Pantic, Image and Vision Computing 2017), for '
    'research, under its agreement.',
    'csv': _OWN,
}


def licence(dataset: str) -> str:
    """The licence of a data set, in words.

    Args:
        dataset: its layout, or `RENDERED`.
    """
    return _LICENCES.get(dataset, _OWN)


def warning(dataset: str) -> str:
    """HTML that comes before images of real people; empty for rendered faces.

    Args:
        dataset: its layout, or `RENDERED`.
    """
    if dataset == RENDERED:
        return ''
    return markup.note(
        'These images are part of the data set. Pass this page on only as the licence of the data set and the people '
        'shown allow.'
    )
