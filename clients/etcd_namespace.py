"""A part of etcd's keys for one run alone: what a client asks stays below a prefix.

As etcd's own package clientv3/namespace does it, the prefix is put before every key on the
way out and taken off again on the way in, in one place for all operations. A request that this
place does not know is never sent. Leases have no names, so theirs are numbers of the run:

    0 | 40 bits, of the run's name | 23 bits, one for each lease of the run

which is how those of a dead run are told from everybody else's.
"""

from __future__ import annotations

import hashlib
import itertools
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

KEYS = ("key", "range_end", "name")
"""What a request names keys by: one, a range, or a lock."""
OPERATIONS = ("requestPut", "requestRange", "requestDeleteRange")
LEASES_BITS = 23

_KEYED = frozenset({"/v3/kv/range", "/v3/kv/put", "/v3/lock/lock"})
_TXN, _WATCH, _GRANT = "/v3/kv/txn", "/v3/watch", "/v3/lease/grant"
_KEYLESS = frozenset({"/v3/lease/keepalive", "/v3/lease/revoke", "/v3/auth/authenticate"})

ALL_FROM_KEY = b64encode(b"\0").decode()


class Namespace:
    """The keys below ``prefix``, and the leases that go with them.

    Shared by all clients of a run, so that no two of them choose the same lease.
    """

    def __init__(self, prefix: str) -> None:
        if not prefix:
            raise ValueError("a namespace without a prefix would be everybody's")
        self.prefix = prefix.encode()
        self.leases = leases_of(prefix)
        self._next_lease = itertools.cycle(self.leases)

    def inside(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """A request as it is sent. Raises ValueError for one that could reach beyond."""
        if path in _KEYED:
            return self._keyed(body)
        if path == _TXN:
            return self._transaction(body)
        if path == _WATCH:
            return {name: self._keyed(wanted) for name, wanted in body.items()}
        if path == _GRANT:
            return {**body, "ID": str(next(self._next_lease))}
        if path in _KEYLESS:
            return dict(body)
        raise ValueError(f"{path}: not known what keys this names, so it is not sent")

    def outside(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """An answer with keys as the steps know them. Raises ValueError for keys of others."""
        answer = dict(told)
        if "key" in answer:
            answer["key"] = self._bare(answer["key"])
        if "kvs" in answer:
            answer["kvs"] = [{**found, "key": self._bare(found["key"])} for found in answer["kvs"]]
        if "responses" in answer:
            answer["responses"] = [
                {kind: self.outside(part) for kind, part in one.items()}
                for one in answer["responses"]
            ]
        return answer

    def bare(self, key: bytes) -> bytes:
        """A key without the prefix. Raises ValueError for a key of others."""
        if not key.startswith(self.prefix):
            raise ValueError(f"told of the key {key[:80]!r}, which is not below {self.prefix!r}")
        return key[len(self.prefix) :]

    def _keyed(self, body: Mapping[str, Any]) -> dict[str, Any]:
        if body.get("range_end") == ALL_FROM_KEY:
            raise ValueError("a range of all keys from one on ends in keys of others")
        return {name: self._below(value) if name in KEYS else value for name, value in body.items()}

    def _transaction(self, body: Mapping[str, Any]) -> dict[str, Any]:
        if unknown := set(body) - {"compare", "success", "failure"}:
            raise ValueError(f"a transaction with {sorted(unknown)}: not known what that names")
        return {
            "compare": [self._keyed(compare) for compare in body.get("compare", [])],
            **{
                branch: [self._operation(one) for one in body[branch]]
                for branch in ("success", "failure")
                if branch in body
            },
        }

    def _operation(self, operation: Mapping[str, Any]) -> dict[str, Any]:
        if unknown := set(operation) - set(OPERATIONS):
            raise ValueError(f"{sorted(unknown)} in a transaction: not known what that names")
        return {kind: self._keyed(body) for kind, body in operation.items()}

    def _below(self, key: str) -> str:
        return b64encode(self.prefix + b64decode(key)).decode()

    def _bare(self, key: str) -> str:
        return b64encode(self.bare(b64decode(key))).decode()


def leases_of(prefix: str) -> range:
    """The numbers of all leases that the run with this prefix can have made."""
    digest = hashlib.sha256(prefix.encode()).digest()
    run = int.from_bytes(digest[:5], "big") << LEASES_BITS
    return range(run + 1, run + (1 << LEASES_BITS))
