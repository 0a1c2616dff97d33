"""A store in which everything that can be said is hostile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from kept_runs import PLAN, STARTED, made
from report_records import MS, STALE, operation, partition, record
from shrinkings import shrinking

from checker.verdict import Result, Verdict
from histories.event import Event, EventType
from nemesis.ledger import Ledger
from splitbrain import run_files

MARKUP = "</script></title><script>alert('x')</script><img src=x onerror=alert(1)>"
HOSTILE = {
    "markup": MARKUP,
    "attribute": "\" autofocus onfocus=alert(1) x='",
    "path": "../../../etc/passwd",
    "address": "javascript:alert(1)",
    "escape": "\x1b]0;owned\x07\x1b[31mred\x1b[0m",
    "nul": "a\x00b",
    "surrogate": "a\ud800b",
    "bidi": "\u202egnp.exe",
    "template": "{{ 7*7 }}{% raw %}",
    "long": "x" * 10_000_000,
}
RAW = ("\x1b", "\x00", "\x07", "\ud800", "\u202e", "<script>alert", "<img src=x")
"""What may stand in no page as it is."""


def said_everywhere(store: Path, value: str, *, short: str | None = None) -> Path:
    """A run with a stale read that says ``value`` wherever something can be said.

    ``short``: said in its place where each use of it would be as long again.
    """
    brief = value if short is None else short
    shown = (
        operation(0, 0, "write", value=value, key=value, node=brief, at_ns=500 * MS),
        operation(2, 1, "write", value="other", key=value, node=brief, at_ns=1500 * MS),
        operation(4, 2, "read", output=value, key=value, node=brief, at_ns=2500 * MS),
    )
    events = []
    for one in shown:
        given = {"f": one.f, "key": one.key, "node": one.node}
        start = (one.call, one.call_ns, one.process, EventType.INVOKE)
        end = (one.call + 1, one.ret_ns or 0, one.process, EventType.OK)
        answer = one.input if one.f == "write" else one.output
        events += [Event(*start, value=one.input, **given), Event(*end, value=answer, **given)]
    folder = made(store, Verdict.INVALID, told=events)
    violation = replace(STALE, kind=brief, sentence=value, key=value)
    result = Result(Verdict.INVALID, brief, "search", 3, 1, violations=(violation,))
    one = replace(record(shown), run=folder.name, folder=folder, plan=PLAN, results=[result])
    one = replace(one, reason=value, died=(brief,), bugs_reached={brief: 1})
    run_files.write_verdict(one)
    ledger = Ledger(folder / run_files.LEDGER, {"pid": 1})
    fault = replace(partition(), resolved={"nodes": [brief], "grudge": {brief: [brief]}})
    fault = replace(fault, error=value)
    ledger.announce(fault)
    ledger.acknowledged(fault)
    ledger.healing(fault)
    ledger.healed(fault)
    ledger.close()
    manifest = json.loads((folder / "run.json").read_text())
    plan: dict[str, Any] = manifest["plan"]
    plan |= {"system": brief, "workload": brief, "host": brief, "bugs": [brief]}
    plan |= {
        "faults": [brief],
        "options": [brief],
        "fault_targets": [brief],
        "consistency": [brief],
    }
    manifest |= {"imported": {"from": brief}, "start": STARTED}
    manifest["sha256"] = run_files.hashes(folder)
    (folder / "run.json").write_text(json.dumps(manifest))
    tags = {"format": "splitbrain-tags", "version": 1, "tags": [value]}
    (folder / "tags.json").write_text(json.dumps(tags))
    (folder / "logs" / "n1.log").write_bytes(value.encode("utf-8", "surrogatepass"))
    (folder / "nodes.jsonl").write_text("".join(json.dumps(line) + "\n" for line in _roles(brief)))
    kept_as = shrinking(value, folder.name, kind=value, trouble=value, without_bugs=(value,))
    (folder / "shrunk.json").write_text(json.dumps(kept_as.to_json()))
    return folder


def _roles(value: str) -> Iterator[dict[str, Any]]:
    yield {"format": "splitbrain-nodes", "version": 1, "start": STARTED, "every_ms": 500}
    for time_ns, role in ((0, value), (10**9, "leader")):
        yield {"time": time_ns, "node": value, "role": role, "term": 1, "leader": value}
