"""ServableValidator: proves that the exported model answers requests."""

from pipeline.components.servable_validator.component import ServableValidator

__all__ = ['ServableValidator']
