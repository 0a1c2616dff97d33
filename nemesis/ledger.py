"""The ledger: every fault is written down before it is done, and after it is undone.

One JSON object a line, fsynced before the act it announces. Whoever finds a ledger
without its closing line knows what a dead run may have left behind; whoever reads a
closed one knows what was done, when, and with what effect.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nemesis.fault import Effect, Fault, SymbolicFault


class LedgerError(Exception):
    """A ledger that cannot be read; the message names file and line."""


class Ledger:
    """Append-only record of one run's faults."""

    def __init__(self, path: Path, owner: dict[str, Any]) -> None:
        self._path = path
        self._closed = False
        self._write({"act": "open", "owner": owner})

    def announce(self, fault: Fault) -> None:
        """Before a fault is injected: what it will do, to whom."""
        self._write(
            {
                "act": "inject",
                "fault": fault.symbolic.id,
                "symbolic": asdict(fault.symbolic),
                "resolved": fault.resolved,
                "time": fault.start_ns,
                "moment": fault.moment_ns,
            }
        )

    def acknowledged(self, fault: Fault) -> None:
        """The fault is in force; what it resolved to is final."""
        self._write(
            {
                "act": "acknowledged",
                "fault": fault.symbolic.id,
                "resolved": fault.resolved,
                "time": fault.acknowledged_ns,
            }
        )

    def healing(self, fault: Fault) -> None:
        """Before the fault is undone."""
        self._write({"act": "heal", "fault": fault.symbolic.id, "time": fault.heal_started_ns})

    def healed(self, fault: Fault) -> None:
        """The fault is undone; its effect is known."""
        self._write(
            {
                "act": "healed",
                "fault": fault.symbolic.id,
                "time": fault.healed_ns,
                "effect": asdict(fault.effect),
                "error": fault.error,
            }
        )

    def claim(self, keys: str, needs: Sequence[str]) -> None:
        """Before the first write to a cluster of others: below what all that is written is.

        ``needs`` names the options with which the run said who it is; never what they said.
        """
        self._write({"act": "claim", "keys": keys, "needs": list(needs)})

    def released(self, keys: int) -> None:
        """So many keys were removed from the cluster of others, and none is left."""
        self._write({"act": "released", "keys": keys})

    def close(self) -> None:
        """Nothing of this run is left behind."""
        if not self._closed:
            self._write({"act": "close"})
            self._closed = True

    def _write(self, record: dict[str, Any]) -> None:
        _append(self._path, json.dumps(record, separators=(",", ":")) + "\n")


def _append(path: Path, text: str) -> None:
    # Opened for each record: there are few, and no descriptor outlives a crash of the caller.
    with path.open("a", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def is_closed(path: Path) -> bool:
    """Whether the run behind this ledger undid everything (a missing ledger: nothing was done)."""
    if not path.exists():
        return True
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return bool(lines) and lines[-1].startswith('{"act":"close"')


@dataclass(frozen=True, slots=True)
class Claim:
    """Keys in a cluster of others that were never given back; see ``Ledger.claim``."""

    keys: str
    needs: tuple[str, ...]


def claim_left(path: Path) -> Claim | None:
    """What a run has claimed and not released. Whatever else is in the ledger is passed over."""
    claim = None
    for line in (
        path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else ()
    ):
        try:
            record = json.loads(line)
            if record["act"] == "claim":
                claim = Claim(str(record["keys"]), tuple(map(str, record["needs"])))
            elif record["act"] in ("released", "undone"):
                claim = None
        except (ValueError, KeyError, TypeError):
            continue
    return claim


def mark_undone(path: Path, by: str) -> None:
    """Close a dead run's ledger, saying who undid what it had left."""
    # The dead run may have stopped in the middle of a line.
    undone = json.dumps({"act": "undone", "by": by}, separators=(",", ":"))
    _append(path, f'\n{undone}\n{{"act":"close"}}\n')


def read_ledger(path: Path) -> list[Fault]:
    """The faults of a ledger, in order of injection; a last line cut short is left out.

    Raises LedgerError with file and line for anything else that is not a record.
    """
    faults: dict[int, Fault] = {}
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            act = record["act"]
            if act == "inject":
                symbolic = SymbolicFault(**record["symbolic"])
                fault = Fault(symbolic, record["resolved"], record["time"])
                fault.moment_ns = record.get("moment")
                faults[symbolic.id] = fault
            elif act == "acknowledged":
                fault = faults[record["fault"]]
                fault.acknowledged_ns = record["time"]
                fault.resolved = record["resolved"]
            elif act == "heal":
                faults[record["fault"]].heal_started_ns = record["time"]
            elif act == "healed":
                fault = faults[record["fault"]]
                fault.healed_ns = record["time"]
                fault.effect = Effect(**record["effect"])
                fault.error = record["error"]
        except (ValueError, KeyError, TypeError) as error:
            # A run killed in the middle of a write leaves half a line, and whoever
            # closed its ledger afterwards started a fresh one.
            if _cut_short(lines, number):
                continue
            raise LedgerError(
                f"{path}:{number}: seen {line[:80]!r}, expected a record of the fault ledger "
                f"({error}). The file was changed by hand or by another program."
            ) from None
    return list(faults.values())


def _cut_short(lines: list[str], number: int) -> bool:
    rest = [line for line in lines[number:] if line.strip()]
    return not rest or rest[0].startswith('{"act":"undone"')
