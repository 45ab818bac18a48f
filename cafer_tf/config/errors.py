"""The error of a configuration that does not do."""


class ConfigError(ValueError):
    """A configuration has an unknown key, or a value outside its range."""


def require(condition: bool, message: str) -> None:
    """Raises `ConfigError` with the message unless the condition holds."""
    if not condition:
        raise ConfigError(message)
