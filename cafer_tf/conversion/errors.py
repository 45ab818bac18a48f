"""What conversion refuses."""


class ConversionError(ValueError):
    """A network cannot be converted as asked; the message says why and what to do."""
