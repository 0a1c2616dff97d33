from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from splitbrain import deployment
from splitbrain.deployment import BugTally, Deployment
from splitbrain.plan import Plan
from splitbrain.silence import Silence
from targets.hosts.external import ExternalHost
from targets.target import NodeFailed, RunIdentity


def test_the_highest_count_a_node_ever_told_is_taken() -> None:
    tally = BugTally()
    for count in (3, 1000, 990, 1010):
        tally.note("n1", {"bugs": {"raft.x": count}})
    tally.note("n2", {"bugs": {"raft.x": 4}})
    assert tally.totals() == {"raft.x": 1010 + 4}


def test_a_node_without_bugs_counts_nothing() -> None:
    tally = BugTally()
    tally.note("n1", {"role": "leader"})
    assert tally.totals() == {}


class Answering:
    """A system whose nodes answer as they are told to, by host; what is started is an error."""

    name = "raft"
    client_port = 7000
    has_leader = True

    def __init__(self, answers: dict[str, dict[str, Any] | None]) -> None:
        self.answers = answers
        self.waits: list[float] = []
        self.away_s = 0.0

    async def status(
        self, endpoint: tuple[str, int], timeout_s: float, tls: Any = None
    ) -> dict[str, Any] | None:
        self.waits.append(timeout_s)
        await asyncio.sleep(self.away_s)
        return self.answers[endpoint[0]]


def started(answers: dict[str, dict[str, Any] | None], system: Any = None) -> Deployment:
    """A deployment of a cluster that runs already."""
    system = system or Answering(answers)
    plan = Plan("raft", "ssh", "register", nodes=2, endpoints=("h1", "h2"), faults=())
    host = ExternalHost([("h1", 7000), ("h2", 7000)])
    made = Deployment(plan, system, host)
    asyncio.run(made.start(RunIdentity("r", Path(), 1, 1, "")))
    return made


def test_a_cluster_that_runs_already_is_only_asked_whatever_it_calls_its_nodes() -> None:
    leader = {"node": "alpha", "role": "leader", "term": 3, "leader": "alpha"}
    made = started({"h1": {"role": "follower", "term": 3, "leader": "alpha"}, "h2": leader})
    assert made.exists_already and made.endpoint("n2") == ("h2", 7000)
    assert asyncio.run(made.dead()) == [] and asyncio.run(made.logs()) == {}
    assert asyncio.run(made.cluster().leader()) == ("n2", 3)


def test_a_cluster_in_which_nobody_leads_is_there_when_all_answer() -> None:
    member = {"role": "member", "term": 0, "leader": None}
    equals = Answering({"h1": member, "h2": member})
    equals.has_leader = False
    made = started(equals.answers, equals)
    assert asyncio.run(made.cluster().leader()) == (None, 0)


def test_a_cluster_far_away_is_given_time_as_its_first_answers_take() -> None:
    answers = {"h1": {"role": "leader", "term": 1}, "h2": {"role": "follower", "term": 1}}
    far = Answering(answers)
    far.away_s = 0.2
    asyncio.run(started(answers, far).status("n1"))
    assert far.waits[0] == deployment.FAR_STATUS_TIMEOUT_S
    assert deployment.STATUS_TIMEOUT_S < far.waits[-1] <= deployment.FAR_STATUS_TIMEOUT_S


def test_endpoints_that_are_silent_or_have_no_leader_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deployment, "ANSWER_TIMEOUT_S", 0.0)

    async def why(place: tuple[str, int], tls: object, system: str) -> Silence:
        return Silence(f"{place[0]} does not speak {system}")

    monkeypatch.setattr(deployment, "why_silent", why)
    with pytest.raises(NodeFailed, match=r"of raft from h2: h2 does not speak raft\.$"):
        started({"h1": {"role": "leader", "term": 1}, "h2": None})
    with pytest.raises(NodeFailed, match="none of them leads: raft has no quorum there"):
        started({"h1": {"role": "follower"}, "h2": {"role": "candidate"}})


def test_what_waiting_cannot_change_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deployment, "ANSWER_TIMEOUT_S", 3600.0)

    async def why(place: tuple[str, int], tls: object, system: str) -> Silence:
        return Silence("its certificate is not accepted (certificate has expired)", lasts=True)

    monkeypatch.setattr(deployment, "why_silent", why)
    with pytest.raises(NodeFailed, match=r"from h2: its certificate .* expired\)\.$"):
        started({"h1": {"role": "leader", "term": 1}, "h2": None})
