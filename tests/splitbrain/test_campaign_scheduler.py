"""Campaigns over a dask scheduler: the same results as here, and what ends them is said."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from distributed import Client

from splitbrain.campaign import CampaignBroken, CampaignRefused, Trial, remote, scheduler, trials
from splitbrain.campaign.interrupts import Interrupts
from splitbrain.campaign.remote import OtherProgram, attempt_here, own_program
from splitbrain.cli import front
from splitbrain.plan import Plan

# They start processes of their own, and measure nothing: one set of them is enough.
pytestmark = [
    pytest.mark.xdist_group("scheduler"),
    # The engine's own: sockets that its threads close a moment after the client is closed.
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]

PLAN = Plan(
    "raft",
    "simulated",
    "register",
    rate=30,
    operations=60,
    time_limit_s=2.0,
    faults=("kill",),
    fault_hold_s=0.5,
    fault_quiet_s=0.3,
)
SHORT = (
    "test raft --host simulated --operations 60 --time-limit 2 --faults kill --interval 0.5,0.3 "
    "--seed 0"
)
HERE = ("--host", "127.0.0.1", "--no-dashboard")
STARTED_S = 60.0


class Engine:
    """A scheduler on this machine and workers of it: processes that are ours to kill."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.workers: dict[str, subprocess.Popen[bytes]] = {}
        self.scheduler = self._start("scheduler", "--port", "0")
        self.address = self._told(r"Scheduler at:\s+(tcp://\S+)")

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *exc: object) -> None:
        for process in (*self.workers.values(), self.scheduler):
            process.kill()
            process.wait()

    def work(self, name: str, **environment: str) -> None:
        """Start a worker of that name."""
        one = ("--nthreads", "1", "--no-nanny", "--name", name)
        self.workers[name] = self._start("worker", self.address, *one, **environment)

    def wait_for(self, *names: str) -> None:
        """Until the scheduler knows of these workers."""
        for name in names:
            self._told(rf"Register worker .*(name: {name}\b)")

    def tasks(self) -> int:
        """How many the scheduler has."""
        with Client(self.address, set_as_default=False) as client:
            # A lambda travels by value: the scheduler knows nothing of this file.
            there: int = client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks))
            return there

    def forgets(self) -> bool:
        """Whether the scheduler comes to have no tasks at all."""
        deadline = time.monotonic() + STARTED_S
        while (there := self.tasks()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return there == 0

    def _start(self, what: str, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", what, *arguments, *HERE],
                stdout=log,
                stderr=log,
                cwd=self._folder,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | environment,
            )

    def _told(self, pattern: str) -> str:
        deadline = time.monotonic() + STARTED_S
        while time.monotonic() < deadline:
            log = (self._folder / "log").read_text()
            if found := re.search(pattern, log):
                return found[1]
            time.sleep(0.05)
        raise AssertionError(log)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A scheduler with two workers."""
    with Engine(tmp_path_factory.mktemp("engine")) as started:
        started.work("first")
        started.work("second")
        yield started


def plans(count: int) -> list[Plan]:
    return [replace(PLAN, seed=seed) for seed in range(count)]


def endless() -> Iterator[Plan]:
    return (replace(PLAN, seed=seed) for seed in itertools.count())


def untimed(found: Iterator[Trial]) -> list[Trial]:
    """All but how long each took."""
    return [replace(trial, seconds=0.0) for trial in found]


def test_a_worker_that_is_killed_costs_nothing_but_time(engine: Engine) -> None:
    local = untimed(trials(plans(16), jobs=1))
    engine.wait_for("first", "second")
    there = trials(plans(16), jobs=1, scheduler=engine.address)
    first = untimed(itertools.islice(there, 2))
    victim = engine.workers["second"]
    os.kill(victim.pid, signal.SIGKILL)
    assert first + untimed(there) == local
    assert victim.wait() == -signal.SIGKILL


def test_leaving_off_early_cancels_what_is_in_hand(engine: Engine) -> None:
    with closing(trials(endless(), jobs=1, scheduler=engine.address)) as found:
        assert [trial.seed for trial in itertools.islice(found, 3)] == [0, 1, 2]
        assert engine.tasks() > 0
    assert engine.forgets()


def test_a_worker_with_another_program_is_refused(engine: Engine, tmp_path: Path) -> None:
    root = Path(scheduler.__file__).parents[2]
    for package in ("checker", "clients", "histories", "nemesis", "splitbrain", "targets"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(root / package, tmp_path / package, ignore=ignore)
    with (tmp_path / "targets" / "nodes" / "__init__.py").open("a") as file:
        file.write("# A node that is a little different.\n")
    engine.work("other", PYTHONPATH=str(tmp_path))
    engine.wait_for("other")
    with pytest.raises(CampaignBroken, match=r"1 of \d workers cannot take part.* has other sou"):
        next(trials(plans(1), jobs=1, scheduler=engine.address))
    engine.workers["other"].kill()


@pytest.fixture
def at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process is a worker of a scheduler."""
    here = SimpleNamespace(address="tcp://10.0.0.7:4711")
    monkeypatch.setattr("distributed.get_worker", lambda: here)


@pytest.mark.parametrize(
    ("other", "how"),
    [
        ({"version": "0.0.1"}, r"has splitbrain .*, not 0\.0\.1"),
        ({"python": "3.99.1"}, r"has Python .*, not 3\.99\.1"),
        ({"source": "f" * 64}, "has other source: .*, not ffffffff"),
    ],
)
def test_a_worker_runs_nothing_for_another_program(
    other: dict[str, str], how: str, at_work: None
) -> None:
    """Asked with every task, for workers may join at any time."""
    with pytest.raises(OtherProgram, match=rf"^tcp://10\.0\.0\.7:4711 {how}"):
        attempt_here(PLAN.to_json(), replace(own_program(), **other))


class Answer:
    """What the fake client gives for a task: what its worker made of it."""

    def __init__(self, task: Any, arguments: tuple[Any, ...]) -> None:
        self.status = "pending"
        self._task, self._arguments = task, arguments

    def result(self, timeout: float) -> Any:
        try:
            told = self._task(*self._arguments)
        except Exception:
            self.status = "error"
            raise
        self.status = "finished"
        return told


class FakeClient:
    """A client whose scheduler has ``workers``, look by look (the last number for ever)."""

    def __init__(self, *workers: int) -> None:
        self._workers = list(workers)
        self.submitted = 0

    def sync(self, asked: Any, *arguments: Any, **more: Any) -> Any:
        return asked()

    def nthreads(self) -> range:
        return range(self._workers.pop(0) if len(self._workers) > 1 else self._workers[0])

    def run(self) -> dict[str, Any]:
        return {}

    def submit(self, task: Any, *arguments: Any, pure: bool) -> Answer:
        self.submitted += 1
        return Answer(task, arguments)


def over(client: FakeClient, count: int) -> list[int]:
    """The seeds whose trials come from a campaign of ``count`` plans."""
    told = scheduler._Campaign(client, "tcp://10.0.0.1:8786", Interrupts())
    return [trial.seed for trial in told.trials(iter(plans(count)))]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "LOOK_EVERY_S", -1.0)
    monkeypatch.setattr(scheduler, "WORKERS_S", 0.3)
    told = {"verdict": "valid", "kinds": (), "died": ()}
    monkeypatch.setattr(remote, "attempt_here", lambda plan, by: told | {"seed": plan["seed"]})


