"""What a user sees: a line for each stage and what it has to say; everything else goes to a log file."""

from __future__ import annotations

import contextlib
import datetime
import logging
import os
import pathlib
import sys
import warnings
from collections.abc import Iterator

NAME = 'pipeline'
"""What modules of this package log at INFO or above is meant for the user."""
_INDENT = '    '


@contextlib.contextmanager
def quiet(directory: pathlib.Path) -> Iterator[pathlib.Path]:
    """Sends all logs, warnings, and what native code writes to standard error to a file of their own.

    Messages of this package's loggers also go to standard output; `sys.stderr` stays the terminal, for progress bars.

    Args:
        directory: where the log file is made.

    Yields:
        The log file.
    """
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f'{datetime.datetime.now():%Y%m%d-%H%M%S}-{os.getpid()}.log'
    root, own = logging.getLogger(), logging.getLogger(NAME)
    level, own_level = root.level, own.level
    with path.open('a', encoding='utf-8') as log, _standard_error_to(log.fileno()), warnings.catch_warnings():
        to_file = logging.StreamHandler(log)
        to_file.setFormatter(logging.Formatter('%(asctime)s %(levelname)s %(name)s: %(message)s'))
        to_user = logging.StreamHandler(sys.stdout)
        to_user.setFormatter(_Indented())
        to_user.setLevel(logging.INFO)
        # Libraries such as TensorFlow give their loggers a handler that writes to the terminal.
        named = [logger for logger in root.manager.loggerDict.values() if isinstance(logger, logging.Logger)]
        handlers = {logger: (logger.handlers[:], logger.propagate) for logger in (root, *named)}
        try:
            for logger in handlers:
                logger.handlers.clear()
                logger.propagate = True
            root.addHandler(to_file)
            root.setLevel(logging.INFO)
            own.addHandler(to_user)
            own.setLevel(logging.DEBUG)
            logging.captureWarnings(True)
            yield path
        finally:
            logging.captureWarnings(False)
            for logger, (kept, propagate) in handlers.items():
                logger.handlers[:] = kept
                logger.propagate = propagate
            own.setLevel(own_level)
            root.setLevel(level)


@contextlib.contextmanager
def hush() -> Iterator[None]:
    """Drops warnings and what native code writes to standard error: the greetings of libraries that are imported."""
    # TensorFlow reads this once; errors are still written, to where standard error then leads.
    os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')
    with open(os.devnull, 'w') as nowhere, _standard_error_to(nowhere.fileno()), warnings.catch_warnings():
        warnings.simplefilter('ignore')
        yield


@contextlib.contextmanager
def _standard_error_to(target: int) -> Iterator[None]:
    """Leads file descriptor 2 elsewhere; `sys.stderr` still leads to where it led."""
    stderr = sys.stderr
    stderr.flush()
    terminal = os.dup(2)
    try:
        os.dup2(target, 2)
        # Never closed: libraries hold on to what they find in `sys.stderr`, and write to it later.
        sys.stderr = os.fdopen(terminal, 'w', buffering=1, closefd=False)
        yield
    finally:
        sys.stderr = stderr
        os.dup2(terminal, 2)


class _Indented(logging.Formatter):
    """The message below the line of its stage."""

    def format(self, record: logging.LogRecord) -> str:
        return '\n'.join(_INDENT + line for line in record.getMessage().splitlines())


def note(text: str) -> None:
    """Prints a line below the line of its stage."""
    say(_INDENT + text)


def say(text: str) -> None:
    """Prints a line now, even where standard output is a pipe."""
    print(text, flush=True)
