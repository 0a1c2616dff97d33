"""docs/your-own-system.md: its code is the example's, and its commands do what it shows."""

from __future__ import annotations

import json
import os
import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MYDB = "examples/mydb/mydb.py"
PAGE = (ROOT / "docs" / "your-own-system.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"```console\n\$ (splitbrain .*)\n(.*)\n", PAGE)
"""Each command of the page, with the first line of what it printed."""


def test_the_pages_code_is_all_of_the_examples_in_order() -> None:
    pieces = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    example = (ROOT / MYDB).read_text(encoding="utf-8")
    assert all(piece in example for piece in pieces)
    assert "".join(pieces).split() == example.split()
    assert len(example.splitlines()) <= 110


def need(host: str, request: pytest.FixtureRequest) -> None:
    """Skip where the host cannot be had, unless it is required."""
    from targets.hosts.choose import choose
    from targets.target import HostUnavailable

    try:
        choose(host)
    except HostUnavailable as error:
        if host in (request.config.getoption("--require", default=None) or ()):
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    need("sandbox", request)
    return tmp_path_factory.mktemp("store")


def splitbrain(store: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "splitbrain", *arguments],
        cwd=ROOT,
        env=os.environ | {"SPLITBRAIN_STORE": str(store)},
        capture_output=True,
        text=True,
        timeout=300,
    )


def gist(line: str) -> str:
    """What of a printed line is the same each time: all before numbers, names and details."""
    return re.split(r"\d|happened", line)[0]


@pytest.mark.thorough
@pytest.mark.live
def test_its_commands_print_what_the_page_shows(store: Path) -> None:
    """In the page's order, in one test, for the last repeats the run before it."""
    for command, first in SHOWN:
        done = splitbrain(store, *shlex.split(command)[1:])
        assert gist(done.stdout) == gist(first), done.stdout + done.stderr
        expected = 0 if first.startswith("VALID") else 1
        assert done.returncode == expected, done.stderr


def test_the_page_shows_a_valid_run_an_invalid_one_and_its_replay() -> None:
    assert [first.split()[0] for _, first in SHOWN] == ["VALID:", "INVALID:", "Reproduced"]


@pytest.mark.live
def test_a_target_that_breaks_underway_is_told_by_its_line_and_leaves_nothing(
    store: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own.py"
    example = str(ROOT / "examples" / "mydb")
    own.write_text(
        f"import sys\nsys.path.append({example!r})\n"
        "from mydb import HOT_KEY, MyClient, MyDB, Target\n"
        "class Broken(MyClient):\n"
        "    def receive(self, data):\n"
        "        return data.nothing\n"
        "BROKEN = Target(MyDB(), lambda asked: Broken(asked.prefix), (HOT_KEY,))\n"
    )
    done = splitbrain(
        store,
        *("test", "--target", f"{own}:BROKEN", "--host", "sandbox", "--nodes", "3"),
        *("--faults", "none", "--time-limit", "60s"),
    )
    assert done.returncode == 70, done.stdout + done.stderr
    assert f"{own}:6: receive raised AttributeError" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.thorough
@pytest.mark.live
def test_the_same_file_runs_in_containers(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    need("docker", request)
    done = splitbrain(
        tmp_path,
        *("test", "--target", MYDB, "--host", "docker", "--nodes", "2", "--workload", "hot-key"),
        *("--faults", "none", "--time-limit", "1500ms", "--option", "reads=local"),
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "stale read" in done.stdout


@pytest.mark.live
def test_the_same_file_tests_a_cluster_that_runs_already(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = str(ROOT / "examples" / "mydb" / "server.py")
    arguments = ("--name", "n1", "--port", str(port), "--log", str(tmp_path / "log"))
    with subprocess.Popen([sys.executable, server, *arguments]) as node:
        try:
            place = f"127.0.0.1:{port}"
            limits = ("--time-limit", "4s", "--rate", "100")
            done = splitbrain(tmp_path, "test", "--target", MYDB, "--endpoints", place, *limits)
        finally:
            node.kill()
    assert done.returncode == 0, done.stdout + done.stderr
    lines = (tmp_path / "log").read_text().splitlines()
    keys = {json.loads(line)[0].rpartition("/")[0] for line in lines}
    (run,) = [path.name for path in (tmp_path / "runs").iterdir() if not path.is_symlink()]
    assert keys == {f"splitbrain/{run}"}, "each run has keys of its own"
