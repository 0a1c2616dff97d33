"""A transaction over several keys, as etcd's own clients make them: read, then write if unchanged.

    read     all keys that it names, at one revision
    write    those it writes or appends to, if none that it names was written since

Only the second changes anything, and etcd executes it at one point or not at all; what was read
is what is there at that point. A transaction that only reads is over with the first.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from clients import bank
from clients.client import Completion, Invocation
from clients.etcd_errors import ERRORS
from clients.etcd_steps import TRIES_MAX, TXN, Request, Steps, revision, text64
from histories.event import Outcome

READ = "r"


@dataclass(frozen=True, slots=True)
class Kind:
    """What keys hold: what there is where there is no key, how it is read from etcd's text and
    written, and what is there after a step, from what it was, f and value."""

    nothing: Any
    read: Callable[[str], Any]
    written: Callable[[Any], str]
    after: Callable[[Any, str, Any], Any]


LISTS = Kind(
    [],
    lambda text: [int(element) for element in text.split(",")],
    lambda elements: ",".join(map(str, elements)),
    lambda elements, _, value: [*elements, value],
)
REGISTERS = Kind(None, int, str, lambda _, __, value: value)
BALANCES = Kind(
    None, int, str, lambda held, f, value: (held or 0) + value if f == bank.ADD else value
)


def only_reads(steps: Any) -> bool:
    """Whether a transaction cannot change anything."""
    return all(f == READ for f, _, _ in steps)


def transact(invocation: Invocation, kind: Kind = LISTS) -> Steps:
    """The micro-operations [f, key, value] of ``invocation``, and what its reads answer."""
    asked = invocation.value
    keys = {name: text64(f"t/{invocation.key}/{name}") for _, name, _ in asked}
    for _ in range(TRIES_MAX):
        told = yield _read(keys)
        found = [one["response_range"].get("kvs") for one in told["responses"]]
        before = {
            name: kind.read(b64decode(kvs[0]["value"]).decode()) if kvs else kind.nothing
            for name, kvs in zip(keys, found, strict=True)
        }
        answer, after = _happen(asked, before, kind)
        if kind is BALANCES and any((held or 0) < 0 for held in after.values()):
            return ERRORS["refused"].completion(is_read=False)
        if only_reads(asked):
            return Completion(Outcome.OK, answer, extra=revision(told))
        # The revision of each key's last change; 0 where there is no key.
        seen = [kvs[0]["mod_revision"] if kvs else "0" for kvs in found]
        written = {
            keys[name]: kind.written(after[name]) for name in keys if after[name] != before[name]
        }
        told = yield _write(list(keys.values()), seen, written)
        if told.get("succeeded") is True:
            return Completion(Outcome.OK, answer, extra=revision(told))
    return ERRORS["contended"].completion(is_read=False)


def keep_bank(invocation: Invocation) -> Steps:
    """An operation of a bank: its steps, refused where a balance would be below zero."""
    steps = replace(invocation, value=bank.steps_of(invocation))
    done = yield from transact(steps, BALANCES)
    return done if done.value is None else replace(done, value=bank.told(invocation, done.value))


def write_registers(invocation: Invocation) -> Steps:
    """The same over registers."""
    return transact(invocation, REGISTERS)


def _read(keys: Mapping[str, str]) -> Request:
    ranges = [{"requestRange": {"key": key}} for key in keys.values()]
    return TXN, {"compare": [], "success": ranges, "failure": []}


def _write(keys: list[str], seen: list[str], written: Mapping[str, str]) -> Request:
    compare = [
        {"key": key, "target": "MOD", "result": "EQUAL", "mod_revision": number}
        for key, number in zip(keys, seen, strict=True)
    ]
    puts = [{"requestPut": {"key": key, "value": text64(text)}} for key, text in written.items()]
    return TXN, {"compare": compare, "success": puts, "failure": []}


def _happen(
    asked: Any, before: Mapping[str, Any], kind: Kind
) -> tuple[list[list[Any]], dict[str, Any]]:
    """What the micro-operations answer one after another, and what is there after them."""
    held = dict(before)
    answer: list[list[Any]] = []
    for f, name, value in asked:
        if f != READ:
            held[name] = kind.after(held[name], f, value)
        answer.append([f, name, held[name] if f == READ else value])
    return answer, held
