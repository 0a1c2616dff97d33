"""Small pieces of the page, every one of which escapes what it is given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from splitbrain.text import clipped, printable, shortened

CELL_MAX = 4_000
"""Characters of one text on a page: nobody reads on, and ten megabytes would hide the rest."""


def text(told: object) -> str:
    """``told`` as text: cut where it is long, control characters spelt out, markup escaped."""
    whole = str(told)
    return escape(printable(shortened(whole, CELL_MAX)))


def line(told: object, limit: int) -> str:
    """The same on one line, at most ``limit`` characters."""
    return escape(clipped(str(told), limit))


def row(tag: str, cells: Sequence[object]) -> str:
    """A table's row."""
    return "<tr>" + "".join(f"<{tag}>{text(cell)}</{tag}>" for cell in cells) + "</tr>"


def table(name: str, heads: str, body: str) -> str:
    """A table of rows; on a narrow screen it can be moved sideways, by keys too."""
    return (
        f"<div class=wide tabindex=0><table class={name}><thead>{heads}<tbody>{body}</table></div>"
    )


def definitions(rows: Iterable[tuple[str, str]]) -> str:
    """Terms and what is told of each."""
    return f"<dl>{''.join(f'<dt>{text(head)}<dd>{text(told)}' for head, told in rows)}</dl>"


def section(name: str, head: str, body: str, note: str = "") -> str:
    """A section of the page that can be linked to."""
    told = f"<p class=hint>{note}</p>" if note else ""
    return f"<section id={name}><h2>{text(head)}</h2>{told}{body}</section>"


def command(name: str, words: str) -> str:
    """A command to copy. The button is there where JavaScript is."""
    return (
        f'<div class=command><code id="{name}">{text(words)}</code> '
        f'<button class=copy data-copy="{name}" hidden>copy</button></div>'
    )
