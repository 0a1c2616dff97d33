"""The configuration service: a Raft of our own, co-located, with one register in it.

Each node runs a member of an ordinary Raft (``targets.nodes.raft``, as it is) beside its own
part, over the same connections and in the same log file, and is that Raft's client. The register
holds the present configuration; whoever wants another one asks for a compare-and-set against it.
So of two that want to follow the same configuration one does, whatever they have heard of each
other (PacificA, section 3.2: "the configuration manager grants the first request with the right
version"). A primary asks for the register's value over and over, a linearizable read: each
answer that still names it is a lease, counted from when the question left (PacificA, section
3.1; there the backups grant it). One that is cut off from the service stops to serve.

Why in the same processes: a service on nodes of its own would want three more machines and a
deployment with two kinds of nodes. Nothing is gained by that here: the service never needs the
data, and a node that lost its member of the service could not take part in a new configuration
anyway. Kafka's KRaft in combined mode does the same. What it costs is that a fault of a node
hits both of its roles at once, and that is told in ARCHITECTURE.md.
"""

from __future__ import annotations

from typing import Any

from targets.nodes.command import Answer
from targets.nodes.effects import Fsync, Note, Replace, Reply, Requested, Send, SetTimer, Write
from targets.nodes.primary_backup.base import (
    OF_SERVICE,
    Base,
    Proposal,
    service_record,
)
from targets.nodes.primary_backup.configuration import Configuration
from targets.nodes.primary_backup.messages import OfService
from targets.nodes.state_machine import StateMachine

REGISTER = "configuration"
RESEND_BEATS = 6
"""Heartbeats after which a proposal, or a question, that nobody has answered is sent again."""


class Service(Base):
    """How a node consults the service, and carries out the effects of its own member of it."""

    def _consult(self) -> None:
        """Let our member of the service take what has come for it, and learn from that."""
        has_synced = False
        while self._for_service:
            events, self._for_service = self._for_service, []
            has_synced = self._carry_out_for_service(self.service.step(events), has_synced)
        self._learn()

    def _carry_out_for_service(self, effects: list[Any], has_synced: bool) -> bool:
        for effect in effects:
            match effect:
                case Send(peer, message):
                    # What follows a sync waits for it, in a later batch of this step as well.
                    send = self._send if has_synced else self._send_early
                    send(peer, OfService(message))
                case Reply(origin, body):
                    self._on_service_answer(origin, body)
                case SetTimer(name, delay_s):
                    self._set_timer(OF_SERVICE + name, delay_s)
                case Write(records):
                    self._service_records = [*self._service_records, *records]
                    self._records += map(service_record, records)
                case Replace(records):
                    self._service_records = list(records)
                    self._must_replace = True
                case Fsync(index, term):
                    self._service_sync = index, term
                    self._must_sync = has_synced = True
                case Note(text):
                    self._late.append(Note(f"configuration service, {text}"))
        return has_synced

    def _learn(self) -> None:
        """Adopt what our member of the service has applied: it is decided, if perhaps old."""
        machine = self.service.machine
        assert isinstance(machine, StateMachine)
        register = machine.registers.get(REGISTER)
        if register is not None and register is not self._register:
            self._register = register
            self._adopt(Configuration.from_plain(register))

    # Questions and proposals.

    def _ask_service(self, origin: Any, request: dict[str, Any]) -> None:
        self._for_service.append(Requested(origin, {"key": REGISTER, **request}))

    def _poll(self) -> None:
        if 0 < self._poll_is_out_for < RESEND_BEATS:
            self._poll_is_out_for += 1
            return
        self._poll_is_out_for = 1
        self._ask_service(("poll", self.clock()), {"f": "read"})

    def _propose(self, configuration: Configuration) -> None:
        """One at a time: while one is out, its request is only sent again, as the same."""
        proposal = self._proposal
        if proposal is not None:
            proposal.beats += 1
            if proposal.beats < RESEND_BEATS:
                return
            proposal.beats = 0
        else:
            self._note(f"proposes {configuration}")
            self._proposals += 1
            now_s = self.clock()
            proposal = Proposal(self._proposals, self.configuration, configuration, now_s)
            self._proposal = proposal
            # Until another epoch is known they may be backups already, and must have everything.
            self.pledged |= set(configuration.backups)
        request = {
            "f": "cas",
            "value": [proposal.before.plain(), proposal.after.plain()],
            "session": f"{self.node}/{self.incarnation}",
            "seq": proposal.seq,
        }
        self._ask_service(("proposal", proposal.seq), request)

    def _on_service_answer(self, origin: Any, body: Answer) -> None:
        what, which = origin
        if what == "poll":
            self._poll_is_out_for = 0
            if body["ok"] and body["value"] is not None:
                self._confirm(Configuration.from_plain(body["value"]), which)
            return
        proposal = self._proposal
        if proposal is None or proposal.seq != which:
            return
        self._proposal = None
        if body["ok"]:
            self._confirm(proposal.after, proposal.asked_at_s)
        elif body["error"] == "mismatch" and body["value"] is not None:
            self._adopt(Configuration.from_plain(body["value"]))

    def _confirm(self, configuration: Configuration, asked_at_s: float) -> None:
        """The service holds ``configuration``, and did not hold a later one at ``asked_at_s``."""
        self._adopt(configuration)
        if self.is_primary and configuration == self.configuration:
            lease_s = self.options.lease_s * (1 - self.options.clock_drift_max)
            self._lease_until_s = max(self._lease_until_s, asked_at_s + lease_s)

    def _holds_lease(self) -> bool:
        return self.is_primary and self.clock() < self._lease_until_s

    def _serves(self) -> bool:
        """Whether we may take requests: our own lease holds, and our predecessor's is over."""
        return self._holds_lease() and self.clock() >= self._serves_from_s
