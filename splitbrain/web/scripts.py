"""The scripts that this program puts into the pages of a run, known by their digests.

Such a page lies in the run's folder, where anybody may have changed it. Its data is different
each time and its scripts are not: so those of a page that is made here and now, of a run that
saw nearly nothing, are all that may run in any. Others are of another version, or of somebody
else: then the page is made anew.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.verdict import Result
    from histories.table import Table
    from splitbrain.record import RunRecord


class _Scripts(HTMLParser):
    """Collects what stands in script elements that a browser would run.

    Where it is mistaken a page is made anew without need, or shown without a script: what runs
    is decided by the browser, after the policy.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a script that is one, rather than data."""
        if tag == "script":
            kind = (dict(attrs).get("type") or "").strip().lower()
            self._inside = kind in ("", "module") or "script" in kind
            if self._inside:
                self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        """The end of one."""
        if tag == "script":
            self._inside = False

    def handle_data(self, data: str) -> None:
        """A piece of one."""
        if self._inside:
            self.found[-1] += data


def digests_in(text: str) -> Iterator[str]:
    """The digest of each script in a page, as a policy names it."""
    parser = _Scripts()
    parser.feed(text)
    parser.close()
    for script in parser.found:
        digest = hashlib.sha256(script.encode("utf-8", "replace")).digest()
        yield f"sha256-{base64.b64encode(digest).decode()}"


def all_known(text: str) -> bool:
    """Whether each script of a page is one of ours."""
    return set(digests_in(text)) <= known_digests()


@cache
def known_digests() -> frozenset[str]:
    """The digests of the scripts in the pages that this program makes."""
    from splitbrain.report.history_page import history_page
    from splitbrain.report.html import page

    record, table, result = _nearly_nothing()
    pages = (page(record), history_page(table, result, title="none"))
    return frozenset(digest for text in pages for digest in digests_in(text))


def _nearly_nothing() -> tuple[RunRecord, Table, Result]:
    """A run in which 1 was read though nobody had written it."""
    from checker.linearizability.search import linearizable
    from histories.event import Operation, Outcome
    from histories.table import table_of
    from splitbrain.plan import Plan
    from splitbrain.record import RunRecord

    read = Operation(0, 1, 0, "read", "x", None, 1, Outcome.OK, 0, 1, "n1")
    table = table_of([read])
    result = linearizable(table, "register")
    plan = Plan("none", "simulated", "register")
    told = (result.verdict, None, [result])
    return RunRecord("none", Path("none"), plan, "", [], [read], [], *told), table, result
