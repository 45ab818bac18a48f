"""Truth and prediction over the time of videos."""

from __future__ import annotations

from cafer_tf.report.page import licences, markup, people, pictures, tables
from cafer_tf.report.page.markup import Section
from cafer_tf.report.page.material import Material, Videos

_NAME = 'Videos'


def section(material: Material, videos: Videos) -> Section:
    """Traces of a few videos, and the figures of all of them where these stand nowhere else."""
    body = markup.paragraph(videos.words) + markup.paragraph(_trained_on(material, videos))
    if videos.dataset:
        body += markup.paragraph(f'Where the videos are from: {licences.licence(videos.dataset)}')
    body += licences.warning(videos.dataset or material.data.dataset)
    body += ''.join(
        markup.wide_figure(pictures.pixels(picture.figure, picture.alternative), picture.caption)
        for picture in videos.pictures
    )
    if videos.judged is not None:
        body += tables.one_set(_NAME, videos.judged, material.evaluation) + people.each_ccc(
            {_NAME: videos.judged}, 'per_video', videos.frames
        )
    return Section('videos', _NAME, body)


def _trained_on(material: Material, videos: Videos) -> str:
    """Whether the people in the videos were in training."""
    if videos.dataset:
        return (
            'Nothing here says whether the people in these videos were in the training of the model: where they were, '
            'the figures are not those of people never seen.'
        )
    if material.evaluation['unseen']['subjects'] is None:
        return 'The videos are of the test split; who is in them is unknown, and may have been in training.'
    return 'The videos are of the test split: nobody in them was in training.'
