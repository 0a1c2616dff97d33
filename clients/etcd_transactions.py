"""A transaction over several lists, as etcd's own clients make them: read, then write if unchanged.

    read     all lists that it names, at one revision
    write    the lists it appends to, if none that it names was written since

Only the second changes anything, and etcd executes it at one point or not at all; what was read
is what is there at that point. A transaction that only reads is over with the first.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from clients.client import Completion, Invocation
from clients.etcd_errors import ERRORS
from clients.etcd_steps import TRIES_MAX, TXN, Request, Steps, revision, text64
from histories.event import Outcome

APPEND = "append"


def only_reads(steps: Any) -> bool:
    """Whether a transaction cannot change anything."""
    return all(f != APPEND for f, _, _ in steps)


def transact(invocation: Invocation) -> Steps:
    """The micro-operations [f, list, value] of ``invocation``, and what its reads answer."""
    asked = invocation.value
    keys = {name: text64(f"t/{invocation.key}/{name}") for _, name, _ in asked}
    for _ in range(TRIES_MAX):
        told = yield _read(keys)
        found = [one["response_range"].get("kvs") for one in told["responses"]]
        before = {
            name: _elements(kvs[0]) if kvs else [] for name, kvs in zip(keys, found, strict=True)
        }
        answer, after = _happen(asked, before)
        if only_reads(asked):
            return Completion(Outcome.OK, answer, extra=revision(told))
        # The revision of each list's last change; 0 where there is no key.
        seen = [kvs[0]["mod_revision"] if kvs else "0" for kvs in found]
        told = yield _write(keys, seen, before, after)
        if told.get("succeeded") is True:
            return Completion(Outcome.OK, answer, extra=revision(told))
    return ERRORS["contended"].completion(is_read=False)


def _read(keys: Mapping[str, str]) -> Request:
    ranges = [{"requestRange": {"key": key}} for key in keys.values()]
    return TXN, {"compare": [], "success": ranges, "failure": []}


def _write(
    keys: Mapping[str, str],
    seen: list[str],
    before: Mapping[str, list[int]],
    after: Mapping[str, list[int]],
) -> Request:
    compare = [
        {"key": key, "target": "MOD", "result": "EQUAL", "mod_revision": number}
        for key, number in zip(keys.values(), seen, strict=True)
    ]
    puts = [
        {"requestPut": {"key": key, "value": text64(",".join(map(str, after[name])))}}
        for name, key in keys.items()
        if after[name] != before[name]
    ]
    return TXN, {"compare": compare, "success": puts, "failure": []}


def _elements(found: Mapping[str, Any]) -> list[int]:
    return [int(element) for element in b64decode(found["value"]).split(b",")]


def _happen(
    asked: Any, before: Mapping[str, list[int]]
) -> tuple[list[list[Any]], dict[str, list[int]]]:
    """What the micro-operations answer one after another, and the lists after them."""
    held = {name: list(elements) for name, elements in before.items()}
    answer: list[list[Any]] = []
    for f, name, value in asked:
        if f == APPEND:
            held[name].append(value)
        answer.append([f, name, value if f == APPEND else list(held[name])])
    return answer, held
