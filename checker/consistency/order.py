"""The certificate of a sequential history: one order of all its operations.

    {"format": "splitbrain-sequential-order", "version": 1, "model": "cas-register",
     "reading": "splitbrain", "independent": false, "order": [0, 4, 2, …]}

``order`` holds the ``call`` indexes of all operations, of all keys, in an order in which one
client could have run them on one copy of each object. Indeterminate operations that took no
effect, and those that assert nothing, are absent. ``replay.py`` checks it against a history.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from checker.consistency.sessions import Sessions
from checker.linearizability.certificate import (
    Certificate,
    CertificateError,
    Int64,
    calls_of,
    keys_read,
    keys_read_by,
)
from histories.table import Table

FORMAT = "splitbrain-sequential-order"
VERSION = 1


@dataclass(frozen=True, slots=True, eq=False)
class SequentialOrder:
    """``order``: int64, ``call`` indexes. ``model`` and ``reading`` are names."""

    model: str
    reading: str
    order: Int64
    independent: bool | None = None

    @classmethod
    def of_steps(cls, sessions: Sessions, order: list[int]) -> SequentialOrder:
        """The certificate of an order of steps."""
        rows = np.array([sessions.row[step] for step in order], np.int64)
        calls = sessions.table.call[rows]
        return cls(sessions.model.name, sessions.reading.name, calls)

    @classmethod
    def of_linearization(cls, table: Table, certificate: Certificate) -> SequentialOrder:
        """The orders of all keys woven into one, by the moments at which operations take effect.

        Each takes effect at its call, or at that of a later one which comes before it in its
        key's order: no later than it returned, or the order would be no linearization. Two of
        one process are therefore kept in order (Herlihy & Wing 1990, section 3.3). n log n.
        """
        part = np.repeat(np.arange(len(certificate)), np.diff(certificate.starts))
        place = np.searchsorted(table.call, certificate.order)
        n = len(table)
        moment = np.maximum.accumulate(part * n + place) - part * n
        woven = np.argsort(moment, kind="stable")
        return cls(
            certificate.model,
            certificate.reading,
            certificate.order[woven],
            certificate.independent,
        )

    def __len__(self) -> int:
        return len(self.order)

    def to_json(self) -> dict[str, Any]:
        """The JSON documented above."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "model": self.model,
            "reading": self.reading,
            **keys_read(self.independent),
            "order": self.order.tolist(),
        }

    @classmethod
    def from_json(cls, data: Any) -> SequentialOrder:
        """The certificate that ``to_json`` wrote. Raises CertificateError for anything else."""
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise CertificateError(f"expected a JSON object of the format {FORMAT!r}")
        if data.get("version") != VERSION:
            raise CertificateError(
                f"the certificate's version is {data.get('version')!r}, not {VERSION!r}"
            )
        for member in ("model", "reading"):
            if not isinstance(data.get(member), str):
                raise CertificateError(f"the certificate names no {member}")
        order = calls_of(data.get("order"), "the certificate")
        return cls(data["model"], data["reading"], order, keys_read_by(data))
