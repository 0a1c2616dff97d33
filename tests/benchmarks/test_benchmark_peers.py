"""The peer protocol: what a command is given, what it may answer, how it is limited."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from deciding.cases import Case, Item
from deciding.contest import measure
from deciding.limits import run_limited
from deciding.registers import register_history
from deciding.sides import Limits, Peer

# Together on one worker: the kernels they compile are the same.
pytestmark = pytest.mark.xdist_group("peers")

# A busy machine with a cold cache compiles for a minute or two.
LIMITS = Limits(120.0, 2_000.0)


def peer(tmp_path: Path, body: str) -> Peer:
    program = tmp_path / "peer.py"
    program.write_text(
        f"import sys, json, time\npath, model, split, n, limit = sys.argv[1:]\n{body}"
    )
    return Peer(f"other={sys.executable} {program}")


def case(promise: str = "valid") -> Case:
    item = Item(promise, draw=lambda: register_history(1, 30, 3))  # type: ignore[arg-type]
    return Case("tiny", "register", (item,))


@pytest.mark.thorough
def test_a_peer_is_given_a_journal_and_its_times_are_compared_with_ours(tmp_path: Path) -> None:
    answers = peer(
        tmp_path,
        "lines = open(path).read().splitlines()\n"
        "assert path.endswith('.jsonl') and len(lines) == 61 and (model, split) == "
        "('register', 'split'), sys.argv\n"
        "for _ in range(int(n)):\n"
        "    print(json.dumps({'verdict': 'valid', 'search_seconds': 0.5, 'peak_mb': 7}))",
    )
    row = measure(case(), [answers], 1, LIMITS, False)
    assert row.wrong() == []
    assert row.seconds("other") == (0.5, 0.5, 0.5)
    mine = row.seconds("splitbrain")
    assert mine is not None
    assert row.ratios("other") == [pytest.approx(0.5 / mine[1])]


@pytest.mark.thorough
def test_a_verdict_that_breaks_the_promise_is_named(tmp_path: Path) -> None:
    lies = peer(tmp_path, "print(json.dumps({'verdict': 'invalid', 'search_seconds': 0.1}))")
    row = measure(case(), [lies], 1, LIMITS, False)
    assert row.wrong() == ["tiny, history 0: other says invalid, but it is valid by construction"]


def test_a_peer_that_fails_is_said_to_and_gives_no_ratio(tmp_path: Path) -> None:
    row = measure(case(), [peer(tmp_path, "sys.exit('no such model')")], 1, LIMITS, False)
    assert row.ended("other") == "failed: no such model"
    assert row.seconds("other") is None
    assert row.ratios("other") == []


def test_a_peer_that_is_named_wrongly_is_refused() -> None:
    with pytest.raises(ValueError, match="NAME=COMMAND"):
        Peer("porcupine")


@pytest.mark.parametrize(
    ("program", "ended"),
    [
        ("import time; time.sleep(60)", "out of time"),
        ("import time; hog = b'x' * 400_000_000; time.sleep(60)", "out of memory"),
        ("import sys; sys.exit(3)", "failed"),
        ("print('done')", "finished"),
    ],
)
def test_a_command_is_ended_beyond_a_limit(program: str, ended: str) -> None:
    assert run_limited([sys.executable, "-c", program], 1.0, 200.0).ended == ended
