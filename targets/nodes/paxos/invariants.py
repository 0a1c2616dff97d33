"""What must hold in every cluster of correct nodes, for tests and simulations to assert.

    agreement    at most one decree is chosen for a slot ("Paxos Made Simple", section 2)
    one a ballot a ballot proposes at most one decree for a slot ("Part-Time Parliament", B1, 2.1)
    order        every node applies the slots one after the other, without a gap
    state        nodes that have applied as much are in the same state

Clients see none of this; a scorecard counts only what they see.
"""

from __future__ import annotations

from targets.nodes.frames import encode_json
from targets.nodes.paxos.ballot import Ballot
from targets.nodes.paxos.core import Paxos

RECENT_SLOTS = 64
"""How far back proposals are compared: older ones were, when they were recent."""


class Invariants:
    """Watches the cores of one cluster; an AssertionError names what was broken."""

    def __init__(self) -> None:
        self.chosen: dict[int, bytes] = {}
        self._proposed: dict[tuple[int, Ballot], bytes] = {}
        self._states: dict[int, tuple[str, bytes]] = {}
        self._snapshots: dict[int, str] = {}
        self._seen: dict[tuple[str, int], int] = {}

    def observe(self, core: Paxos) -> None:
        """Call after each step of each core."""
        life = core.node, core.incarnation
        seen = self._seen.get(life, 0)
        assert core.chosen >= seen, f"order: {core.node} goes back from {seen} to {core.chosen}"
        for slot in range(max(seen, core.snapshot_slot) + 1, core.chosen + 1):
            assert slot in core.decided, f"order: {core.node} skips slot {slot}"
        self._seen[life] = core.chosen
        if core.decided:
            for slot in range(max(seen, core.snapshot_slot) + 1, max(core.decided) + 1):
                if slot in core.decided:
                    self._decided(core, slot)
        for slot in range(max(core.chosen, core.last_slot - RECENT_SLOTS) + 1, core.last_slot + 1):
            if (pvalue := core.accepted.get(slot)) is not None:
                encoded = self._proposed.setdefault((slot, pvalue.ballot), pvalue.decree.encoded)
                assert encoded == pvalue.decree.encoded, (
                    f"one a ballot: {pvalue.ballot} proposes {encoded!r} and "
                    f"{pvalue.decree.encoded!r} for slot {slot}"
                )

        if core.snapshot is not None:
            text = self._snapshots.setdefault(core.snapshot.slot, core.snapshot.text)
            assert text == core.snapshot.text, (
                f"state: {core.node} has another state than somebody else after slot "
                f"{core.snapshot.slot}"
            )

    def _decided(self, core: Paxos, slot: int) -> None:
        encoded = core.decided[slot].encoded
        known = self.chosen.setdefault(slot, encoded)
        assert known == encoded, (
            f"agreement: slot {slot} holds {known!r}, {core.node} has {encoded!r}"
        )

    def observe_state(self, core: Paxos) -> None:
        """Compare the whole state with that of others as far; costly, so call it rarely."""
        state = encode_json(core.machine.dump())
        node, known = self._states.setdefault(core.chosen, (core.node, state))
        assert known == state, (
            f"state: {node} and {core.node} differ though both have applied {core.chosen} slots"
        )
