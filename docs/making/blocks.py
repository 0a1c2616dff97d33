"""The console blocks of a page: what is typed, what of the answer is shown, and what may differ.

A block is fenced as ``console`` (by more backticks than any that its answers hold); each line that
begins with ``$`` is a command, and what follows up to the next is its answer. A comment right above
the fence says more, parts separated by ``;``:

    <!-- shows INVALID, Stale read+1, Operations; needs etcd -->

``shows`` chooses paragraphs of the answer by how they begin, in their order, ``+1`` with the one
that follows; what is left out between them stands as ``…``. ``needs`` names what a machine must
have for the command to be run; such a block is left alone where it is not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>[^\n]*?) -->\n)?^(?P<fence>`{3,})console\n(?P<body>.*?)^(?P=fence)$",
    re.S | re.M,
)
_ELIDED = "…"

# What no seed fixes: names of runs, when they began, how long this machine took, and its paths'
# share in the size of a bundle. Each is replaced before two answers are compared.
_VARYING = (
    (re.compile(r"\b\d{8}T\d{6}Z-([a-z-]+)-[0-9a-f]{6}\b"), r"<run of \1>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d\S*)?"), "<date>"),
    (re.compile(r"(check|in|took|verified in|keys?,) [\d.]+ (s|min)\b"), r"\1 <time>"),
    (re.compile(r"in \d+ process(es)?, [\d.,]+ runs a (minute|second)"), "<pace>"),
    (re.compile(r"\b\d+ kB"), "<size>"),
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A command, its lines joined, and what the page shows of its answer."""

    command: str
    shown: str


@dataclass(frozen=True, slots=True)
class Block:
    """A block: where its body stands in the page, what it holds, and what its comment says."""

    start: int
    end: int
    exchanges: tuple[Exchange, ...]
    shows: tuple[str, ...] = ()
    needs: str | None = None


def blocks_of(page: str) -> list[Block]:
    """All console blocks of a page, in order; ValueError for a comment that says nothing known."""
    return [
        Block(found.start("body"), found.end("body"), _exchanges(found["body"]), *_mark(found))
        for found in _BLOCK.finditer(page)
    ]


def _mark(found: re.Match[str]) -> tuple[tuple[str, ...], str | None]:
    shows: tuple[str, ...] = ()
    needs = None
    for part in filter(None, map(str.strip, (found["mark"] or "").split(";"))):
        word, _, rest = part.partition(" ")
        if word == "shows" and rest:
            shows = tuple(one.strip() for one in rest.split(","))
        elif word == "needs" and rest:
            needs = rest
        else:
            raise ValueError(f"seen <!-- {found['mark']} -->; expected 'shows …' or 'needs …'")
    return shows, needs


def _exchanges(body: str) -> tuple[Exchange, ...]:
    exchanges: list[Exchange] = []
    for line in body.replace("\\\n", "").splitlines():
        if line.startswith("$ "):
            exchanges.append(Exchange(" ".join(line[2:].split()), ""))
        elif exchanges:
            command, shown = exchanges[-1].command, exchanges[-1].shown
            exchanges[-1] = Exchange(command, f"{shown}{line}\n")
        else:
            raise ValueError(f"seen {line!r} first in a block; expected a command: $ …")
    return tuple(exchanges)


def excerpt(answer: str, shows: Sequence[str]) -> str:
    """The paragraphs of an answer that a block shows; all of them where it names none."""
    paragraphs = re.split(r"\n{2,}", answer.strip("\n"))
    if not shows:
        # What was left out already takes no paragraph of its own.
        told = "\n\n".join(paragraphs).replace(f"{_ELIDED}\n\n", f"{_ELIDED}\n", 1)
        return f"{told}\n" if told else ""
    chosen: list[int] = []
    for asked in shows:
        begin, _, more = asked.partition("+")
        after = chosen[-1] + 1 if chosen else 0
        first = next(
            (n for n in range(after, len(paragraphs)) if _begins(paragraphs[n], begin)), None
        )
        if first is None:
            raise ValueError(
                f"no paragraph begins with {begin!r} below what is shown of:\n{answer}"
            )
        chosen += range(first, first + int(more or 0) + 1)
    told, last = "", -1
    for number in chosen:
        told += f"{_ELIDED}\n" if number > last + 1 else "\n" if told else ""
        told += paragraphs[number] + "\n"
        last = number
    return told if last == len(paragraphs) - 1 else f"{told}{_ELIDED}\n"


def _begins(paragraph: str, begin: str) -> bool:
    return paragraph.lstrip().startswith(begin)


def same(one: str, other: str) -> bool:
    """Do two answers say the same, but for what no seed fixes?

    A paragraph that holds any of it may be broken into lines elsewhere.
    """
    return _told(one) == _told(other)


def _told(answer: str) -> list[str]:
    told = []
    for paragraph in re.split(r"\n{2,}", answer.strip("\n")):
        masked = paragraph
        # Wrapped text is put together first: what varies may stand across the end of a line.
        flat = " ".join(paragraph.split())
        for varying, name in _VARYING:
            flat, masked = varying.sub(name, flat), varying.sub(name, masked)
        told.append(masked if flat == " ".join(paragraph.split()) else flat)
    return told


def rewritten(page: str, answers: Mapping[str, str]) -> str:
    """The page with what it shows of each answer brought up to date: all of it, or nothing.

    Where every answer says what the page shows already, the page stays as it is, names of runs and
    all. An answer is found by its command; a command that was not run keeps what the page says.
    """
    new = page
    news = False
    for block in reversed(blocks_of(page)):
        body = ""
        # Commands as they are typed there, on several lines perhaps.
        typed = re.findall(r"^\$ (?:.*\\\n)*.*\n", page[block.start : block.end], re.M)
        for lines, exchange in zip(typed, block.exchanges, strict=True):
            answer = answers.get(exchange.command)
            shown = exchange.shown if answer is None else excerpt(answer, block.shows)
            news = news or not same(shown, exchange.shown)
            body += lines + shown
        new = new[: block.start] + body + new[block.end :]
    return new if news else page
