"""JSON taken for a dataclass: what fits is taken, and what does not is told with its place."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest

from checker.verdict import Promised, Result, Verdict, Violation
from splitbrain.archive.shape import shaped
from splitbrain.liveness import Unavailable
from splitbrain.plan import Plan
from splitbrain.record import Health, Stopped, Timings

FOUND = Violation("stale read", "It was.", (0, 2), 2, ["x", 1], {"breaks": ["a"]})


@pytest.mark.parametrize(
    "value",
    [
        Plan("raft", "simulated", "register", bugs=("R4",), resend_s=0.5, operations=3),
        Result(
            Verdict.INVALID,
            "register",
            "search",
            3,
            1,
            violations=(FOUND,),
            promises=(Promised("sequential", Verdict.VALID, violations=(FOUND,)),),
        ),
        Health(loop_lag_ms_p99=3),
        Timings(first_ok_s=None),
        Stopped(1, 2, "x"),
        Unavailable(1.0, 2.0, None, 3),
    ],
)
def test_what_was_written_is_taken_back(value: Any) -> None:
    assert shaped(type(value), json.loads(json.dumps(asdict(value)))) == value


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"nodes": "five"}, "plan.nodes is 'five', expected int"),
        ({"nodes": True}, "plan.nodes is True, expected int"),
        ({"nodes": 5.5}, "plan.nodes is 5.5, expected int"),
        ({"rate": None}, "plan.rate is None, expected float"),
        ({"faults": "kill"}, "plan.faults is 'kill', expected a list"),
        ({"faults": ["kill", 7]}, r"plan.faults\[1\] is 7, expected str"),
        ({"resend_s": "x" * 99}, r"plan.resend_s is 'x+…, expected float"),
        ({"wings": 2}, r"plan has members that are not known: \['wings'\]"),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(change: dict[str, Any], told: str) -> None:
    data = json.loads(json.dumps(Plan("raft", "simulated", "register").to_json())) | change
    with pytest.raises(ValueError, match=told):
        shaped(Plan, data, "plan")


def test_what_is_missing_is_told() -> None:
    with pytest.raises(ValueError, match=r"plan lacks \['system', 'workload'\]"):
        shaped(Plan, {"host": "simulated"}, "plan")
    with pytest.raises(ValueError, match=r"it is \[\], expected an object"):
        shaped(Plan, [])
