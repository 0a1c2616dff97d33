"""The clients' counterpart: requests in, each transaction once, answers out.

A client keeps to one node, which coordinates all its transactions; so the session table
(``targets.nodes.sessions``) can be that node's own. What has committed is in it, answer
included, as soon as the decision is in the log, and again after a start. What was aborted is
only remembered in memory: after a crash there is nothing left of it that could commit.

    error               means                                    did it happen?
    aborted             conflicts, a vote against, silence       no, and it never will
    refused             a step that cannot be done               no
    shard-unreachable   a node that holds a key is away          no
    busy, bad-request   not begun                                no
    stale-session, session-expired: see targets.nodes.sessions   no
"""

from __future__ import annotations

from typing import Any

from targets.nodes.command import Answer, BadRequest, refusal
from targets.nodes.two_phase_commit.base import Base
from targets.nodes.two_phase_commit.request import Request
from targets.nodes.two_phase_commit.work import Asked


class Clients(Base):
    """How transactions of clients come to run, and how their answers leave."""

    def status(self) -> dict[str, Any]:
        """The status answer (no promise is implied: it may be old when it arrives)."""
        return {
            "node": self.node,
            "role": "member",
            "term": 0,
            "leader": None,
            "commit_index": self.sessions.time,
            "applied_index": self.sessions.time,
            "last_index": self._number,
            "in_doubt": sum(work.stage == "prepared" for work in self.work.values()),
            "bugs": dict(self.reached),
        }

    def _on_request(self, origin: Any, request: Any) -> None:
        if isinstance(request, dict) and request.get("f") == "status":
            self._answer(origin, {"ok": True, "value": self.status()})
            return
        try:
            asked = Asked(Request.from_json(request, self.options.steps_max), [origin])
        except BadRequest as error:
            self._answer(origin, refusal("bad-request", definite=True, detail=str(error)))
            return
        self._take(asked)

    def _take(self, asked: Asked) -> None:
        """Run it, unless it is done already, or under way."""
        request = asked.request
        if request.writes:
            if (settled := self._settled(request)) is not None:
                self._answer(asked.origins[0], settled)
                return
            if (present := self.open.get(_name(request))) is not None:
                present.origins += asked.origins
                return
        if len(self.running) + len(self.restarting) >= self.options.running_max:
            detail = f"{len(self.running) + len(self.restarting)} transactions run here"
            self._answer(asked.origins[0], refusal("busy", definite=True, detail=detail))
            return
        if request.writes:
            self.open[_name(request)] = asked
        self._begin(asked)

    def _settled(self, request: Request) -> Answer | None:
        """What is already known about it: its answer, or why it is not run."""
        assert request.session is not None and request.seq is not None
        last = self.sessions.last(request.session)
        if last is not None and request.seq <= last[0]:
            if request.seq == last[0]:
                answer: Answer = last[1]
                return answer
            detail = f"seq {request.seq} of {request.session}, whose last is {last[0]}"
            return refusal("stale-session", definite=True, detail=detail)
        refused = self.refused.get(request.session)
        if refused is not None and request.seq == refused[0]:
            return refused[1]
        if last is None and self.sessions.may_have_dropped(request.since):
            detail = f"{request.session} is not known any more; say since {self.sessions.time}"
            expired = refusal("session-expired", definite=True, detail=detail)
            return {**expired, "since": self.sessions.time}
        return None

    def _settle(self, asked: Asked, answer: Answer) -> None:
        request = asked.request
        if request.writes:
            self.open.pop(_name(request), None)
            self._remember(request, answer)
        for origin in asked.origins:
            self._answer(origin, answer)

    def _remember(self, request: Request, answer: Answer) -> None:
        assert request.session is not None and request.seq is not None
        if answer["ok"]:
            self.sessions.settle(request.session, request.seq, answer)
            self.refused.pop(request.session, None)
            return
        self.refused.pop(request.session, None)
        self.refused[request.session] = request.seq, answer
        if len(self.refused) > self.options.sessions:
            del self.refused[next(iter(self.refused))]


def _name(request: Request) -> tuple[str, int]:
    assert request.session is not None and request.seq is not None
    return request.session, request.seq
