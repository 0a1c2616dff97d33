"""``splitbrain check FILE…``: files judged by processes, some of which are killed."""

import json

import pytest

from splitbrain.cli import front

DEADLY = """
import os, signal


class Deadly:
    init = None

    def step(self, state, operation):
        if operation.input == 13:
            os.kill(os.getpid(), signal.SIGKILL)
        return operation.input if operation.f == "write" else state
"""


@pytest.fixture
def model(tmp_path):
    """A model whose process is killed, as for its memory, by any history that writes 13."""
    (tmp_path / "deadly.py").write_text(DEADLY)
    return f"{tmp_path}/deadly.py:Deadly"


def journals(folder, written):
    """One journal for each value: a write of it, and a read that saw it."""
    paths = []
    for number, value in enumerate(written):
        events = [
            {"process": process, "type": kind, "f": f, "key": "x", "value": seen}
            for process, f in enumerate(("write", "read"))
            for kind, seen in (("invoke", value if f == "write" else None), ("ok", value))
        ]
        lines = [{"format": "splitbrain-history", "version": 1}]
        lines += [{"index": i, "time": i} | event for i, event in enumerate(events)]
        path = folder / f"{number}.jsonl"
        path.write_text("\n".join(map(json.dumps, lines)) + "\n")
        paths.append(str(path))
    return paths


def test_a_killed_process_costs_one_file_its_verdict(tmp_path, model, capsys):
    """Wherever it stands among the others, which are told in order and with their verdicts."""
    paths = journals(tmp_path, [1, 13, 2, 3, 13])
    assert front.run(["check", *paths, "--model", model, "--jobs", "2", "--json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert [one["file"] for one in told] == paths
    verdicts = [one["verdict"] for one in told]
    assert verdicts == ["valid", "unknown", "valid", "valid", "unknown"]
    assert "was killed" in told[1]["reason"]


def test_it_is_told_as_unknown(tmp_path, model, capsys):
    paths = journals(tmp_path, [13, 1])
    assert front.run(["check", *paths, "--model", model, "--jobs", "2"]) == 3
    told = capsys.readouterr()
    assert f"{paths[0]}: unknown\n  the process that judged it was killed" in told.out
    assert told.out.endswith("2 files: 1 unknown, 1 valid\n")
    assert "bug of splitbrain" not in told.err
