"""A cluster of primary-backup cores in virtual time, on the network, disks and clocks of the
Paxos simulation. The invariants are checked after every step, so a test that only lets time pass
already asserts them.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

from paxos_simulation import Cluster as Simulation
from paxos_simulation import Node, Pending

from targets.nodes.effects import Event, Started
from targets.nodes.primary_backup.core import PrimaryBackup
from targets.nodes.primary_backup.invariants import Invariants
from targets.nodes.primary_backup.messages import decode, encode
from targets.nodes.primary_backup.options import Options
from targets.nodes.primary_backup.recovery import recover

__all__ = ["Cluster", "Pending"]


class Cluster(Simulation):
    """``core`` may be a mutated one; with ``check=False`` its crimes are not raised here."""

    codec = staticmethod(encode), staticmethod(decode)

    def __init__(
        self,
        seed: int,
        size: int = 5,
        *,
        core: type[PrimaryBackup] = PrimaryBackup,
        options: Iterable[str] = (),
        **how: Any,
    ) -> None:
        self._kind = core
        self._settings = Options.from_texts(options)
        self.watch = Invariants()
        super().__init__(seed, size, **how)

    def start(self, name: str) -> None:
        node = self.nodes[name]
        assert node.core is None
        node.incarnation += 1
        node.disk.synced = len(node.disk.records)
        core = self._kind(
            name,
            self.names,
            recovered=recover(node.disk.records),
            rng=random.Random(self.rng.random()),
            # Lives are told apart over the whole cluster, as random ones are.
            incarnation=node.incarnation * 100 + self.names.index(name),
            options=self._settings,
        )
        core.reached = node.reached
        began, rate = self.now, node.clock_rate
        core.clock = lambda: (self.now - began) * rate
        node.core = core  # type: ignore[assignment]
        node.timers = {}
        node.held = None
        self._step(name, [Started()])

    def core(self, name: str) -> PrimaryBackup:
        core: Any = self.nodes[name].core
        assert core is not None, f"{name} is dead"
        return core

    def cores(self) -> list[PrimaryBackup]:
        return [self.core(name) for name in self.alive()]

    def _step(self, name: str, events: list[Event]) -> None:
        node: Node = self.nodes[name]
        if node.held is not None:
            node.held += events
            return
        while events and node.core is not None:
            events = self._carry_out(node, self.core(name).step(events))
            if node.core is not None and self.checks:
                self.watch.observe(self.core(name), self.cores())

    # What stories ask.

    def primaries(self) -> list[str]:
        """Those that act as primary, whoever of them is deposed without knowing it."""
        return [name for name in self.alive() if self.core(name).is_primary]

    def primary(self) -> str:
        """The one that serves; runs until there is one."""
        found: list[str] = []

        def serves() -> bool:
            found[:] = [n for n in self.primaries() if self.core(n)._serves()]
            return bool(found)

        assert self.run_until(serves, 20.0), "no primary within 20 s"
        return max(found, key=lambda name: self.core(name).configuration.epoch)

    def settled(self) -> str:
        """The primary, once all who live are its backups and are up to date."""

        def is_settled() -> bool:
            names = [n for n in self.primaries() if self.core(n)._serves()]
            if not names:
                return False
            own = max((self.core(n).configuration for n in names), key=lambda c: c.epoch)
            primary = self.core(own.primary)
            return (
                set(own.members) == set(self.alive())
                and all(core.configuration == own for core in self.cores())
                and primary.commit_index >= primary.first_own_index
                and all(core.log.last_index == primary.log.last_index for core in self.cores())
            )

        assert self.run_until(is_settled, 30.0), "the cluster does not settle within 30 s"
        return self.primary()

    def others(self, *names: str) -> list[str]:
        return [name for name in self.names if name not in names]

    def add(self, node: str, value: int, key: str = "x") -> Pending:
        session = f"s{len(self.pending)}"
        return self.ask(node, "set.add", key=key, value=value, session=session, seq=1)

    def added(self, node: str, *values: int) -> None:
        for value in values:
            pending = self.add(node, value)
            assert self.run_until(lambda p=pending: p.answer is not None, 3.0)  # type: ignore[misc]
            assert pending.ok, pending.answer

    def seen(self, node: str, key: str = "x") -> list[int] | None:
        """What a read of the set says; None when it was refused or went unanswered."""
        read = self.ask_and_wait(node, "set.read", key=key)
        return list(read.value) if read.ok else None
