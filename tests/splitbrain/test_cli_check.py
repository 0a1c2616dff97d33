"""``splitbrain check``: which files, which verdicts, which exit code."""

import gzip
import json
from pathlib import Path

import pytest
import zstandard

from splitbrain.cli import front
from splitbrain.cli.histories_meant import expand

HEADER = {
    "format": "splitbrain-history",
    "version": 1,
    "run": "r",
    "system": "raft",
    "workload": "register",
    "model": "cas-register",
    "start": "2026-03-14T09:26:53Z",
}


def journal(path, *operations, header=HEADER):
    """A journal of operations one after the other: (process, f, value, output)."""
    lines = [json.dumps(header)]
    for process, f, value, output in operations:
        for kind, carried in (("invoke", value), ("ok", output)):
            index = len(lines) - 1
            event = {"index": index, "time": index * 1_000_000, "process": process, "type": kind}
            lines.append(json.dumps(event | {"f": f, "key": "x", "value": carried}))
    path.write_text("\n".join(lines) + "\n")
    return str(path)


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("SPLITBRAIN_STORE", str(tmp_path / "store"))


@pytest.fixture
def valid(tmp_path):
    return journal(tmp_path / "valid.jsonl", (0, "write", 1, 1), (1, "read", None, 1))


@pytest.fixture
def invalid(tmp_path):
    return journal(
        tmp_path / "invalid.jsonl", (0, "write", 1, 1), (0, "write", 2, 2), (1, "read", None, 1)
    )


@pytest.fixture
def unreadable(tmp_path):
    path = tmp_path / "broken.jsonl"
    path.write_text(json.dumps(HEADER) + '\n{"index": 0, "nonsense"\n{}\n')
    return str(path)


def test_a_valid_history(valid, capsys):
    assert front.run(["check", valid]) == 0
    assert capsys.readouterr().out.startswith(f"{valid}: valid")


def test_a_violation_is_explained(invalid, capsys):
    assert front.run(["check", invalid]) == 1
    told = capsys.readouterr().out
    assert f"{invalid}: invalid" in told
    assert "process 1 read 1" in told and "|" in told


def test_the_json_of_check_is_the_pinned_one(valid, invalid, capsys):
    assert front.run(["check", valid, invalid, "--json"]) == 1
    one, other = json.loads(capsys.readouterr().out)
    assert set(one) == {
        *("file", "verdict", "reason", "model", "operations", "keys", "algorithm"),
        *("search_seconds", "total_seconds", "peak_mb", "certificate"),
    }
    assert (one["file"], one["verdict"], one["operations"], one["keys"]) == (valid, "valid", 2, 1)
    assert one["certificate"] is not None
    assert other["verdict"] == "invalid"
    assert other["certificate"]["format"] == "splitbrain-refutation"


