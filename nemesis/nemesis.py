"""The nemesis: turns symbolic faults into real ones, and undoes every one of them.

For each fault: wait for its moment if it is an aimed one, ask who leads, resolve the symbol,
write the ledger, act, acknowledge; later write the ledger, undo, and record the effect.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Protocol

from nemesis.aim import AIMS, nodes_aimed_at, split_target
from nemesis.clock import Clocks
from nemesis.cluster import Cluster
from nemesis.disk import Disks
from nemesis.fault import Effect, Fault, SymbolicFault
from nemesis.ledger import Ledger
from nemesis.membership import Membership
from nemesis.moments import Moment, Moments
from nemesis.packets import Packets
from nemesis.partition import LEADER_PATIENCE_S, Partition
from nemesis.process import ProcessFaults
from nemesis.victim import CannotHurt


class Doer(Protocol):
    """Does and undoes the faults of one kind."""

    def resolve(self, target: str, choice: float, leader: str | None) -> dict[str, Any]:
        """What the symbol means now, JSON-ready; ``nodes`` are those it is about."""

    def resolve_at(self, nodes: list[str], manner: str, choice: float) -> dict[str, Any]:
        """The same for nodes that are known, in a manner that the kind understands."""

    async def inject(self, fault: Fault) -> None:
        """Put it in force, as resolved."""

    async def heal(self, fault: Fault) -> None:
        """Undo it, also when ``inject`` failed half-way, and fill in its effect."""


class Nemesis:
    """Injects and heals. ``now`` gives nanoseconds of the run's clock.

    ``moments`` are there on a host that sees inside its nodes; aimed faults need them.
    ``faults`` grows as the run goes on and is what the report shows.
    """

    def __init__(
        self,
        cluster: Cluster,
        ledger: Ledger,
        now: Callable[[], int],
        moments: Moments | None = None,
    ) -> None:
        self.faults: list[Fault] = []
        self._cluster = cluster
        self._ledger = ledger
        self._now = now
        self._moments = moments
        self._processes = ProcessFaults(cluster)
        self._doers: Mapping[str, Doer] = {
            "partition": Partition(cluster),
            "kill": self._processes,
            "pause": self._processes,
            "power-loss": self._processes,
            "packets": Packets(cluster),
            "clock": Clocks(cluster),
            "disk": Disks(cluster, self._processes),
            "membership": Membership(cluster, self._processes),
        }
        self._open: dict[int, Fault] = {}

    async def inject(self, symbolic: SymbolicFault) -> dict[str, Any]:
        """Resolve the symbol, and do it. Returns what it resolved to, for the journal.

        Returns for an aimed fault when its moment has come and it is in force, or when the
        moment did not come in time. Raises whatever the machines raise when control over
        them is lost; the fault then still counts as open, and ``heal`` undoes what was done
        of it.
        """
        told = {"target": symbolic.target, "fault": symbolic.id}
        if symbolic.trigger:
            came = await self._await(symbolic)
            if came is None:
                return told | self._never_came(symbolic)
            fault = self._aimed(symbolic, *came)
        else:
            fault = await self._timed(symbolic)
        self.faults.append(fault)
        self._open[symbolic.id] = fault
        self._ledger.announce(fault)
        await self._doers[symbolic.kind].inject(fault)
        fault.acknowledged_ns = self._now()
        self._ledger.acknowledged(fault)
        return fault.resolved | told

    async def _timed(self, symbolic: SymbolicFault) -> Fault:
        # Only a fault aimed at the leader is worth waiting for an election.
        patience = LEADER_PATIENCE_S if symbolic.target == "leader" else 0.0
        leader, term = await self._cluster.leader(patience)
        doer = self._doers[symbolic.kind]
        resolved = doer.resolve(symbolic.target, symbolic.choice, leader)
        effect = Effect(leader_before=leader, term_before=term)
        return Fault(symbolic, resolved, self._now(), effect=effect)

    # Aimed faults: asking the nodes who leads would take time in which the moment passes.

    async def _await(self, symbolic: SymbolicFault) -> tuple[Moment, int] | None:
        """The moment and when it came, ``delay_ns`` after it; None when it did not in time."""
        if self._moments is None:
            raise CannotHurt(
                f"a fault that waits for {symbolic.trigger!r} needs a host that sees inside its "
                "nodes: take --host simulated or --strategy random"
            )
        patience_ns = symbolic.end_ns - symbolic.start_ns
        coming = self._moments.when(symbolic.trigger)
        try:
            async with asyncio.timeout(patience_ns / 1e9):
                moment = await coming
        except TimeoutError:
            return None
        came_ns = self._now()
        if symbolic.delay_ns:
            await asyncio.sleep(symbolic.delay_ns / 1e9)
        return moment, came_ns

    def _aimed(self, symbolic: SymbolicFault, moment: Moment, came_ns: int) -> Fault:
        assert self._moments is not None
        doer, choice = self._doers[symbolic.kind], symbolic.choice
        manner, aim = split_target(symbolic.target)
        if aim in AIMS:
            nodes = list(self._cluster.nodes)
            hit = nodes_aimed_at(aim, moment, self._moments, nodes, choice)
            resolved = doer.resolve_at(hit, manner, choice)
        else:
            resolved = doer.resolve(aim, choice, self._moments.leader)
        effect = Effect(leader_before=self._moments.leader, term_before=self._moments.term)
        return Fault(symbolic, resolved, self._now(), effect=effect, moment_ns=came_ns)

    def _never_came(self, symbolic: SymbolicFault) -> dict[str, Any]:
        """Record an aimed fault that had no occasion: nothing was done, and that is said."""
        now_ns = self._now()
        fault = Fault(symbolic, {"nodes": [], "came": False}, now_ns, now_ns, now_ns, now_ns)
        self.faults.append(fault)
        self._ledger.announce(fault)
        self._ledger.acknowledged(fault)
        self._ledger.healing(fault)
        self._ledger.healed(fault)
        return dict(fault.resolved)

    async def heal(self, symbolic: SymbolicFault) -> dict[str, Any]:
        """Undo a fault (nothing, if it is not open). Returns its effect, for the journal."""
        fault = self._open.get(symbolic.id)
        if fault is None:
            return {"fault": symbolic.id}
        # Asked before healing: what the fault led to, not what healing leads to.
        effect = fault.effect
        if symbolic.trigger and self._moments is not None:
            effect.leader_after, effect.term_after = self._moments.leader, self._moments.term
        else:
            effect.leader_after, effect.term_after = await self._cluster.leader()
        fault.heal_started_ns = self._now()
        self._ledger.healing(fault)
        await self._doers[symbolic.kind].heal(fault)
        fault.healed_ns = self._now()
        del self._open[symbolic.id]
        self._ledger.healed(fault)
        return {"fault": symbolic.id, "effect": asdict(effect)}

    async def heal_all(self) -> list[Exception]:
        """Undo all that is open, going on past failures, which are returned."""
        failures: list[Exception] = []
        for fault in list(self._open.values()):
            try:
                await self.heal(fault.symbolic)
            except Exception as error:
                fault.error = str(error)
                failures.append(error)
        return failures

    @property
    def found_dead(self) -> set[str]:
        """Nodes a fault found dead though no fault had killed them: they ended by themselves."""
        return self._processes.found_dead
