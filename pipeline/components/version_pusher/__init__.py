"""VersionPusher: a Pusher that pushes a model once, and whole."""

from pipeline.components.version_pusher.component import VersionPusher

__all__ = ['VersionPusher']
