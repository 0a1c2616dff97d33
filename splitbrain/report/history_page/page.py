"""The page itself: one file, no network, every text of a history only ever shown as text."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from checker.linearizability.account import Account, accounts
from checker.models import MODELS
from checker.models.model import Model
from checker.reading import READINGS, SPLITBRAIN
from checker.verdict import Result, Verdict, Violation
from checker.wording import plural
from histories.history import History
from histories.table import Table, table_of
from nemesis.fault import Fault
from splitbrain.report.cycle import cycle_svg
from splitbrain.report.history_page.document import document
from splitbrain.report.isolation import levels_lines
from splitbrain.text import printable

SCRIPTS = ("history", "orders", "lanes", "closeup", "board", "telling", "search", "start")
"""In the order in which they stand in the page; together they are one function."""
_SLOT = re.compile(r"<!--slot:(\w+)-->")
_COMPRESSION = 6


def write_history_page(
    path: Path,
    history: History,
    result: Result,
    *,
    model: Model | None = None,
    faults: Sequence[Fault] = (),
) -> None:
    """Write the page of a judged history. Raises OSError where ``path`` cannot be written.

    ``model``: the one ``result`` was judged by, where its name alone does not tell.
    """
    from histories.archive import write_text

    title = str(history.path) if history.path is not None else "history"
    table = table_of(history.operations)
    write_text(path, history_page(table, result, title=title, model=model, faults=faults))


def history_page(
    table: Table,
    result: Result,
    *,
    title: str,
    model: Model | None = None,
    faults: Sequence[Fault] = (),
) -> str:
    """The page as text; some 10 to 20 bytes an operation. ``result`` is that of ``table``."""
    isolation = result.statistics.get("isolation")
    definition = model or MODELS.get(result.model)
    if isolation is not None and isolation["level"] != "strict-serializable":
        # Orders of another level are no linearizations.
        definition = None
    reading = READINGS.get(str(result.statistics.get("reading")), SPLITBRAIN)
    told = (
        accounts(table, result, definition, reading)
        if definition is not None
        else _unordered(table, result)
    )
    data = document(table, told, result.violations, definition, reading, faults)
    slots = {
        "tokens": _asset("timeline.css", "splitbrain.report"),
        "style": _asset("history.css"),
        "script": "\n".join(_asset(f"{name}.js") for name in SCRIPTS),
        "title": _text(f"{result.verdict}: {title}"),
        "verdict": str(result.verdict),
        "sentence": _text(_sentence(result)),
        "told": _told(result),
        "facts": _text(_facts(title, result, reading.name)),
        "data": embed(data),
    }
    # In one pass: what a slot brings is never looked through for slots again.
    return _SLOT.sub(lambda match: slots[match[1]], _asset("history.html"))


def embed(data: Any) -> str:
    """JSON, compressed, in letters that mean nothing to HTML."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    # No time in the header: the same history gives the same page.
    packed = gzip.compress(text.encode("ascii"), _COMPRESSION, mtime=0)
    return base64.b64encode(packed).decode("ascii")


def _unordered(table: Table, result: Result) -> list[Account]:
    """The keys of a history whose model has no step: no orders, only what was found."""
    refuted = [violation.key for violation in result.violations]
    found = []
    for rows in table.rows_by_key():
        if len(rows):
            key = table.keys[int(table.key[rows[0]])]
            verdict = Verdict.INVALID if key in refuted else result.verdict
            if verdict is Verdict.INVALID and key not in refuted:
                verdict = Verdict.UNKNOWN
            found.append(Account(key, rows, Verdict(verdict)))
    return sorted(found, key=lambda account: int(account.rows[0]))


def _asset(name: str, package: str = "splitbrain.report.history_page") -> str:
    return files(package).joinpath(name).read_text(encoding="utf-8")


def _text(text: object) -> str:
    return escape(printable(str(text)))


def _sentence(result: Result) -> str:
    found = result.violations
    if result.verdict is Verdict.INVALID and found:
        more = f" (and {plural(len(found) - 1, 'finding')} more)" if len(found) > 1 else ""
        return f"INVALID: {found[0].kind}{more}"
    isolation = result.statistics.get("isolation")
    if result.verdict is Verdict.VALID and isolation is not None:
        return f"VALID: {isolation['level']}"
    if result.verdict is Verdict.VALID:
        return "VALID: some order explains everything that was answered"
    if result.verdict is Verdict.UNKNOWN:
        return "UNKNOWN: the search did not come to an end"
    return f"{str(result.verdict).upper()}: {result.reason or 'nothing was found'}"


def _told(result: Result) -> str:
    isolation = result.statistics.get("isolation")
    levels = [] if isolation is None else levels_lines(isolation)
    told = "".join(f"<p class=told>{_text(line)}</p>" for line in levels)
    if not result.violations:
        reason = f"<p class=told>{_text(result.reason)}</p>" if result.reason else ""
        return f"{reason}{told}"
    parts = [_finding(number, one) for number, one in enumerate(result.violations)]
    if len(parts) > 1:
        parts.append(
            f"<nav class=findings><button data-step=-1>previous</button> <span>1</span> of "
            f"{len(parts)} <button data-step=1>next</button></nav>"
        )
    return told + "".join(parts)


def _finding(number: int, violation: Violation) -> str:
    sentence = violation.sentence[:1].upper() + violation.sentence[1:]
    return (
        f'<section class=finding data-finding="{number}"{" hidden" if number else ""}>'
        f"<h2>{_text(violation.kind.capitalize())}</h2>"
        f"<p class=told>{_text(sentence)}.</p>{cycle_svg(violation)}<div class=drawing></div>"
        "<p class=hint>A bar runs from an operation's call to its answer, and somewhere inside it "
        "the operation took effect, at once. <span class=dots hidden>The numbered dots are such "
        "moments, in an order that explains these answers; the row on top shows what was there in "
        "between.</span> For the red bar no moment fits. What was never answered (…?) may take "
        "effect at any later time, or never.</p>"
        "</section>"
    )


def _facts(title: str, result: Result, reading: str) -> str:
    return (
        f"{title} · {result.model}"
        + (f", read as {reading} does" if reading != SPLITBRAIN.name else "")
        + f" · {plural(result.operations, 'operation')} · {plural(result.keys, 'key')}"
    )
