"""The nemesis: turns symbolic faults into real ones, and undoes every one of them.

For each fault: ask who leads, resolve the symbol, write the ledger, act, acknowledge;
later write the ledger, undo, and record the effect.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from nemesis.cluster import Cluster
from nemesis.fault import Effect, Fault, SymbolicFault
from nemesis.ledger import Ledger
from nemesis.partition import LEADER_PATIENCE_S, Partition
from nemesis.process import ProcessFaults, choose


class Nemesis:
    """Injects and heals. ``now`` gives nanoseconds of the run's clock.

    ``faults`` grows as the run goes on and is what the report shows.
    """

    def __init__(self, cluster: Cluster, ledger: Ledger, now: Callable[[], int]) -> None:
        self.faults: list[Fault] = []
        self._cluster = cluster
        self._ledger = ledger
        self._now = now
        self._partition = Partition(cluster)
        self._processes = ProcessFaults(cluster)
        self._open: dict[int, Fault] = {}

    async def inject(self, symbolic: SymbolicFault) -> dict[str, Any]:
        """Resolve the symbol, and do it. Returns what it resolved to, for the journal.

        Raises whatever the machines raise when control over them is lost; the fault
        then still counts as open, and ``heal`` undoes what was done of it.
        """
        # Only a fault aimed at the leader is worth waiting for an election.
        patience = LEADER_PATIENCE_S if symbolic.target == "leader" else 0.0
        leader, term = await self._cluster.leader(patience)
        if symbolic.kind == "partition":
            resolved = self._partition.resolve(symbolic.target, symbolic.choice, leader)
        else:
            nodes = list(self._cluster.nodes)
            resolved = choose(nodes, symbolic.target, symbolic.choice, leader)
        fault = Fault(
            symbolic,
            resolved,
            self._now(),
            effect=Effect(leader_before=leader, term_before=term),
        )
        self.faults.append(fault)
        self._open[symbolic.id] = fault
        self._ledger.announce(fault)
        await self._doer(symbolic.kind).inject(fault)
        fault.acknowledged_ns = self._now()
        self._ledger.acknowledged(fault)
        return resolved | {"target": symbolic.target, "fault": symbolic.id}

    async def heal(self, symbolic: SymbolicFault) -> dict[str, Any]:
        """Undo a fault (nothing, if it is not open). Returns its effect, for the journal."""
        fault = self._open.get(symbolic.id)
        if fault is None:
            return {"fault": symbolic.id}
        # Asked before healing: what the fault led to, not what healing leads to.
        fault.effect.leader_after, fault.effect.term_after = await self._cluster.leader()
        fault.heal_started_ns = self._now()
        self._ledger.healing(fault)
        await self._doer(symbolic.kind).heal(fault)
        fault.healed_ns = self._now()
        del self._open[symbolic.id]
        self._ledger.healed(fault)
        return {"fault": symbolic.id, "effect": asdict(fault.effect)}

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

    def _doer(self, kind: str) -> Partition | ProcessFaults:
        return self._partition if kind == "partition" else self._processes
