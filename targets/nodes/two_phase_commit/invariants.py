"""What must hold in every cluster of correct nodes, for tests and simulations to assert.

    AC1  no two nodes decide a transaction differently     } atomic commitment: Bernstein,
    AC2  a decision, once reached, is not taken back       } Hadzilacos and Goodman, 1987,
    AC3  commit only where every writer has voted yes      } section 7.3
    locks  no two that conflict are held; whoever waits is older than all it waits for

Clients see none of this; a scorecard counts only what they see.
"""

from __future__ import annotations

from itertools import combinations

from targets.nodes.two_phase_commit.base import ABORTED, COMMITTED
from targets.nodes.two_phase_commit.core import TwoPhaseCommit


class Invariants:
    """Watches the cores of one cluster; an AssertionError names what was broken."""

    def __init__(self) -> None:
        self.decided: dict[str, tuple[str, str]] = {}
        """How each transaction that wrote ended, and where that was seen first."""
        self._seen: dict[tuple[str, int], str] = {}

    def observe(self, core: TwoPhaseCommit) -> None:
        """Call after each step of each core."""
        life = core.node, core.incarnation
        last = self._seen.get(life)
        for transaction in reversed(core.finished):
            if transaction == last:
                break
            if core.finished[transaction] in (COMMITTED, ABORTED):
                self._note(transaction, core.finished[transaction], core.node)
            self._seen[life] = next(reversed(core.finished))
        for transaction, decided in core.decided.items():
            self._note(transaction, COMMITTED, f"{core.node}, who coordinates it")
            for writer in decided.waits_for & {core.node}:
                ends = core.finished.get(transaction, COMMITTED)
                assert ends == COMMITTED, f"AC3: {writer} never voted yes on {transaction}"
        self._observe_locks(core)

    def _note(self, transaction: str, how: str, where: str) -> None:
        known, first = self.decided.setdefault(transaction, (how, where))
        assert known == how, f"AC1: {transaction} {known} at {first}, {how} at {where}"

    @staticmethod
    def _observe_locks(core: TwoPhaseCommit) -> None:
        for item in core.locks.items():
            holders, waiters = core.locks.holders(item), core.locks.waiters(item)
            for one, other in combinations(holders, 2):
                assert not one.conflicts(other), f"locks: {one} and {other} both hold {item}"
            for place, waiter in enumerate(waiters):
                for ahead in (*holders, *waiters[:place]):
                    assert not waiter.conflicts(ahead) or waiter.age < ahead.age, (
                        f"locks: {waiter} waits for {ahead}, which is older, on {item}"
                    )
            for claim in (*holders, *waiters):
                assert claim.transaction in core.work, f"locks: {claim} outlives its transaction"
