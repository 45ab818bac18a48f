"""Truth and prediction over the time of videos."""

from __future__ import annotations

from cafer_tf.report.page import markup, people, pictures, tables
from cafer_tf.report.page.markup import Section
from cafer_tf.report.page.material import Material, Videos

_NAME = 'Videos'


def section(material: Material, videos: Videos) -> Section:
    """Traces of a few videos, and the figures of all of them where these stand nowhere else."""
    body = markup.paragraph(videos.words) + ''.join(
        markup.wide_figure(pictures.pixels(picture.figure, picture.alternative), picture.caption)
        for picture in videos.pictures
    )
    if videos.judged is not None:
        body += tables.one_set(_NAME, videos.judged, material.evaluation) + people.each_ccc(
            {_NAME: videos.judged}, 'per_video', videos.frames
        )
    return Section('videos', _NAME, body)
