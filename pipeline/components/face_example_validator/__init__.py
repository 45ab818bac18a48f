"""FaceExampleValidator: an ExampleValidator that stops the run."""

from pipeline.components.face_example_validator.component import FaceExampleValidator

__all__ = ['FaceExampleValidator']
