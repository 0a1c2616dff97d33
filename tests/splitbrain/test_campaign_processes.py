"""A campaign's processes: what one that dies costs, and that none is left, however it ends."""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from test_campaign import PLAN, SHORT, plans

from checker.verdict import Verdict
from splitbrain.campaign import CampaignBroken, Trial, pool, trials
from splitbrain.campaign.interrupts import Interrupts
from splitbrain.plan import Plan


class Processes:
    """Those of the campaigns of a test, in which ``attempt`` is another function."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker
        self._executors: list[ProcessPoolExecutor] = []

    def executor(self, jobs: int, home: Path) -> ProcessPoolExecutor:
        """As the pool's own, but that each process knows of the test's marker."""
        context = multiprocessing.get_context("spawn")
        made = ProcessPoolExecutor(
            jobs, mp_context=context, initializer=pool._begin, initargs=(home,)
        )
        self._executors.append(made)
        return made

    def pids(self) -> list[int]:
        """Those that are at work now."""
        return [pid for executor in self._executors for pid in executor._processes or ()]


@pytest.fixture
def processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Processes:
    made = Processes(tmp_path / "marker")
    monkeypatch.setenv("SPLITBRAIN_MARKER", str(made.marker))
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.setattr(pool, "_executor", made.executor)
    return made


def lasting(plan: Plan) -> Trial:
    """A run that is long, but for the first seeds; the marker says that one came to its end."""
    if plan.seed >= 3:
        time.sleep(LASTING_S)
        Path(os.environ["SPLITBRAIN_MARKER"]).touch()
    return Trial(plan.seed, Verdict.VALID)


LASTING_S = 20.0


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_leaving_off_early_ends_the_processes(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "attempt", lasting)
    with closing(trials((replace(PLAN, seed=n) for n in itertools.count()), jobs=2)) as endless:
        assert [trial.seed for trial in itertools.islice(endless, 3)] == [0, 1, 2]
        pids = processes.pids()
        assert len(pids) == 2 and all(map(alive, pids))
    assert not any(map(alive, pids))
    assert not processes.marker.exists(), "a run that nobody waits for was waited for"


def suicidal(plan: Plan) -> Trial:
    """A run whose process is killed: the first time, or for seed 13 always."""
    marker = Path(os.environ["SPLITBRAIN_MARKER"])
    if plan.seed == 13 or (plan.seed == 2 and not marker.exists()):
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return Trial(plan.seed, Verdict.VALID)


def told_to_end(plan: Plan) -> Trial:
    """The same for SIGTERM, which a run takes for an interrupt."""
    marker = Path(os.environ["SPLITBRAIN_MARKER"])
    if plan.seed == 13 or (plan.seed == 2 and not marker.exists()):
        marker.touch()
        raise KeyboardInterrupt
    return Trial(plan.seed, Verdict.VALID)


@pytest.fixture(params=[suicidal, told_to_end])
def killed(
    request: pytest.FixtureRequest, processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "attempt", request.param)


def test_a_process_that_is_killed_costs_nothing_but_time(
    killed: None, processes: Processes
) -> None:
    assert [trial.seed for trial in trials(plans(6), jobs=2)] == list(range(6))
    assert processes.marker.exists()


def test_a_seed_that_kills_its_process_every_time_ends_the_campaign(killed: None) -> None:
    with pytest.raises(CampaignBroken, match="died 3 times around seed 1"):
        list(trials(plans(6, first=10), jobs=2))


def test_an_interrupt_while_processes_start_is_put_off_and_not_lost() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), pool._undisturbed():
        os.kill(os.getpid(), signal.SIGINT)
        code = "import signal; print(signal.SIGINT in signal.pthread_sigmask(0, []))"
        child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        done.append(child.stdout.strip())
    assert done == ["True"], "what is started meanwhile hears of no interrupt"


def test_an_interrupt_is_raised_where_it_is_looked_for() -> None:
    with Interrupts() as interrupts:
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            interrupts.check()
        interrupts.check()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_that_nobody_looked_for_is_raised_at_the_end() -> None:
    with pytest.raises(KeyboardInterrupt), Interrupts():
        os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(ValueError, match="more to say"), Interrupts():
        os.kill(os.getpid(), signal.SIGINT)
        raise ValueError("more to say")


@pytest.mark.parametrize("delay_s", [0.0, 0.05])
def test_an_interrupt_ends_a_campaign_and_its_processes(
    delay_s: float, processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "attempt", lasting)
    begun = trials(plans(10_000), jobs=2)
    next(begun)
    pids = processes.pids()
    assert len(pids) == 2 and all(map(alive, pids))
    timer = threading.Timer(delay_s, os.kill, [os.getpid(), signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        for _ in begun:
            pass
    timer.join()
    assert not any(map(alive, pids))
    assert not processes.marker.exists(), "a run that nobody waits for was waited for"


def gone(group: int) -> bool:
    """Whether the process group comes to its end, as a server of processes does by itself."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def endless(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A real campaign of two processes that is under way, in a process group of its own."""
    words = (*SHORT.split(), "--runs", "1000000", "--jobs", "2")
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "splitbrain", *words],
        env=os.environ | {"SPLITBRAIN_STORE": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    try:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        assert any(" of 1,000,000 runs, " in line for line in lines)
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_ctrl_c_ends_a_real_campaign_and_all_its_processes(
    endless: subprocess.Popen[str],
) -> None:
    os.killpg(endless.pid, signal.SIGINT)
    out, _ = endless.communicate(timeout=120)
    assert endless.returncode == 130
    assert "(interrupted)" in out and " valid" in out
    assert gone(endless.pid), "some process of it lives on"


def test_processes_end_with_a_harness_that_is_killed(endless: subprocess.Popen[str]) -> None:
    """The harness alone: its processes hear of it from nobody, and have to notice."""
    endless.kill()
    assert endless.wait() == -signal.SIGKILL
    assert gone(endless.pid), "some process of it lives on"
