"""What the nodes said of themselves: sampled, written, read back, and told."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest
from report_records import S, partition

from nemesis.fault import Fault, SymbolicFault
from splitbrain.hosts import make_host
from splitbrain.plan import Plan
from splitbrain.progress import SilentProgress
from splitbrain.report.leaders import leaders_text
from splitbrain.roles import MISSING, Roles, read_roles, reigns, rivals, to_json
from splitbrain.run import lived
from splitbrain.sampling import Sampler
from targets.hosts.simulated.loop import run_virtual

HEADER = {
    "format": "splitbrain-nodes",
    "version": 1,
    "start": "2026-03-14T09:26:53.500000+00:00",
    "every_ms": 500,
}


def role(time_s: float, node: str, name: str | None, term: int | None = None) -> dict[str, Any]:
    return {"time": round(time_s * S), "node": node, "role": name, "term": term, "leader": None}


def written(folder: Path, *lines: Any) -> Path:
    (folder / "nodes.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def read(folder: Path, *lines: Any, faults: tuple[Fault, ...] = (), last_s: float = 10) -> Roles:
    return read_roles(written(folder, HEADER, *lines), faults, round(last_s * S))


async def sampled(path: Path, answers: Any, seconds: float) -> Sampler:
    loop = asyncio.get_running_loop()
    began = loop.time()

    def now_ns() -> int:
        return round((loop.time() - began) * S)

    async def glance(node: str) -> Any:
        return answers(node, loop.time() - began)

    sampler = Sampler(path, ["n1", "n2"], glance, now_ns, start=HEADER["start"], every_s=0.5)
    sampler.start()
    await asyncio.sleep(seconds)
    await sampler.stop()
    return sampler


def test_only_changes_are_written_and_the_end(tmp_path: Path) -> None:
    path = tmp_path / "nodes.jsonl"

    def answers(node: str, now_s: float) -> Any:
        if node == "n2" and now_s >= 1.5:
            return None
        leads = node == "n1" or now_s >= 1
        return {"role": "leader" if leads else "follower", "term": 3, "leader": "n1", "bugs": {}}

    sampler = run_virtual(sampled(path, answers, 3.2))
    assert sampler.trouble is None
    told = [json.loads(line) for line in path.read_text().splitlines()]
    assert told[0] == HEADER
    assert [(line["time"] / S, line["node"], line["role"]) for line in told[1:-1]] == [
        (0, "n1", "leader"),
        (0, "n2", "follower"),
        (1, "n2", "leader"),
        (1.5, "n2", None),
    ]
    assert told[-1] == {"time": round(3.2 * S), "end": True}


def test_a_ballot_is_a_term_and_whatever_else_a_node_says_is_no_matter(tmp_path: Path) -> None:
    path = tmp_path / "nodes.jsonl"
    odd = {"role": "\ud800" * 100, "ballot": [7, "n2"], "leader": 3, "term": None}

    def answers(node: str, now_s: float) -> Any:
        return {"role": "leader", "ballot": [7, "n2"]} if node == "n1" else {**odd, "term": "x"}

    run_virtual(sampled(path, answers, 0.2))
    first, second = (json.loads(line) for line in path.read_text().splitlines()[1:3])
    assert (first["role"], first["term"]) == ("leader", 7)
    assert (len(second["role"]), second["term"], second["leader"]) == (60, None, None)


def test_trouble_with_a_sample_ends_the_sampling_and_nothing_else(tmp_path: Path) -> None:
    def answers(node: str, now_s: float) -> Any:
        raise ValueError("no such thing")

    sampler = run_virtual(sampled(tmp_path / "nodes.jsonl", answers, 1))
    assert sampler.trouble == "ValueError: no such thing"
    sampler = run_virtual(sampled(tmp_path / "nowhere" / "nodes.jsonl", answers, 1))
    assert sampler.trouble is not None and "FileNotFoundError" in sampler.trouble


def test_a_role_holds_until_the_next_one_or_the_end(tmp_path: Path) -> None:
    roles = read(
        tmp_path,
        role(0, "n10", "follower", 1),
        role(0, "n2", "leader", 1),
        role(4, "n2", "follower", 2),
        {"time": 9 * S, "end": True},
    )
    told = [(s.node, s.role, s.term, s.start_ns / S, s.end_ns / S) for s in roles.spans]
    assert told == [
        ("n2", "leader", 1, 0, 4),
        ("n2", "follower", 2, 4, 9),
        ("n10", "follower", 1, 0, 9),
    ]
    assert roles.every_ms == 500 and roles.start is not None and roles.trouble is None
    assert to_json(roles)["spans"][0]["end_ns"] == 4 * S


@pytest.mark.parametrize(
    ("kind", "told"), [("kill", "dead"), ("pause", "paused"), ("power-loss", "dead")]
)
def test_a_silence_is_told_by_the_fault_that_explains_it(
    tmp_path: Path, kind: str, told: str
) -> None:
    symbolic = SymbolicFault(1, kind, "leader", 2 * S, 5 * S, 0.5)
    fault = Fault(symbolic, {"nodes": ["n1"]}, 2 * S, healed_ns=5 * S)
    lines = [
        role(0, "n1", "leader", 1),
        role(2.3, "n1", None),
        role(6, "n1", "follower", 2),
        role(8, "n1", None),
        role(2.3, "n2", None),
    ]
    roles = read(tmp_path, *lines, faults=(fault,))
    assert [s.role for s in roles.spans] == ["leader", told, "follower", "no answer", "no answer"]


def test_who_led_is_told_in_words_and_who_led_beside_whom(tmp_path: Path) -> None:
    roles = read(
        tmp_path,
        role(0, "n1", "leader", 1),
        role(3, "n2", "leader", 2),
        role(5, "n1", "follower", 2),
        role(0, "n3", "follower", 1),
    )
    assert [(r.node, r.term) for r in reigns(roles)] == [("n1", 1), ("n2", 2)]
    assert list(leaders_text(roles)) == [
        "n1 led term 1: 0.00 s – 5.00 s",
        "n2 led term 2: 3.00 s – 10.00 s",
        "Two called themselves leader at once, n1 (term 1) and n2 (term 2): 3.00 s – 5.00 s",
    ]


def test_what_two_looks_may_have_seen_of_one_moment_is_no_rivalry(tmp_path: Path) -> None:
    lines = [role(0, "n1", "leader", 1), role(3, "n2", "leader", 2), role(3.4, "n1", "follower", 2)]
    assert rivals(read(tmp_path, *lines)) == []


def test_a_reign_that_is_broken_off_and_goes_on_is_one(tmp_path: Path) -> None:
    lines = [role(0, "n1", "leader", 1), role(2, "n1", None), role(3, "n1", "leader", 1)]
    (reign,) = reigns(read(tmp_path, *lines))
    assert (reign.start_ns, reign.end_ns) == (0, 10 * S)


def test_an_old_run_says_that_nothing_was_recorded(tmp_path: Path) -> None:
    roles = read_roles(tmp_path, [partition()], 10 * S)
    assert roles.trouble == MISSING and list(leaders_text(roles)) == [MISSING]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[" * 100_000,
        '{"format": "splitbrain-nodes", "version": 9}',
        json.dumps({**HEADER, "start": "2026-03-14T09:26:53"}),
        json.dumps({**HEADER, "every_ms": 0}),
        json.dumps({**HEADER, "every_ms": "x"}),
        "\x00\xff",
    ],
)
def test_a_file_that_is_none_is_told_and_read_no_further(tmp_path: Path, text: str) -> None:
    (tmp_path / "nodes.jsonl").write_text(text, encoding="latin-1")
    roles = read_roles(tmp_path, [], 10 * S)
    assert (
        roles.spans == () and roles.trouble is not None and "not what splitbrain" in roles.trouble
    )


def test_nobody_waits_for_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "nodes.jsonl")
    assert read_roles(tmp_path, [], 10 * S).trouble is not None


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_of_a_file_that_was_cut_off_all_but_the_last_line_is_read(tmp_path: Path, cut: int) -> None:
    whole = [role(0, "n1", "leader", 1), role(3, "n1", "follower", 2), role(5, "n1", "leader", 3)]
    path = written(tmp_path, HEADER, *whole) / "nodes.jsonl"
    path.write_bytes(path.read_bytes()[: -1 - cut])
    spans = read_roles(tmp_path, [], 10 * S).spans
    assert [(s.role, s.start_ns // S, s.end_ns // S) for s in spans] == [
        ("leader", 0, 3),
        ("follower", 3, 10),
    ]


def test_lines_that_are_none_are_passed_over(tmp_path: Path) -> None:
    lines = [
        7,
        {"time": -1, "node": "n1", "role": "leader"},
        {"time": 1 << 70, "node": "n1", "role": "leader"},
        {"time": True, "node": "n1", "role": "leader"},
        {"time": 5, "node": ["n1"], "role": "leader"},
        {"node": "n1"},
        role(1, "n1", "<script>" * 1000, 1 << 70),
    ]
    (span,) = read(tmp_path, *lines).spans
    assert len(span.role) <= 60 and span.term is None


def test_a_simulated_run_is_the_same_bytes_whether_anybody_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan(
        "raft", "simulated", "register", rate=40, time_limit_s=6, fault_hold_s=1, fault_quiet_s=1
    )

    def left(name: str) -> dict[str, bytes]:
        folder = tmp_path / name
        folder.mkdir()
        lived(plan, folder, make_host(plan, SilentProgress()), "", SilentProgress())
        files = (path for path in folder.rglob("*") if path.is_file())
        return {str(path.relative_to(folder)): path.read_bytes() for path in files}

    seen = left("seen")
    monkeypatch.setattr(Sampler, "start", lambda self: None)
    unseen = left("unseen")
    assert len(seen.pop("nodes.jsonl").splitlines()) > 10
    assert seen == unseen
