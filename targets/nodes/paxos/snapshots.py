"""Snapshots: a state in the place of the slots that led to it ("Paxos Made Live", section 5.5).

Every ``snapshot-slots`` slots a node puts its state machine, sessions included, at the head
of a new log file and forgets the slots it covers; its promise and what it accepted beyond
them go into the same file. A learner that asks for a slot that is covered fetches the
snapshot piece by piece, and goes on with the slots after it.
"""

from __future__ import annotations

import json

from targets.nodes.frames import encode_json
from targets.nodes.paxos.base import LEARN, Base, Recovered, Snapshot, chosen_record, learnt_record
from targets.nodes.paxos.messages import Fetch, Learn, Part


class Snapshots(Base):
    """How a node forgets what it has applied, and catches up with one that has."""

    def _restore(self, recovered: Recovered) -> None:
        if recovered.snapshot is not None:
            self.machine.restore(json.loads(recovered.snapshot.text))
            self.chosen = recovered.snapshot.slot
        while self.chosen < recovered.chosen:
            self.chosen += 1
            command = self.decided[self.chosen].command
            if command is not None:
                self.machine.apply(command)

    @property
    def snapshot_slot(self) -> int:
        """The last slot that the snapshot covers; 0 without one."""
        return 0 if self.snapshot is None else self.snapshot.slot

    def _compact(self) -> None:
        text = encode_json(self.machine.dump()).decode()
        self._keep_snapshot(Snapshot(self.chosen, text))

    def _keep_snapshot(self, snapshot: Snapshot) -> None:
        """Forget what ``snapshot`` covers, in memory now and on the disk with this step."""
        self.snapshot = snapshot
        self.accepted = {s: p for s, p in self.accepted.items() if s > snapshot.slot}
        self.decided = {s: d for s, d in self.decided.items() if s > snapshot.slot}
        self._must_replace = True

    def _all_records(self) -> list[bytes]:
        records = []
        if self.snapshot is not None:
            state = self.snapshot.text.encode()
            records.append(b'{"snapshot":%d,"state":%b}' % (self.snapshot.slot, state))
        records.append(encode_json({"promised": self.promised}))
        records += [pvalue.encoded for pvalue in self.accepted.values()]
        for slot, decree in self.decided.items():
            accepted = self.accepted.get(slot)
            if accepted is None or accepted.decree.encoded != decree.encoded:
                records.append(learnt_record(slot, decree))
        self._chosen_on_disk = self.chosen
        return [*records, chosen_record(self.chosen)]

    # To and from other nodes.

    def _send_part(self, peer: str, offset: int) -> None:
        assert self.snapshot is not None
        text = self.snapshot.text
        piece = text[offset : offset + self.options.snapshot_part_chars]
        self._send(peer, Part(self.snapshot.slot, offset, len(text), piece))

    def _on_fetch(self, peer: str, fetch: Fetch) -> None:
        if self.snapshot is not None:
            # A newer snapshot has taken the place of the one asked for: from its beginning.
            self._send_part(peer, fetch.offset if fetch.slot == self.snapshot.slot else 0)

    def _on_part(self, peer: str, part: Part) -> None:
        if part.slot <= self.chosen:
            self._pieces = None
            return
        if part.offset == 0:
            self._pieces = peer, part.slot, []
        if self._pieces is None or self._pieces[:2] != (peer, part.slot):
            return
        pieces = self._pieces[2]
        so_far = sum(map(len, pieces))
        if part.offset != so_far:
            return
        pieces.append(part.text)
        if so_far + len(part.text) < part.size:
            self._is_learning = False
            self._ask_to_learn(peer)
        else:
            self._pieces = None
            self._is_learning = False
            self._install(Snapshot(part.slot, "".join(pieces)))

    def _install(self, snapshot: Snapshot) -> None:
        """Take over another node's state: it has applied what we never learnt."""
        self._note(f"takes over a snapshot of slot {snapshot.slot}, was at {self.chosen}")
        self.machine = self._make_machine()
        self.machine.restore(json.loads(snapshot.text))
        self.chosen = snapshot.slot
        self.last_slot = max(self.last_slot, snapshot.slot)
        self.acceptances = {s: a for s, a in self.acceptances.items() if s > snapshot.slot}
        self._keep_snapshot(snapshot)
        self._apply_chosen()

    def _ask_to_learn(self, peer: str) -> None:
        if self._is_learning:
            return
        self._is_learning = True
        # The answer may be lost: whoever tells us next how far things are is asked again.
        self._set_timer(LEARN, 2 * self.options.heartbeat_s)
        if self._pieces is not None and self._pieces[0] == peer:
            _, slot, pieces = self._pieces
            self._send(peer, Fetch(slot, sum(map(len, pieces))))
        else:
            self._pieces = None
            self._send(peer, Learn(self.chosen + 1))

    def _on_learn_timer(self) -> None:
        self._is_learning = False