def test_a_campaign_whose_last_worker_leaves_waits_for_another(impatient: None) -> None:
    client = FakeClient(1, *[0] * 6, 1)
    assert over(client, 10) == list(range(10))


def test_a_campaign_whose_workers_stay_away_does_not_end_as_if_complete(impatient: None) -> None:
    client = FakeClient(1, 0)
    with pytest.raises(CampaignBroken, match=r"has had no workers for 0\.3 s"):
        over(client, 10)
    assert client.submitted == scheduler.AHEAD


def test_a_campaign_that_is_complete_waits_for_nobody(impatient: None) -> None:
    assert over(FakeClient(1, 0), scheduler.AHEAD) == list(range(scheduler.AHEAD))


def test_a_worker_with_another_program_that_joins_is_named_with_what_to_do(
    at_work: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def edited() -> None:
        raise OtherProgram("has source of splitbrain that was edited since it was started")

    monkeypatch.setattr(remote, "introduce", edited)
    with pytest.raises(CampaignBroken) as broken:
        over(FakeClient(1), 1)
    assert str(broken.value) == (
        "a worker joined that cannot take part, for a seed means the same only in the same "
        "program: tcp://10.0.0.7:4711 has source of splitbrain that was edited since it was "
        "started. Install this splitbrain there and start them again."
    )


def test_a_source_that_was_edited_since_the_start_is_no_source(monkeypatch: Any) -> None:
    class Changed:
        def __call__(self) -> str:
            return "then"

        def __wrapped__(self) -> str:
            return "now"

    monkeypatch.setattr(remote, "source_digest", Changed())
    with pytest.raises(OtherProgram, match="edited since it was started"):
        own_program()


@pytest.mark.thorough
def test_what_goes_away_in_the_middle_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "WORKERS_S", 0.5)
    monkeypatch.setattr(scheduler, "LOOK_EVERY_S", 0.2)
    with Engine(tmp_path) as alone:
        with pytest.raises(CampaignBroken, match=r"has had no workers for 0.5 s. Start some: dask"):
            next(trials(plans(1), jobs=1, scheduler=alone.address))
        alone.work("one")
        alone.wait_for("one")
        found = trials(endless(), jobs=1, scheduler=alone.address)
        next(found)
        alone.workers["one"].kill()
        with pytest.raises(CampaignBroken, match=r"has had no workers for 0.5 s"):
            list(found)
        alone.work("two")
        alone.wait_for("two")
        found = trials(endless(), jobs=1, scheduler=alone.address)
        next(found)
        alone.scheduler.kill()
        with pytest.raises(CampaignBroken, match=r"the scheduler at tcp://.* is lost: it ended"):
            list(found)


