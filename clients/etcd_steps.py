"""What an operation of a workload is to etcd: requests, step by step.

    register   a key a register; compare-and-set is a transaction that compares the value
    set        a key an element, all under one prefix; a read is one range of keys
    counter    a key whose puts etcd counts itself: its ``version`` is how often it was put

    append     a key a list; an append reads it, and writes it if it is still that one

But for the last, each is one request, which etcd executes at one point or not at all; of an
append only the last request can change anything.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Generator, Mapping
from typing import Any

from clients.client import Completion, Invocation
from clients.errors import Row
from clients.etcd_errors import ERRORS
from histories.event import Outcome

RANGE, PUT, TXN = "/v3/kv/range", "/v3/kv/put", "/v3/kv/txn"
ELEMENTS, ELEMENTS_END = "s/", "s0"
"""The range of all keys that begin with ``s/``: "0" is the byte after "/"."""
COUNTER_KEY = "counter"
TRIES_MAX = 20

Request = tuple[str, dict[str, Any]]
"""Path and body."""
Told = Mapping[str, Any]
"""The JSON object of an answer."""
Steps = Generator[Request, Told, Completion]
"""Asks, is told, and ends with what became of the operation; ``Refused`` is thrown into it."""


class Refused(Exception):
    """A request was answered with an error; ``row`` is what it says."""

    def __init__(self, row: Row) -> None:
        super().__init__(row.error)
        self.row = row


def text64(text: str) -> str:
    """A key or value as the JSON interface takes it."""
    return b64encode(text.encode()).decode()


def revision(told: Told) -> dict[str, Any]:
    """The revision of the store that an answer speaks of."""
    return {"revision": int(told["header"]["revision"])}


def _register_key(key: Any) -> str:
    return text64(f"r/{key}")


def _read_register(invocation: Invocation) -> Request:
    return RANGE, {"key": _register_key(invocation.key)}


def _value(told: Told) -> Completion:
    found = told.get("kvs")
    value = int(b64decode(found[0]["value"])) if found else None
    return Completion(Outcome.OK, value, extra=revision(told))


def _write_register(invocation: Invocation) -> Request:
    value = text64(str(invocation.value))
    return PUT, {"key": _register_key(invocation.key), "value": value}


def _done(told: Told) -> Completion:
    return Completion(Outcome.OK, extra=revision(told))


def _cas_register(invocation: Invocation) -> Request:
    expected, new = invocation.value
    key = _register_key(invocation.key)
    # The value of a key that is not there is equal to nothing.
    compare = {"key": key, "target": "VALUE", "result": "EQUAL", "value": text64(str(expected))}
    put = {"requestPut": {"key": key, "value": text64(str(new))}}
    return TXN, {"compare": [compare], "success": [put], "failure": []}


def _swapped(told: Told) -> Completion:
    if told.get("succeeded") is True:
        return _done(told)
    revision(told)
    return ERRORS["mismatch"].completion(is_read=False)


def _add_element(invocation: Invocation) -> Request:
    return PUT, {"key": text64(f"{ELEMENTS}{invocation.value}"), "value": ""}


def _read_elements(invocation: Invocation) -> Request:
    keys = {"key": text64(ELEMENTS), "range_end": text64(ELEMENTS_END), "keys_only": True}
    return RANGE, keys


def _elements(told: Told) -> Completion:
    keys = [b64decode(found["key"]).decode() for found in told.get("kvs", [])]
    values = sorted(int(key.removeprefix(ELEMENTS)) for key in keys)
    return Completion(Outcome.OK, values, extra=revision(told))


def _count(invocation: Invocation) -> Request:
    if invocation.value != 1:
        raise ValueError(f"etcd counts puts, so a counter goes up by 1, not {invocation.value!r}")
    return PUT, {"key": text64(COUNTER_KEY), "value": ""}


def _read_count(invocation: Invocation) -> Request:
    return RANGE, {"key": text64(COUNTER_KEY)}


def _counted(told: Told) -> Completion:
    found = told.get("kvs")
    return Completion(Outcome.OK, int(found[0]["version"]) if found else 0, extra=revision(told))


def _list_key(key: Any) -> str:
    return text64(f"a/{key}")


def _read_list(invocation: Invocation) -> Request:
    return RANGE, {"key": _list_key(invocation.key)}


def _elements_of(told: Told) -> list[int]:
    found = told.get("kvs")
    return [int(e) for e in b64decode(found[0]["value"]).split(b",")] if found else []


def _listed(told: Told) -> Completion:
    return Completion(Outcome.OK, _elements_of(told), extra=revision(told))


def _append(invocation: Invocation) -> Steps:
    key = _list_key(invocation.key)
    for _ in range(TRIES_MAX):
        told = yield RANGE, {"key": key}
        elements = [*_elements_of(told), invocation.value]
        # The revision of the last change; 0 where there is no key.
        seen = told["kvs"][0]["mod_revision"] if told.get("kvs") else "0"
        unchanged = {"key": key, "target": "MOD", "result": "EQUAL", "mod_revision": seen}
        put = {"key": key, "value": text64(",".join(map(str, elements)))}
        told = yield TXN, {"compare": [unchanged], "success": [{"requestPut": put}]}
        if told.get("succeeded") is True:
            return _done(told)
    return ERRORS["contended"].completion(is_read=False)


def _one(
    ask: Callable[[Invocation], Request], read: Callable[[Told], Completion]
) -> Callable[[Invocation], Steps]:
    """An operation of one request."""

    def steps(invocation: Invocation) -> Steps:
        return read((yield ask(invocation)))

    return steps


STEPS: dict[str, dict[str, Callable[[Invocation], Steps]]] = {
    "register": {
        "read": _one(_read_register, _value),
        "write": _one(_write_register, _done),
        "cas": _one(_cas_register, _swapped),
    },
    "set": {"add": _one(_add_element, _done), "read": _one(_read_elements, _elements)},
    "counter": {"add": _one(_count, _done), "read": _one(_read_count, _counted)},
    "append": {"append": _append, "read": _one(_read_list, _listed)},
}
"""What an operation of a workload asks, and what its answers say."""
