"""The TFX pipeline: wiring only. Read `pipeline/pipeline.py` first."""
