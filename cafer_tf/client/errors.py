"""What stops a client."""


class ClientError(Exception):
    """A server cannot be asked, or does not answer as it must; the message names it and says what to do."""
