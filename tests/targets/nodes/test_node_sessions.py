"""The session table in bounded room: Ongaro 2014, section 6.3."""

from __future__ import annotations

from typing import Any

import pytest

from targets.nodes.command import BadRequest, Command
from targets.nodes.sessions import Sessions
from targets.nodes.state_machine import StateMachine


def add(machine: StateMachine, session: str, seq: int, since: int = 0) -> dict[str, Any]:
    return machine.apply(Command("counter.add", "x", 1, session, seq, since))


def test_the_session_least_recently_active_makes_room() -> None:
    machine = StateMachine(sessions_max=2)
    for session, seq in (("a", 1), ("b", 1), ("a", 2), ("c", 1)):
        add(machine, session, seq)
    assert machine.sessions.last("b") is None
    assert machine.sessions.last("a") == (2, {"ok": True, "value": None})


def test_a_late_copy_of_a_dropped_sessions_command_is_refused_and_not_applied_again() -> None:
    machine = StateMachine(sessions_max=1)
    add(machine, "a", 1)
    add(machine, "b", 1)
    refused = add(machine, "a", 1)
    assert (refused["error"], refused["definite"]) == ("session-expired", True)
    assert machine.counters == {"x": 2}
    assert (machine.sessions.time, len(machine.sessions)) == (2, 1)


def test_a_refusal_tells_the_time_and_with_it_the_client_begins_anew() -> None:
    machine = StateMachine(sessions_max=1)
    add(machine, "a", 1)
    add(machine, "b", 1)
    since = add(machine, "c", 1)["since"]
    assert since == 2
    assert add(machine, "c", 2, since)["ok"]
    # The copy that was refused once is refused wherever it comes up again.
    assert add(machine, "c", 1)["error"] == "stale-session"
    add(machine, "d", 1, since)
    assert add(machine, "c", 1)["error"] == "session-expired"
    assert add(machine, "c", 2, since)["error"] == "session-expired"
    assert machine.counters == {"x": 4}


def test_while_nothing_was_dropped_nobody_needs_to_say_since_when() -> None:
    sessions = Sessions(sessions_max=100)
    for number in range(100):
        sessions.settle(f"s{number}", 1, None)
    assert not sessions.may_have_dropped(0)
    sessions.settle("one more", 1, None)
    assert sessions.may_have_dropped(0)
    assert not sessions.may_have_dropped(1)


def test_since_travels_with_the_command_and_costs_nothing_when_it_says_nothing() -> None:
    plain, knowing = (Command("write", "x", 1, "s", 1, since) for since in (0, 9))
    assert plain.fields() == ["write", "x", 1, "s", 1]
    assert Command(*knowing.fields()) == knowing
    request = {"f": "write", "key": "x", "value": 1, "session": "s", "seq": 1}
    assert StateMachine.command({**request, "since": 9}) == knowing
    for since in (-1, True, "1"):
        with pytest.raises(BadRequest, match="since is a number of applied commands"):
            StateMachine.command({**request, "since": since})
