"""What stops a client, and how it says what a server said."""

_LONGEST = 200


class ClientError(Exception):
    """A server cannot be asked, or does not answer as it must; the message names it and says what to do."""


def printable(text: object) -> str:
    r"""What a server said, as one line that is not long, and without what a terminal would obey.

    Example:
        >>> printable('Task\nsize \x1b[2J')
        'Task size \\x1b[2J'
    """
    line = ' '.join(str(text).split())
    cut = line if len(line) <= _LONGEST else f'{line[:_LONGEST]}…'
    return ''.join(letter if letter.isprintable() else letter.encode('unicode_escape').decode() for letter in cut)
