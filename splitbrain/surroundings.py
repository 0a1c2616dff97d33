"""What a run takes from the world around it: a real one, or a simulated one.

In a simulated world nothing differs from one run of a plan to the next, neither the names in
the journal nor its times, so that the same seed gives the same bytes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from nemesis.ledger import Ledger
from splitbrain import run_files
from splitbrain.drivers import LoopClock
from splitbrain.plan import Plan
from splitbrain.simulation import LooseLedger, VirtualLoopClock
from targets.hosts.owner import current_owner
from targets.hosts.simulated.loop import VirtualLoop
from targets.target import RunIdentity

VIRTUAL_START = "2000-01-01T00:00:00+00:00"
"""When every simulated run begins."""


class RunClock(Protocol):
    """The one clock of a run."""

    def now_ns(self) -> int:
        """Nanoseconds since the run began."""

    def call_at(self, at_ns: int, action: Callable[[], None]) -> None:
        """Call ``action`` at ``at_ns`` or soon after."""

    def close(self) -> None:
        """Forget all calls."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """``run`` is the run's name in journal and sessions, ``started`` when it began (RFC 3339).

    ``virtual``: time passes only in the program's mind; nothing is ever late, and nothing
    needs to outlive a crash.
    """

    run: str
    started: str
    identity: RunIdentity
    ledger: Ledger
    make_clock: Callable[[], RunClock]
    virtual: bool


def surroundings(plan: Plan, folder: Path, started: str) -> Surroundings:
    """Those of the running event loop."""
    loop = asyncio.get_running_loop()
    path = folder / run_files.LEDGER
    if isinstance(loop, VirtualLoop):
        run = f"{plan.system}-{plan.workload}-{plan.seed}"
        return Surroundings(
            run,
            VIRTUAL_START,
            RunIdentity(run, folder, 0, 0, ""),
            LooseLedger(path),
            lambda: VirtualLoopClock(loop),
            virtual=True,
        )
    owner = current_owner()
    named = {"pid": owner.pid, "started": owner.started, "boot": owner.boot}
    return Surroundings(
        folder.name,
        started,
        RunIdentity(folder.name, folder, owner.pid, owner.started, owner.boot),
        Ledger(path, named),
        LoopClock,
        virtual=False,
    )
