"""The plan: one value from which a whole run follows.

The seed is split into named random streams, so that drawing one more number in
one part of the program never shifts what another part draws.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import asdict, dataclass, fields
from typing import Any

from splitbrain.script import Script

RANDOM, AIMED = "random", "aimed"
LINEARIZABLE = "linearizable"
STRATEGIES = (RANDOM, AIMED)
"""Faults at random times, or faults that wait for what happens (nemesis.aimed)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a run needs to know. Times in seconds, ``rate`` in invocations a second.

    ``faults`` are fault kinds (``partition``, ``kill`` …); empty means none.
    ``fault_hold_s`` is how long a fault is held, ``fault_quiet_s`` the quiet after its
    heal; with ``overlap`` each kind keeps a timeline of its own, so that faults of
    different kinds overlap. ``resend_s`` is the pause before a client sends the same
    session and sequence number again inside one operation; None: never.
    ``keys`` is how many keys are in use at once, ``operations_per_key`` when a key is retired.
    ``operations`` ends the main phase after so many invocations (None: its time limit alone does).
    ``options`` are ``name=value``, for the system; ``strategy`` is one of ``STRATEGIES``.
    """

    system: str
    host: str
    workload: str
    nodes: int = 5
    concurrency: int = 10
    rate: float = 600.0
    time_limit_s: float = 30.0
    keys: int = 5
    operations_per_key: int = 200
    faults: tuple[str, ...] = ("partition", "kill", "pause")
    fault_targets: tuple[str, ...] = ()
    fault_hold_s: float = 5.0
    fault_quiet_s: float = 4.0
    overlap: bool = False
    bugs: tuple[str, ...] = ()
    seed: int = 0
    timeout_s: float = 2.0
    resend_s: float | None = None
    recovery_s: float = 5.0
    """Quiet after the last heal before the final reads."""
    live_within_s: float = 10.0
    """After the last heal the system must serve again within this time."""
    operations: int | None = None
    options: tuple[str, ...] = ()
    strategy: str = RANDOM
    stop_on_violation: bool = False
    """Follow the history while it is made, and end the run with the first violation."""
    ssh: tuple[str, ...] = ()
    """Machines that exist already, ``user@host[:port][=ADDRESS]``, one a node."""
    ssh_key: str | None = None
    ssh_known_hosts: str | None = None
    sudo: str = "auto"
    endpoints: tuple[str, ...] = ()
    """Of a cluster that runs already, ``[scheme://]host[:port]``, one a node: none is started."""
    consistency: tuple[str, ...] = (LINEARIZABLE,)
    """The promises the history is judged against (``checker/consistency``)."""
    level: str | None = None
    """The level of isolation that transactions are judged by; None: strict serializability."""
    target: str | None = None
    """The file that defines the system, ``/path/to/mydb.py`` or ``/path/to/mydb.py:NAME``."""
    script: Script | None = None
    """All operations and faults one by one, in place of those that the seed would deal."""

    def stream(self, name: str) -> random.Random:
        """The named random stream of this plan's seed: same seed and name, same numbers."""
        digest = hashlib.sha256(f"{self.seed}/{name}".encode()).digest()
        return random.Random(int.from_bytes(digest[:16], "big"))

    def to_json(self) -> dict[str, Any]:
        """The plan as JSON-ready data; ``from_json`` takes it back."""
        data = asdict(self)
        if self.consistency == (LINEARIZABLE,):
            # As it was before there were others to ask about: the same plan, the same bytes.
            del data["consistency"]
        for member in ("level", "target"):
            if data[member] is None:
                del data[member]
        if self.script is None:
            del data["script"]
        return data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Plan:
        """A plan from ``to_json``'s data; unknown members are refused with a ValueError."""
        known = {f.name for f in fields(cls)}
        if unknown := sorted(set(data) - known):
            raise ValueError(f"this version does not know these members of a plan: {unknown}")
        values: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in data.items()
        }
        if values.get("script") is not None:
            values["script"] = Script.from_json(values["script"])
        return cls(**values)
