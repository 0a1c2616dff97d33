"""Software of others: where it is looked for, and what is said where it is not."""

import io
import random
import tarfile
from pathlib import Path

import pytest

from targets.hosts import packing, payload, programs
from targets.hosts.docker import DockerHost
from targets.hosts.sandbox import SandboxHost
from targets.hosts.simulated import SimulatedHost
from targets.target import CoreArguments, HostUnavailable, Launch, Needed

ELF = b"\x7fELF rest"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder that is all of the PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(programs, "USUAL_PLACES", ())
    return tmp_path


def put(path: Path, content: bytes = ELF, mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_a_program_is_found_by_name_or_absolute_path(place):
    program = put(place / "storekeeper")
    assert programs.find("storekeeper") == program
    assert programs.find(str(program)) == program
    assert programs.find("other") is None
    assert programs.find("./storekeeper") is None


def test_scripts_that_start_it_and_files_that_cannot_run_are_passed_over(place, monkeypatch):
    put(place / "storekeeper", b"#!/bin/sh\nexec /opt/storekeeper\n")
    second = place / "second"
    put(second / "storekeeper", mode=0o644)
    third = place / "third"
    program = put(third / "storekeeper")
    monkeypatch.setenv("PATH", f"{place}:{second}:{third}")
    assert programs.find("storekeeper") == program


def test_what_is_missing_is_told_with_how_to_get_it(place):
    needs = [Needed("storekeeper", "apt-get install storekeeper"), Needed("/no/file", "make it")]
    assert programs.lacking(needs) == [
        "storekeeper is not on this machine: apt-get install storekeeper",
        "/no/file is not on this machine: make it",
    ]
    with pytest.raises(HostUnavailable, match="storekeeper is not on this machine: apt-get"):
        programs.path_of("storekeeper", needs[:1])


def test_a_program_is_packed_alone_or_with_the_tree_it_lives_in(place):
    home = place / "machine"
    for name in ("bin/java", "lib/libjvm.so", "jmods/base", "lib/src.zip"):
        put(home / name)
    (place / "java").symlink_to(home / "bin/java")
    # It runs under its true name, beside its own files.
    alone = packing.find_software([Needed("java", "")])
    assert alone == [home / "bin/java"]
    whole = packing.find_software([Needed("java", "", tree=2)])
    assert whole == [home / "bin/java", home / "lib/libjvm.so"]


def test_a_file_is_packed_under_the_name_it_is_asked_for_by(place):
    jar = put(place / "storekeeper-3.8.jar", b"PK")
    (place / "storekeeper.jar").symlink_to(jar)
    needed = Needed(str(place / "storekeeper.jar"), "")
    assert packing.find_software([needed]) == [place / "storekeeper.jar"]


def test_what_is_optional_is_taken_along_where_it_is_and_not_missed(place):
    there = Needed(str(put(place / "more.jar", b"PK")), "", optional=True)
    absent = Needed(str(place / "less.jar"), "", optional=True)
    assert programs.lacking([there, absent]) == []
    assert packing.find_software([there, absent]) == [place / "more.jar"]


def test_the_recipe_changes_with_the_software(place):
    interpreter = packing.Interpreter(put(place / "python"), (), "3.11")
    program = put(place / "storekeeper")
    plain = packing.recipe(interpreter, "sources")
    first = packing.recipe(interpreter, "sources", [program])
    put(program, ELF + b"newer")
    assert len({plain, first, packing.recipe(interpreter, "sources", [program])}) == 3


def test_data_is_put_into_arguments_and_files():
    launch = Launch(
        "", ("--at={data}/x",), (1,), program="storekeeper", files={"a/b": "where={data}\n"}
    )
    assert launch.told("/d") == ["--at=/d/x"]
    assert launch.files_in("/d") == {"a/b": b"where=/d\n"}
    assert Launch("m.n", ("{data}",), (1,)).told("/d") == ["-m", "m.n", "/d"]


def test_hosts_say_beforehand_what_they_lack(place):
    missing = Launch("", (), (1,), program="storekeeper", needs=(Needed("storekeeper", "get it"),))
    ours = Launch("targets.nodes.raft", (), (1,), core=CoreArguments("n1", ("n1",)))
    simulated = SimulatedHost(lambda name: random.Random(0))
    for host in (SandboxHost(), DockerHost()):
        assert host.lacks(missing) == ["storekeeper is not on this machine: get it"]
        assert host.lacks(ours) == []
    assert simulated.lacks(ours) == []
    (told,) = simulated.lacks(missing)
    assert "storekeeper cannot be simulated" in told


def test_files_go_into_a_machine_with_their_folders():
    packed = payload.archive({"a/b/c": b"deep", "top": b"flat"})
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        assert [(m.name, m.isdir()) for m in tar] == [
            ("a", True),
            ("a/b", True),
            ("a/b/c", False),
            ("top", False),
        ]
        assert tar.extractfile("a/b/c").read() == b"deep"
