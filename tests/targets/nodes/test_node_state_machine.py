from __future__ import annotations

from typing import Any

import pytest

from targets.nodes.command import BadRequest
from targets.nodes.state_machine import StateMachine


class Session:
    """One client process: each command gets the next sequence number."""

    def __init__(self, machine: StateMachine, name: str = "s") -> None:
        self.machine, self.name, self.seq = machine, name, 0

    def do(self, f: str, key: Any, value: Any) -> dict[str, Any]:
        self.seq += 1
        return self.again(f, key, value)

    def again(self, f: str, key: Any, value: Any) -> dict[str, Any]:
        request = {"f": f, "key": key, "value": value, "session": self.name, "seq": self.seq}
        return self.machine.apply(StateMachine.command(request))


def read(machine: StateMachine, f: str, key: Any = "x") -> Any:
    return machine.read(StateMachine.command({"f": f, "key": key}))["value"]


OK = {"ok": True, "value": None}


def test_what_was_never_written_reads_as_nothing() -> None:
    machine = StateMachine()
    assert read(machine, "read") is None
    assert read(machine, "set.read") == []
    assert read(machine, "counter.read") == 0


def test_registers_are_kept_by_key() -> None:
    machine = StateMachine()
    session = Session(machine)
    assert session.do("write", "x", 1) == OK
    assert session.do("write", 7, {"any": ["json"]}) == OK
    assert (read(machine, "read"), read(machine, "read", 7)) == (1, {"any": ["json"]})


def test_a_compare_and_set_that_finds_another_value_says_which() -> None:
    machine = StateMachine()
    session = Session(machine)
    assert session.do("cas", "x", [None, 1]) == OK
    refused = session.do("cas", "x", [5, 6])
    assert refused == {"ok": False, "error": "mismatch", "definite": True, "value": 1}
    assert session.do("cas", "x", [1, 2]) == OK
    assert read(machine, "read") == 2


@pytest.mark.parametrize("expected", [True, 1.0, "1"])
def test_values_that_python_calls_equal_are_not_the_same(expected: Any) -> None:
    session = Session(StateMachine())
    session.do("write", "x", 1)
    assert session.do("cas", "x", [expected, 2])["error"] == "mismatch"


def test_sets_read_sorted_and_hold_each_element_once() -> None:
    machine = StateMachine()
    session = Session(machine)
    for element in (3, "b", 1, "a", 3):
        session.do("set.add", "x", element)
    assert read(machine, "set.read") == [1, 3, "a", "b"]


def test_a_repeat_is_answered_again_and_not_applied_again() -> None:
    """Ongaro 2014, section 6.3."""
    machine = StateMachine()
    session = Session(machine)
    assert session.do("counter.add", "x", 5) == OK
    assert session.again("counter.add", "x", 5) == OK
    assert read(machine, "counter.read") == 5


def test_a_repeat_gets_the_first_answer_though_the_state_has_moved_on() -> None:
    machine = StateMachine()
    one, other = Session(machine, "one"), Session(machine, "other")
    one.do("write", "x", 1)
    first = one.do("cas", "x", [2, 3])
    other.do("write", "x", 2)
    assert one.again("cas", "x", [2, 3]) == first
    assert read(machine, "read") == 2


def test_an_older_sequence_number_is_out_of_date_and_has_no_effect() -> None:
    machine = StateMachine()
    session = Session(machine)
    session.do("counter.add", "x", 1)
    session.do("counter.add", "x", 1)
    session.seq = 1
    refused = session.again("counter.add", "x", 1)
    assert (refused["error"], refused["definite"]) == ("stale-session", True)
    assert refused["detail"] == "seq 1 of s, whose last applied seq is 2"
    assert read(machine, "counter.read") == 2


def test_a_value_nested_so_deep_that_a_peer_might_not_read_it_is_refused() -> None:
    value: Any = 1
    for _ in range(100):
        value = [value]
    session = Session(StateMachine())
    assert session.do("write", "x", value) == OK
    with pytest.raises(BadRequest, match="at most 100 deep"):
        session.do("write", "x", {"and": value})


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ([], "a JSON object, not list"),
        ({"f": "drop"}, "unknown f 'drop'; this node knows cas, counter.add"),
        ({"f": "read", "key": True}, "a key is a string, an integer or null, not True"),
        ({"f": "read", "key": [1]}, "a key is"),
        ({"f": "write", "key": "x", "value": 1}, "write needs a session"),
        ({"f": "write", "session": "s", "seq": True}, "write needs a session"),
        ({"f": "cas", "session": "s", "seq": 1, "value": [1]}, r"cas takes \[expected, new\]"),
        ({"f": "set.add", "session": "s", "seq": 1, "value": None}, "set.add takes"),
        ({"f": "counter.add", "session": "s", "seq": 1, "value": 1.5}, "takes an integer"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(request_: Any, message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        StateMachine.command(request_)
