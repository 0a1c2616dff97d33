"""Every seeded bug that shows within a minute, shrunk to what a person reads at a glance."""

from __future__ import annotations

from pathlib import Path

import pytest

from splitbrain.cli.catalogue import load_catalogue
from splitbrain.cli.settings import Asked, settle
from splitbrain.finding import Finding
from splitbrain.plan import Plan
from splitbrain.replaying import replay_simulated
from splitbrain.run import execute
from splitbrain.shrinking import Again, shrink_run

OPERATIONS_MAX, FAULTS_MAX = 10, 3
BUDGET_S = 600.0
"""No test is about this machine's speed: the searches end by themselves, in seconds as a rule."""


def failing_plan(system: str, bug: str, seed: int = 2) -> Plan:
    asked = Asked(
        system=system,
        host="simulated",
        bugs=(bug,),
        seed=str(seed),
        rate="100",
        time_limit="60",
        stop_on_violation=True,
    )
    return settle(asked, load_catalogue()).plan


@pytest.mark.parametrize(
    ("system", "bug"),
    [
        ("paxos", "X7"),
        *(
            pytest.param(system, bug, marks=pytest.mark.thorough)
            for system, bug in (
                ("raft", "R4"),
                ("raft", "R8"),
                ("raft", "R17"),
                ("raft", "R19"),
                ("raft", "R21"),
                ("raft", "R29"),
                ("raft", "R20"),
            )
        ),
    ],
)
def test_a_tier_a_bug_is_shrunk_to_few_operations_and_faults_and_replays(
    tmp_path: Path, system: str, bug: str
) -> None:
    record = execute(failing_plan(system, bug), store=tmp_path)
    found = Finding.of_record(record)
    shrunk = shrink_run(record, BUDGET_S, Again(), tmp_path)
    assert shrunk.ended.minimal and shrunk.kept is not None and shrunk.after is not None
    assert shrunk.after.operations <= OPERATIONS_MAX
    assert shrunk.after.faults <= FAULTS_MAX
    assert shrunk.after.nodes <= 5 and shrunk.after.seconds <= shrunk.before.seconds
    assert found.first in Finding.of_record(shrunk.kept).kinds
    assert shrunk.clean == (), "the correct system passes under the same plan"
    for number in range(10):
        scratch = tmp_path / f"replay-{number}"
        scratch.mkdir()
        replay = replay_simulated(shrunk.kept.plan, shrunk.kept.folder, scratch)
        assert replay.differences == ()
        assert found.first in replay.finding.kinds
