"""FaceExampleGen: labelled faces on disk to examples."""

from pipeline.components.face_example_gen.component import FaceExampleGen

__all__ = ['FaceExampleGen']
