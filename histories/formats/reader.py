"""What every format's reader offers, and the lines of a file as they arrive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from histories.errors import Problem
from histories.event import Event

LINE_BYTES_MAX = 256 << 20
"""A line or form longer than this is refused rather than held in memory."""


class Refused(Exception):
    """Something that is no event: (seen, expected)."""

    def __init__(self, seen: str, expected: str) -> None:
        self.seen, self.expected = seen, expected
        super().__init__(seen)

    def problem(self, where: str) -> Problem:
        """What to tell the author of the history."""
        return Problem(where, self.seen, self.expected)


class Reader(Protocol):
    """Turns the blocks of a file into events, once.

    ``reading`` names the semantics natural to the format (splitbrain, porcupine, knossos).
    ``header`` and ``notes`` are complete, and ``problems`` (up to twenty) known, when
    ``events`` is exhausted; it yields each event with the line it stands in, and stops early
    when there are too many problems.
    """

    header: dict[str, Any]
    notes: list[str]
    problems: list[Problem]

    @property
    def reading(self) -> str:
        """The name of the reading; a journal's header may say another than the format's."""
        ...

    def events(self, blocks: Iterable[bytes]) -> Iterator[tuple[int, Event]]:
        """The events in ``blocks``, which are consecutive pieces of the file."""
        ...


def too_long(what: str) -> Refused:
    """The refusal of a line or form that does not end."""
    return Refused(
        f"{what} is longer than {LINE_BYTES_MAX >> 20} MB.",
        "An event takes a line of some hundred bytes; is this a history?",
    )


def lines(blocks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each line without its end, and whether it had one (the last may not).

    Raises Refused at a line beyond LINE_BYTES_MAX.
    """
    pieces: list[bytes] = []
    held = 0
    for block in blocks:
        first, *rest = block.split(b"\n")
        pieces.append(first)
        held += len(first)
        if held > LINE_BYTES_MAX:
            raise too_long("the line")
        if rest:
            yield b"".join(pieces), True
            for line in rest[:-1]:
                yield line, True
            pieces, held = [rest[-1]], len(rest[-1])
    if held:
        yield b"".join(pieces), False
