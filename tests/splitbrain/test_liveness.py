"""Whether a system served again after the last heal: what is told, and how long is watched."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from report_records import MS, S, operation, partition

from checker.verdict import Verdict
from histories.event import EventType, Outcome
from splitbrain.campaign import attempt
from splitbrain.drivers import drive_virtual
from splitbrain.generator import Limit, Phase, Phases, Repeat, Stagger
from splitbrain.interpreter import Interpreter
from splitbrain.liveness import served_after_s, unavailable
from splitbrain.plan import Plan
from targets.hosts.simulated import SimulatedHost

FAULTS = [partition()]
"""Healed at 3.001 s."""
EARLY = operation(0, 0, "write", value=1, at_ns=500 * MS)


def told(*operations: Any, end_s: float = 30.0, faults: Any = FAULTS) -> str | None:
    late = unavailable(operations, faults, 10.0, int(end_s * S))
    return None if late is None else late.sentence("raft")


def test_a_mutation_soon_after_the_heal_is_service() -> None:
    assert told(EARLY, operation(2, 1, "write", value=2, at_ns=12 * S)) is None


def test_a_mutation_that_comes_late_is_told_with_its_delay() -> None:
    sentence = told(EARLY, operation(2, 1, "write", value=2, at_ns=15 * S))
    assert sentence is not None
    assert "did not serve again within 10 s of the last heal, at 3.00 s" in sentence
    assert "acknowledged 12.0 s later" in sentence


def test_no_mutation_at_all_is_told_with_the_time_that_was_watched() -> None:
    read = operation(2, 1, "read", output=1, at_ns=5 * S)
    sentence = told(EARLY, read)
    assert sentence is not None and "in the 27.0 s that were watched" in sentence


@pytest.mark.parametrize("why", ["no fault", "not healed", "too short", "never served"])
def test_what_cannot_be_told_is_not_told(why: str) -> None:
    if why == "no fault":
        assert told(EARLY, faults=[]) is None
    elif why == "not healed":
        assert told(EARLY, faults=[*FAULTS, partition(healed=False)]) is None
    elif why == "too short":
        assert told(EARLY, end_s=13.0) is None
    else:
        assert told(replace(EARLY, outcome=Outcome.FAIL)) is None


def test_how_long_it_took_is_counted_from_the_last_heal() -> None:
    later = operation(2, 1, "write", value=2, at_ns=15 * S)
    assert served_after_s([EARLY, later], FAULTS) == pytest.approx(later.ret_ns / S - 3.001)
    assert served_after_s([EARLY, replace(later, outcome=Outcome.INFO)], FAULTS) is None
    assert served_after_s([EARLY, later], [*FAULTS, partition(healed=False)]) is None
    assert served_after_s([EARLY, later], []) is None


def test_a_fault_that_never_came_was_not_healed() -> None:
    never = partition()
    never.resolved = {"nodes": [], "came": False}
    never.start_ns = never.healed_ns = 20 * S
    late = operation(2, 1, "write", value=2, at_ns=15 * S)
    sentence = told(EARLY, late, faults=[*FAULTS, never])
    assert sentence is not None and "of the last heal, at 3.00 s" in sentence
    assert served_after_s([EARLY, late], [*FAULTS, never]) == pytest.approx(late.ret_ns / S - 3.001)
    assert served_after_s([EARLY, late], [never]) is None


def played(until_ok: tuple[str, ...], outcome: Outcome) -> list[Any]:
    from clients.client import Completion

    phases = Phases(
        (
            (Phase("main"), Limit(Stagger(Repeat("write", value=1), 10.0), 3)),
            (
                Phase("recovery", limit_ns=5 * S, heal=True, until_ok=until_ok),
                Stagger(Repeat("add", value=1), 10.0),
            ),
        )
    )
    interpreter = Interpreter(phases, random.Random(1), nodes=["n1"], concurrency=1)
    answer = Completion(outcome)
    return drive_virtual(interpreter, lambda worker, invocation, now_ns: (MS, answer))


def test_a_phase_until_something_is_ok_is_left_out_when_it_was_already() -> None:
    functions = {event.f for event in played(("write",), Outcome.OK)}
    assert functions == {"write"}


def test_a_phase_until_something_is_ok_ends_with_the_first_that_is() -> None:
    events = played(("add",), Outcome.OK)
    assert [event.type for event in events if event.f == "add"] == [EventType.INVOKE, EventType.OK]


def test_a_phase_until_something_is_ok_lasts_to_its_limit_when_nothing_is() -> None:
    events = played(("add",), Outcome.FAIL)
    assert events[-1].time > 4.5 * S


class Unhealing(SimulatedHost):
    """A host whose first partition cuts every link, for ever."""

    async def open(self, run: Any, nodes: Any) -> Any:
        machines = await super().open(run, nodes)
        everyone = [machine.address for machine in machines.values()]
        for machine in machines.values():
            others = [address for address in everyone if address != machine.address]
            machine.refuse = self._for_ever(machine.refuse, others)  # type: ignore[method-assign]
        return machines

    @staticmethod
    def _for_ever(refuse: Any, others: list[str]) -> Any:
        async def cut(addresses: Any) -> None:
            if addresses:
                await refuse(others)

        return cut


PLAN = Plan(
    "raft",
    "simulated",
    "register",
    rate=20,
    time_limit_s=8,
    faults=("partition",),
    fault_targets=("ring",),
    fault_hold_s=1.5,
    fault_quiet_s=0.7,
    seed=3,
)


def test_a_system_that_never_serves_again_is_told_of_beside_the_verdict(tmp_path: Path) -> None:
    from splitbrain.report.text import summary
    from splitbrain.run import execute, load

    plan = replace(PLAN, live_within_s=5)
    record = execute(plan, store=tmp_path, host=Unhealing(plan.stream))
    assert record.verdict is not Verdict.INVALID
    assert record.unavailable is not None and record.exit_code == 1
    assert load(record.folder).unavailable == record.unavailable
    assert "UNAVAILABLE: raft did not serve again within 5 s" in summary(record, width=1000)


def test_correct_systems_serve_again_and_nothing_is_waited_for() -> None:
    for seed in range(5):
        trial = attempt(replace(PLAN, seed=seed))
        assert (trial.error, trial.unavailable) == (None, None)
        assert trial.virtual_s < PLAN.time_limit_s + 3
