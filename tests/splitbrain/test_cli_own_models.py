"""``splitbrain check --model FILE.py:NAME``: what a user's own code can do to a verdict."""

import json
import sys

import pytest

from splitbrain.cli import front

HEADER = {"format": "splitbrain-history", "version": 1, "run": "r", "system": "s"}
HEADER |= {"workload": "w", "model": "register", "start": "2026-03-14T09:26:53Z"}


@pytest.fixture
def judged(tmp_path, capsys):
    """Judges two operations by a model's text, named Own: the exit code, out and err."""
    history = tmp_path / "history.jsonl"
    told = [("invoke", "write", 1), ("ok", "write", 1), ("invoke", "read", None), ("ok", "read", 1)]
    lines = [HEADER] + [
        {"index": i, "time": i, "process": 0, "type": kind, "f": f, "key": "x", "value": value}
        for i, (kind, f, value) in enumerate(told)
    ]
    history.write_text("".join(json.dumps(line) + "\n" for line in lines))

    def judged(text, *options):
        (tmp_path / "own.py").write_text(text)
        code = front.run(["check", str(history), "--model", f"{tmp_path}/own.py:Own", *options])
        return code, *capsys.readouterr()

    return judged


@pytest.mark.parametrize(
    "text",
    [
        "import sys\nsys.exit(0)\n",
        "class Own:\n    init = 0\n    def step(self, state, operation):\n        exit(0)\n",
    ],
)
def test_a_model_that_exits_is_told_of_and_passes_nothing(judged, text):
    code, _, err = judged(text)
    assert code == 2
    assert "SystemExit: 0" in err


def test_a_models_file_may_hold_dataclasses_and_use_its_neighbours(judged, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "own_neighbour.py").write_text("START = None\n")
    code, out, _ = judged(
        "from __future__ import annotations\n"
        "from dataclasses import dataclass\n"
        "from own_neighbour import START\n"
        "from checker import ILLEGAL\n"
        "@dataclass(frozen=True)\n"
        "class State:\n"
        "    value: object = START\n"
        "class Own:\n"
        "    init = State()\n"
        "    def step(self, state, operation):\n"
        "        if operation.f == 'write':\n"
        "            return State(operation.input)\n"
        "        return state if state.value == operation.output else ILLEGAL\n"
    )
    assert code == 0
    assert ": valid" in out


def test_a_neighbour_takes_the_place_of_nothing_of_ours(judged, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "checker.py").write_text("raise SystemError\n")
    code, _, err = judged("import checker.counters\nclass Own:\n    init = step = 0\n")
    assert code == 2
    assert "step raised TypeError" in err


def test_a_step_that_never_returns_is_ended_by_the_time_limit(judged):
    code, out, _ = judged(
        "import time\n"
        "class Own:\n"
        "    init = 0\n"
        "    def step(self, state, operation):\n"
        "        time.sleep(30)\n"
        "        return state\n",
        "--time-limit",
        "0.2",
    )
    assert code == 3
    assert "the time allowed is used up" in out
