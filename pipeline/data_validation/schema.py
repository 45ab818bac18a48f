"""The curated schema."""

from __future__ import annotations

import pathlib

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2

SCHEMA = pathlib.Path(__file__).resolve().parents[2] / 'schemas' / 'face_affect' / 'schema.pbtxt'
"""What an example must look like at each stage; beside the package in a checkout and in an installed wheel."""


def face_schema() -> schema_pb2.Schema:
    """The schema, parsed."""
    return tfdv.load_schema_text(str(SCHEMA))
