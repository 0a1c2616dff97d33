"""``doctor`` and ``clean``, and what a run says of itself while it goes on."""

import io
import json
from pathlib import Path

import pytest

from splitbrain import leftovers, progress
from splitbrain.cli import examination, front
from splitbrain.cli.examination import Finding, able, examine
from splitbrain.leftovers import Cleaning
from targets.hosts import engine, programs, reexec
from targets.target import HostUnavailable


def refuse(*_, **__):
    raise HostUnavailable("start it: sudo systemctl start docker")


def well(*subjects):
    return [Finding(subject, True, "fine") for subject in subjects]


@pytest.fixture
def hosts(monkeypatch):
    """Both hosts are there, whatever this machine has."""
    monkeypatch.setattr(engine, "find", lambda: "/run/docker.sock")
    monkeypatch.setattr(engine, "probe", lambda path: {"Version": "20.10"})
    monkeypatch.setattr(reexec, "check", lambda: None)


def test_one_host_is_enough():
    ill = Finding("docker", False, "no engine")
    assert list(able([ill, *well("sandbox", "python")])) == []
    assert "mend docker or sandbox" in next(able([ill, Finding("sandbox", False, "none")]))


def test_anything_else_that_is_ill_stands_in_the_way():
    assert list(able([*well("docker"), Finding("store", False, "full")])) == ["store: full"]


def test_the_doctor_finds_this_machine_well(hosts, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("SPLITBRAIN_STORE", str(tmp_path))
    assert front.run(["doctor"]) == 0
    assert "Engine 20.10 answers at /run/docker.sock" in capsys.readouterr().out
    assert front.run(["doctor", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["able"] and {f["subject"] for f in told["findings"]} >= {"docker", "sandbox"}


def test_the_doctor_names_the_cure(hosts, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("SPLITBRAIN_STORE", str(tmp_path))
    monkeypatch.setattr(engine, "probe", refuse)
    assert front.run(["doctor"]) == 0, "the sandbox is enough"
    assert "systemctl start docker" in " ".join(capsys.readouterr().out.split())
    monkeypatch.setattr(reexec, "check", refuse)
    assert front.run(["doctor"]) == 70
    assert "No run can be made here yet" in capsys.readouterr().out


def test_software_of_others_is_looked_for_and_missing_stands_in_nobodys_way(
    hosts, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("SPLITBRAIN_STORE", str(tmp_path))
    monkeypatch.setattr(programs, "find", lambda what: None)
    assert front.run(["doctor"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "not here etcd not on this machine: etcd" in told
    assert "apt-get install etcd-server" in told and "apt-get install zookeeper" in told
    monkeypatch.setattr(programs, "find", lambda what: Path("/opt") / what.lstrip("/"))
    found = {f.subject: f for f in examine(tmp_path)}
    assert found["etcd"].well and found["etcd"].seen == "/opt/etcd"
    assert found["zookeeper"].well and found["zookeeper"].seen.startswith("/opt/java, ")
    assert "raft" not in found


def test_a_store_that_cannot_be_written_is_found(hosts, tmp_path):
    file = tmp_path / "file"
    file.touch()
    store = next(f for f in examine(file / "store") if f.subject == "store")
    assert not store.well and "SPLITBRAIN_STORE" in store.cure


def test_a_disk_that_is_full_is_found(hosts, tmp_path, monkeypatch):
    monkeypatch.setattr(examination, "FREE_MB_MIN", 10**12)
    store = next(f for f in examine(tmp_path) if f.subject == "store")
    assert not store.well and "free some" in store.cure


def test_an_old_python_is_found(hosts, tmp_path, monkeypatch):
    monkeypatch.setattr(examination, "PYTHON_MIN", (99, 0))
    assert not next(f for f in examine(tmp_path) if f.subject == "python").well


def test_a_missing_library_is_found(hosts, tmp_path, monkeypatch):
    monkeypatch.setattr(examination, "LIBRARIES", ("click", "no-such-library"))
    libraries = next(f for f in examine(tmp_path) if f.subject == "libraries")
    assert not libraries.well and "no-such-library" in libraries.seen


def test_kernels_that_cannot_be_kept_are_found(hosts, tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(file))
    cache = next(f for f in examine(tmp_path) if f.subject == "cache")
    assert not cache.well and "NUMBA_CACHE_DIR" in cache.cure


@pytest.mark.parametrize(
    ("done", "code", "told"),
    [
        (Cleaning(), 0, "Nothing was left behind."),
        (Cleaning(removed={"containers": ["sb-n1"]}), 0, "Removed containers: sb-n1"),
        (Cleaning(closed_ledgers=["r1"]), 0, "Closed the fault ledger of r1"),
        (Cleaning(left=["r2: it goes on"]), 0, "Left r2: it goes on"),
        (Cleaning(failed=["sb-net: in use"]), 70, "Could not remove sb-net: in use"),
    ],
)
def test_cleaning_says_what_it_did_and_what_it_left(
    done, code, told, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(leftovers, "clean", lambda store, **asked: done)
    assert front.run(["clean", "--store", str(tmp_path)]) == code
    assert told in capsys.readouterr().out
    assert front.run(["clean", "--store", str(tmp_path), "--json"]) == code
    assert set(json.loads(capsys.readouterr().out)) == {
        *("removed", "closed_ledgers", "left", "failed")
    }


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_plain_progress_keeps_lines_and_ticks_every_ten_seconds():
    stream, clock = io.StringIO(), Clock()
    plain = progress.PlainProgress(stream, clock)
    plain.phase("starting 5 nodes")
    plain.line("image made\x1b[2J")
    for second in range(25):
        clock.now = float(second)
        plain.tick(1000 * second, 900, 90, 10, float(second), ["partition leader"])
    plain.close()
    lines = stream.getvalue().splitlines()
    assert lines[:2] == ["starting 5 nodes", "image made\\x1b[2J"]
    assert [line.split()[0] for line in lines[2:]] == ["10.0", "20.0"]
    assert "10,000 operations: 900 ok, 90 failed, 10 indeterminate" in lines[2]
    assert lines[2].endswith("fault: partition leader")


def test_live_progress_takes_nothing_as_markup(monkeypatch, capsys):
    live = progress.LiveProgress()
    live.phase("starting [bold]5[/bold] nodes")
    live.line("made [red]image[/red]")
    live.tick(1, 1, 0, 0, 0.1, [])
    live.close()
    assert "made [red]image[/red]" in capsys.readouterr().err


def test_the_kind_of_progress_fits_where_it_goes():
    assert isinstance(progress.progress_for(quiet=True), progress.SilentProgress)
    assert isinstance(progress.progress_for(quiet=False), progress.PlainProgress)
