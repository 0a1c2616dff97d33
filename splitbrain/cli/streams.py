"""Output whose reader may go away: that must change neither a run nor its exit code."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO, cast

_GONE = {errno.EPIPE, errno.EIO}
"""A pipe without a reader (``| head``), a terminal that was closed."""


class Unbreakable:
    """A text stream that goes silent once its reader has gone, instead of raising.

    ``whatever``: also when it cannot be written for any other reason. For progress and
    messages that is right; a result that does not fit on a full disk must not be lost
    without a word.
    """

    def __init__(self, stream: TextIO, *, whatever: bool) -> None:
        self._stream = stream
        self._whatever = whatever

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write, or say nothing any more."""
        with self._forgiving():
            return self._stream.write(text)
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write each."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flush, or say nothing any more."""
        with self._forgiving():
            self._stream.flush()

    @contextlib.contextmanager
    def _forgiving(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if not self._whatever and error.errno not in _GONE:
                raise
            # What is in the buffer would fail again, at exit at the latest.
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())


@contextlib.contextmanager
def unbreakable() -> Iterator[None]:
    """Make stdout and stderr unbreakable for a while."""
    former = sys.stdout, sys.stderr
    streams = [
        # A stream that was closed before we started is None.
        stream if stream is not None else open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
        for stream in former
    ]
    for stream in streams:
        # Histories may carry text that the terminal's encoding has no bytes for.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    sys.stdout = cast(TextIO, Unbreakable(streams[0], whatever=False))
    sys.stderr = cast(TextIO, Unbreakable(streams[1], whatever=True))
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
        sys.stdout, sys.stderr = former
