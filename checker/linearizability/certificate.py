"""The certificate of a valid verdict: for each key an order of its operations.

    {"format": "splitbrain-linearization", "version": 2, "model": "cas-register",
     "reading": "splitbrain", "independent": false,
     "parts": [{"key": "x", "order": [0, 4, 2, …]}, …]}

``order`` holds the ``call`` indexes of one key's operations in an order that one copy of
the object, used by one client, could have run. Indeterminate operations that took no
effect, and failed ones that assert nothing, are absent. A model that is not by key has
one part, whose key is null. ``independent``, which may be absent: whether the values [k v] of
the file were read as independent keys and their values. ``verifier.py`` checks all that
against a history.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from checker.linearizability.decision import Decision
from checker.models.model import Model
from checker.reading import Reading
from histories.table import Table

FORMAT = "splitbrain-linearization"
VERSION = 2

Int64 = npt.NDArray[np.int64]


class CertificateError(ValueError):
    """Data that is no certificate; says what was seen and what was expected."""


@dataclass(frozen=True, slots=True, eq=False)
class Certificate:
    """An order of operations for each of P parts, kept in flat arrays.

    ``keys``: sequence of keys, of which part p has ``keys[numbers[p]]``; ``numbers``: int64[P].
    ``order``: int64, ``call`` indexes, those of part p at ``order[starts[p]:starts[p+1]]``;
    ``starts``: int64[P+1]. ``model`` and ``reading`` are names. ``independent``: as above.
    """

    model: str
    reading: str
    keys: Sequence[Any]
    numbers: Int64
    starts: Int64
    order: Int64
    independent: bool | None = None

    @classmethod
    def of(cls, table: Table, decision: Decision, model: Model, reading: Reading) -> Certificate:
        """The certificate of a decision that linearized every key of ``table``.

        Keys that no row touches have no part. A dozen numpy calls, linear.
        """
        order = table.call[decision.order]
        if not model.by_key:
            starts = np.array([0, len(order)], np.int64)
            return cls(model.name, reading.name, (None,), starts[:1], starts, order)
        used = np.bincount(table.key, minlength=len(decision.status)) > 0
        numbers = used.nonzero()[0]
        # What is absent has an empty slice, so the starts of the others still bound them.
        starts = np.empty(len(numbers) + 1, np.int64)
        starts[:-1], starts[-1] = decision.starts[numbers], decision.starts[-1]
        return cls(model.name, reading.name, table.keys, numbers, starts, order)

    def __len__(self) -> int:
        return len(self.numbers)

    def part(self, number: int) -> tuple[Any, Int64]:
        """The key of a part, and its calls in order."""
        span = slice(self.starts[number], self.starts[number + 1])
        return self.keys[int(self.numbers[number])], self.order[span]

    def to_json(self) -> dict[str, Any]:
        """The JSON documented above."""
        parts = (self.part(number) for number in range(len(self)))
        return {
            "format": FORMAT,
            "version": VERSION,
            "model": self.model,
            "reading": self.reading,
            **keys_read(self.independent),
            "parts": [{"key": key, "order": order.tolist()} for key, order in parts],
        }

    @classmethod
    def from_json(cls, data: Any) -> Certificate:
        """The certificate that ``to_json`` wrote. Raises CertificateError for anything else."""
        if not isinstance(data, dict):
            raise CertificateError(f"a certificate is a JSON object, not {_kind(data)}")
        for member, expected in (("format", FORMAT), ("version", VERSION)):
            if data.get(member) != expected:
                raise CertificateError(
                    f"the certificate's {member} is {data.get(member)!r}, not {expected!r}"
                )
        for member in ("model", "reading"):
            if not isinstance(data.get(member), str):
                raise CertificateError(f"the certificate names no {member}")
        parts = data.get("parts")
        if not isinstance(parts, list):
            raise CertificateError("the certificate has no list of parts")
        keys, pieces = [], []
        for number, part in enumerate(parts):
            if not isinstance(part, dict) or "key" not in part:
                raise CertificateError(f"part {number} of the certificate has no key")
            keys.append(part["key"])
            pieces.append(calls_of(part.get("order"), f"part {number} of the certificate"))
        return cls(
            data["model"],
            data["reading"],
            keys,
            np.arange(len(keys)),
            np.cumsum([0, *map(len, pieces)]),
            np.concatenate([np.empty(0, np.int64), *pieces]),
            keys_read_by(data),
        )


def keys_read(independent: bool | None) -> dict[str, bool]:
    """The member that says how keys were read; none where no file was."""
    return {} if independent is None else {"independent": independent}


def keys_read_by(data: dict[str, Any]) -> bool | None:
    """What ``keys_read`` wrote. Raises CertificateError when it is no boolean."""
    independent = data.get("independent")
    if independent is not None and not isinstance(independent, bool):
        raise CertificateError(
            f"the certificate's 'independent' is {independent!r}, not true or false"
        )
    return independent


def calls_of(order: Any, place: str) -> Int64:
    """A JSON list of call indexes as an array. Raises CertificateError, naming the ``place``."""
    if not isinstance(order, list):
        raise CertificateError(f"{place} has no order")
    if not order:
        return np.empty(0, np.int64)
    try:
        calls = np.array(order)
    except (ValueError, OverflowError):
        calls = np.empty(0)
    if calls.ndim != 1 or calls.dtype != np.int64:
        raise CertificateError(f"{place}: an order is a list of call indexes")
    return calls


def _kind(data: Any) -> str:
    names = {list: "a list", str: "a text", type(None): "null", bool: "a boolean"}
    return names.get(type(data), "a number")