def test_a_scheduler_that_does_not_answer_is_said(monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setattr(scheduler, "CONNECT_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert campaign(f"tcp://127.0.0.1:{port}") == 70
    out = capsys.readouterr().out
    assert json.loads(out)["runs"] == 0
    assert (
        f"no scheduler answered at tcp://127.0.0.1:{port} within 0.5 s" in json.loads(out)["broken"]
    )


@pytest.mark.parametrize(
    "address", ["8786", "localhost:8786", "tcp://", "tcp://a b:1", "http://a:1"]
)
def test_an_address_that_is_none_is_refused(address: str, capsys: Any) -> None:
    assert campaign(address) == 2
    assert "expected the address of a dask scheduler, as tcp://" in capsys.readouterr().err
    with pytest.raises(CampaignRefused):
        next(trials(plans(1), jobs=1, scheduler=address))


def test_without_the_extra_the_user_is_told_how_to_get_it(monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setattr(scheduler, "find_spec", lambda name: None)
    assert campaign("tcp://127.0.0.1:1", "--jobs", "2") == 2
    err = capsys.readouterr().err
    assert "2 problems" in err and "pip install 'splitbrain[cluster]'" in err and "--jobs: " in err


@pytest.mark.thorough
def test_what_workers_accuse_is_run_again_and_kept_here(
    engine: Engine, tmp_path: Path, capsys: Any
) -> None:
    arguments = ("--bug", "R8", "--time-limit", "5", "--operations", "300", "--rate", "60")
    code = campaign(engine.address, *arguments, "--runs", "50", store=tmp_path)
    told = json.loads(capsys.readouterr().out)
    assert (code, told["verdict"], told["broken"]) == (1, "invalid", None)
    accused = told["accusations"][0]["seed"]
    assert (Path(told["kept"][str(accused)]) / "report.html").is_file()


@pytest.mark.thorough
def test_ctrl_c_tells_what_was_found_and_how_to_go_on(engine: Engine, tmp_path: Path) -> None:
    many = ("--runs", "1000000", "--scheduler", engine.address)
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "splitbrain", *SHORT.split(), *many],
        env=os.environ | {"SPLITBRAIN_STORE": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        assert any(" of 1,000,000 runs, " in line for line in iter(process.stderr.readline, ""))
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 130
    assert "(interrupted)" in out and f"by the workers of {engine.address}" in out
    assert re.search(r"The seeds that are left: .* --runs 9\d+ --scheduler tcp://", out)
    assert engine.forgets(), "what was in hand is still there"


def campaign(address: str, *more: str, store: Path | None = None) -> int:
    given = list(more) if "--runs" in more else [*more, "--runs", "2"]
    where = [] if store is None else ["--store", str(store)]
    return front.run([*SHORT.split(), "--json", "-q", "--scheduler", address, *given, *where])
