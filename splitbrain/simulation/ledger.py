"""A ledger of simulated faults: nothing real is hurt, so nobody needs it after a crash."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nemesis.ledger import Ledger

OWNER = {"simulated": True}
"""Whoever simulates: the same bytes on every machine and in every process."""


class LooseLedger(Ledger):
    """The same lines as a ledger's, left to the operating system to bring to the disk."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, OWNER)

    def _write(self, record: dict[str, Any]) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record, separators=(",", ":")) + "\n")