def test_what_cannot_be_read_is_told_and_never_counts_as_passed(valid, unreadable, capsys):
    assert front.run(["check", valid, unreadable]) == 2
    out, err = capsys.readouterr()
    assert "valid" in out
    assert f"{unreadable}:2" in err
    assert front.run(["check", valid, unreadable, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)[1]["verdict"] == "unknown"


def test_a_violation_found_outweighs_a_file_that_cannot_be_read(invalid, unreadable):
    assert front.run(["check", unreadable, invalid]) == 1


def test_a_history_that_tests_nothing_is_vacuous(tmp_path, capsys):
    empty = journal(tmp_path / "empty.jsonl")
    assert front.run(["check", empty]) == 3
    assert "vacuous" in capsys.readouterr().out


def test_an_unknown_model_is_answered_with_the_nearest(valid, capsys):
    assert front.run(["check", valid, "--model", "cas-regster"]) == 2
    assert "Did you mean 'cas-register'?" in capsys.readouterr().err


def test_no_model_at_all_is_said(tmp_path, capsys):
    header = {key: value for key, value in HEADER.items() if key != "model"}
    path = journal(tmp_path / "h.jsonl", (0, "write", 1, 1), (1, "read", None, 1), header=header)
    assert front.run(["check", path]) == 2
    assert "cas-register" in capsys.readouterr().err
    assert front.run(["check", path, "--model", "cas-register"]) == 0


def test_a_missing_file_is_a_usage_error(tmp_path, capsys):
    assert front.run(["check", str(tmp_path / "a"), str(tmp_path / "b")]) == 2
    assert "2 problems:" in capsys.readouterr().err


def test_folders_stand_for_the_histories_in_them(tmp_path):
    (tmp_path / "deep").mkdir()
    for name in ("b.jsonl", "deep/a.log", "deep/c.edn.gz", "notes.md", "empty.txt"):
        (tmp_path / name).touch()
    (tmp_path / "notes.txt").write_text("Dear diary\n")
    (tmp_path / "kv.txt").write_text('{:process 9, :type :invoke, :f :get, :key "0", :value nil}\n')
    paths, problems = expand([tmp_path])
    assert [path.name for path in paths] == ["b.jsonl", "a.log", "c.edn.gz", "kv.txt"]
    assert problems == []


def test_a_run_folder_stands_for_its_journal_alone(tmp_path):
    for name in ("history.jsonl", "faults.jsonl", "n1.log"):
        (tmp_path / name).touch()
    paths, _ = expand([tmp_path])
    assert [path.name for path in paths] == ["history.jsonl"]


def test_an_empty_folder_is_told(tmp_path):
    _, (problem,) = expand([tmp_path])
    assert str(tmp_path) in problem


def test_the_ledger_beside_a_journal_is_drawn_with_the_finding(invalid, tmp_path, capsys):
    run = tmp_path / "run"
    run.mkdir()
    (tmp_path / "invalid.jsonl").rename(run / "history.jsonl")
    symbolic = {"id": 0, "kind": "partition", "target": "leader"}
    symbolic |= {"start_ns": 0, "end_ns": 9_000_000, "choice": 0.5}
    resolved = {"nodes": ["n1"], "grudge": {"n1": ["n2"], "n2": ["n1"]}}
    inject = {"act": "inject", "fault": 0, "symbolic": symbolic, "resolved": resolved, "time": 1}
    (run / "faults.jsonl").write_text(json.dumps(inject) + "\n")
    assert front.run(["check", str(run)]) == 1
    assert "partition n1 | n2" in capsys.readouterr().out
    (run / "faults.jsonl").write_text("nonsense\n{}\n")
    assert front.run(["check", str(run)]) == 1
    assert "its faults are not shown" in capsys.readouterr().err


def test_a_file_that_is_cut_off_is_said_to_be_with_what_is_wrong(tmp_path, capsys):
    """Otherwise whoever lost the header of a packed file is only told to name a model."""
    packed = zstandard.ZstdCompressor().compress(Path(journal(tmp_path / "a")).read_bytes())
    cut = tmp_path / "cut.jsonl.zst"
    cut.write_bytes(packed[:-30])
    assert front.run(["check", str(cut)]) == 2
    told = capsys.readouterr().err
    assert "no model is named" in told and "is empty" not in told
    assert f"note: {cut}: the packed file is cut off after {len(packed) - 30} bytes" in told
    assert front.run(["check", str(cut), "--json"]) == 2
    assert "the packed file is cut off" in json.loads(capsys.readouterr().out)[0]["reason"]


def test_a_file_that_is_cut_off_where_nothing_fits_is_said_to_be(tmp_path, capsys):
    content = b"[{:process 0 :type :invoke :f :read}\n {:process 0\n :type :ok\n"
    cut = tmp_path / "cut.edn.gz"
    cut.write_bytes(gzip.compress(content, mtime=0)[:-4])
    assert front.run(["check", str(cut), "--model", "register"]) == 2
    told = capsys.readouterr().err
    assert "never ends" in told and "the packed file is cut off" in told


@pytest.mark.parametrize("content", ["", " \n\n"])
def test_an_empty_file_is_said_to_be(content, tmp_path, capsys):
    (tmp_path / "empty.jsonl").write_text(content)
    assert front.run(["check", str(tmp_path / "empty.jsonl")]) == 2
    assert "empty.jsonl: is empty" in capsys.readouterr().err


EDN = "{:process 0, :type :invoke, :f :write, :value 3}\n{:process 0, :type :ok, :f :write}\n"


def test_nothing_is_guessed_of_a_model_that_is_named(tmp_path, capsys):
    (tmp_path / "h.edn").write_text(EDN)
    assert front.run(["check", str(tmp_path / "h.edn"), "--model", "register"]) == 0
    assert capsys.readouterr().err == ""
    assert front.run(["check", str(tmp_path / "h.edn")]) == 0
    assert "taken for cas-register by its functions (write)" in capsys.readouterr().err


def test_a_file_from_elsewhere_that_is_cut_to_nothing_is_not_passed(tmp_path, capsys):
    (tmp_path / "cut.edn").write_text(EDN[:30])
    assert front.run(["check", str(tmp_path / "cut.edn"), "--model", "register"]) == 3
    out, err = capsys.readouterr()
    assert "vacuous" in out and "there is no operation in it" in out
    assert "cut off after 30 bytes" in err
    assert front.run(["check", str(tmp_path / "cut.edn")]) == 2
    assert "holds no operation that could settle one" in capsys.readouterr().err
