"""Scripts: a part of a plan is a plan, comes back from JSON, and replays to the same bytes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from nemesis.fault import SymbolicFault
from splitbrain.generator import ASAP, Invoke, Phase, Scripted
from splitbrain.hosts import make_host
from splitbrain.plan import AIMED, Plan
from splitbrain.progress import SilentProgress
from splitbrain.record import RunRecord
from splitbrain.report.repeat import again_command, without_bugs_command
from splitbrain.report.script import script_text
from splitbrain.run import judged, lived
from splitbrain.schedule import faults_of, lanes_of, operations_of, symbolic_bytes
from splitbrain.script import Script, ScriptedOperation
from splitbrain.shrinking import with_script, written_out

PLAN = Plan(
    "raft",
    "simulated",
    "register",
    rate=30,
    time_limit_s=6,
    faults=("partition", "kill"),
    fault_hold_s=1.5,
    fault_quiet_s=0.7,
)
KILL = SymbolicFault(3, "kill", "leader", 1_000, 2_000, 0.25)
ON_ELECTION = SymbolicFault(4, "pause", "node", 5, 9, 0.5, "elected", 100_000_000, 7, "a story")
SCRIPT = Script(
    (
        ScriptedOperation(0, 1, "write", 0, 5),
        ScriptedOperation(10, 0, "cas", 0, [5, 6]),
        ScriptedOperation(10, 1, "read", 0),
    ),
    (KILL, ON_ELECTION),
    "20260101T000000Z-raft-register-abcdef",
)
SCRIPTED = replace(PLAN, script=SCRIPT)


def run(plan: Plan, folder: Path) -> tuple[RunRecord, bytes, bytes]:
    folder.mkdir()
    progress = SilentProgress()
    seen = lived(plan, folder, make_host(plan, progress), "", progress)
    files = [(folder / name).read_bytes() for name in ("history.jsonl", "faults.jsonl")]
    return judged(plan, folder, "", seen), files[0], files[1]


def test_a_script_comes_back_from_json_as_it_was() -> None:
    text = json.dumps(SCRIPTED.to_json())
    again = Plan.from_json(json.loads(text))
    assert again == SCRIPTED
    assert json.dumps(again.to_json()) == text
    assert hash(again) == hash(SCRIPTED), "a list among the values must not be in the way"


def test_a_plan_without_a_script_is_written_as_it_always_was() -> None:
    assert "script" not in PLAN.to_json()
    assert Plan.from_json(PLAN.to_json()) == PLAN


@pytest.mark.parametrize(
    "damage",
    [
        "text",
        {"operations": 3},
        {"faults": []},
        {"operations": [], "surprise": 1},
        {"operations": [{"at_ns": 1}]},
        {"operations": [], "faults": [{"kind": "kill"}]},
    ],
)
def test_what_is_no_script_is_refused(damage: object) -> None:
    with pytest.raises(ValueError):
        Plan.from_json(PLAN.to_json() | {"script": damage})


def test_a_script_takes_the_place_of_what_the_seed_would_deal() -> None:
    assert faults_of(SCRIPTED) == (KILL, ON_ELECTION)
    assert lanes_of(SCRIPTED) == [1] * 10 and lanes_of(PLAN) == []
    items = list(operations_of(SCRIPTED).items(Random(1)))
    assert items == [
        Phase("main"),
        Invoke(0, "write", 0, 5, 1),
        Invoke(10, "cas", 0, [5, 6], 0),
        Invoke(10, "read", 0, None, 1),
    ]
    assert symbolic_bytes(SCRIPTED, 9) == symbolic_bytes(replace(SCRIPTED), 9)


def test_a_busy_client_holds_up_no_other_one() -> None:
    own = Scripted(
        tuple(Invoke(at, "read", 0, None, lane) for at, lane in ((0, 1), (1, 1), (2, 0)))
    )
    streams = [[(i.at_ns, i.lane) for i in stream] for stream in own.streams(Random(0))]
    assert streams == [[(0, 1), (1, 1)], [(2, 0)]]
    with pytest.raises(ValueError, match="lane"):
        Scripted((Invoke(ASAP, "read"),))


def test_a_run_written_out_is_the_same_run(tmp_path: Path) -> None:
    record, journal, _ = run(replace(PLAN, faults=("kill",), seed=2), tmp_path / "a")
    plan = written_out(replace(record, run="a"))
    again, same, _ = run(plan, tmp_path / "b")
    assert len(record.faults) == len(again.faults) > 0
    assert same == journal


@pytest.mark.parametrize("strategy", ["random", AIMED])
def test_a_part_of_a_run_replays_to_the_same_bytes(tmp_path: Path, strategy: str) -> None:
    record, *_ = run(replace(PLAN, seed=5, strategy=strategy), tmp_path / "a")
    whole = written_out(record)
    assert whole.script is not None
    part = with_script(whole, whole.script.operations[::7], whole.script.faults[:1])
    part = Plan.from_json(json.loads(json.dumps(part.to_json())))
    one, other = run(part, tmp_path / "b"), run(part, tmp_path / "c")
    assert one[1:] == other[1:]
    assert len(one[0].operations) == len(whole.script.operations[::7])
    assert len(one[0].faults) == 1


def test_what_stays_in_a_script_stays_where_it_was(tmp_path: Path) -> None:
    record, *_ = run(replace(PLAN, faults=(), seed=6), tmp_path / "a")
    whole = written_out(record)
    assert whole.script is not None
    part, *_ = run(with_script(whole, whole.script.operations[1::2]), tmp_path / "b")
    kept = list(record.operations)[1::2]
    assert [(o.call_ns, o.process, o.f, o.key, o.input) for o in part.operations] == [
        (o.call_ns, o.process, o.f, o.key, o.input) for o in kept
    ]


def test_all_that_is_wrong_with_a_script_is_told() -> None:
    assert list(SCRIPT.problems(5, 10)) == []
    wrong = Script(
        (ScriptedOperation(-1, 0, "read"), ScriptedOperation(0, 12, "read")),
        (
            replace(KILL, kind="flood"),
            replace(KILL, target="moon"),
            replace(KILL, start_ns=9_000),
            SymbolicFault(9, "membership", "one", 0, 1, 0.5),
            replace(ON_ELECTION, id=10, trigger="elected#x"),
            replace(ON_ELECTION, id=11, target="late moon"),
            replace(ON_ELECTION, id=12, hold_ns=-1, choice="half"),
        ),
    )
    told = "\n".join(wrong.problems(3, 10))
    for phrase in (
        "operation 0 of the script has no time",
        "operation 1 of the script is done by client 12, and there are clients 0 to 9",
        "is of the kind 'flood'; there is partition, kill",
        "aims at 'moon'",
        "is there twice",
        "ends before it starts",
        "at least four nodes",
        "waits for 'elected#x', which is no moment",
        "aims at 'late moon'",
        "fault 12 of the script has no times",
        "fault 12 of the script has no choice",
    ):
        assert phrase in told


def test_a_script_is_told_line_by_line_and_repeated_by_its_run() -> None:
    assert list(script_text(PLAN)) == []
    assert list(script_text(SCRIPTED)) == [
        "Plan",
        "   0.000 s  client 1 on n2: write 5, key 0",
        "   0.000 s  pause of node, waits until 0.000 s for elected and 0.1 s more",
        "   0.000 s  client 0 on n1: cas [5, 6], key 0",
        "   0.000 s  client 1 on n2: read, key 0",
        "   0.000 s  kill of leader, until 0.000 s",
    ]
    long = replace(SCRIPTED, script=Script(SCRIPT.operations * 100))
    assert list(script_text(long))[-1] == "  … and 270 more in run.json"
    assert again_command(SCRIPTED, "run-7") == "splitbrain replay run-7"
    assert without_bugs_command(SCRIPTED, "run-7") == "splitbrain replay run-7 --without-bugs"
    assert again_command(PLAN, "run-7").startswith("splitbrain test raft --host simulated")
