"""What the harness itself can do, measured by hand: `python benchmarks/harness.py COMMAND`.

interpreter   schedule, interpreter, asyncio driver and journal against a client that answers
              at once: operations a second (median of several runs), and where the time goes.
setup         whole short runs of `splitbrain test raft` on each host that can be had: from the
              start of set-up to the first ok, and the tear-down.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import json
import os
import pstats
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from clients.client import Completion, Invocation
from histories.event import Outcome
from histories.journal import Journal
from splitbrain.drivers import LoopClock, drive
from splitbrain.generator import Draw, Limit, Mix, PerKey, Phase, Phases, Repeat, Stagger
from splitbrain.interpreter import Interpreter


class NoOpClient:
    """Answers every operation at once, with the value it was given."""

    def invoke(self, invocation: Invocation, complete: Callable[[Completion], None]) -> None:
        """Complete before returning; the driver takes it up in its next turn."""
        complete(Completion(Outcome.OK, invocation.value))

    async def close(self) -> None:
        """Nothing to close."""


def registers(operations: int, rate: float) -> Phases:
    """The register workload's shape: read, write and cas over many short-lived keys."""
    mix = Mix(
        (
            (2.0, Repeat("read")),
            (1.0, Draw("write", lambda rng, n: rng.randrange(1000))),
            (1.0, Draw("cas", lambda rng, n: [rng.randrange(1000), rng.randrange(1000)])),
        )
    )
    paced = Stagger(PerKey(mix, keys=5, operations=200), rate)
    return Phases(((Phase("main"), Limit(paced, operations)),))


def play(operations: int, rate: float, folder: Path) -> tuple[float, float]:
    """One run: seconds on the wall and seconds of this process's CPU."""
    schedule = registers(operations, rate)
    nodes = ["n1", "n2", "n3", "n4", "n5"]
    interpreter = Interpreter(schedule, Random(0), nodes=nodes, concurrency=10)
    journal = Journal(folder / f"{time.monotonic_ns()}.jsonl", {"run": "benchmark"})
    wall, cpu = time.perf_counter(), time.process_time()
    asyncio.run(drive(interpreter, [NoOpClient()] * 10, None, journal, clock=LoopClock()))
    seconds = time.perf_counter() - wall, time.process_time() - cpu
    journal.close()
    lines = sum(1 for _ in journal.path.open())
    assert lines == 2 * operations + 1, f"{lines} lines journaled, expected {2 * operations + 1}"
    return seconds


def measure_interpreter(arguments: argparse.Namespace) -> None:
    """Median operations a second over several runs, then a profile of one more."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        n = arguments.operations
        runs = [play(n, arguments.rate, folder) for _ in range(arguments.runs)]
        wall = sorted(n / seconds for seconds, _ in runs)
        cpu = sorted(n / seconds for _, seconds in runs)
        print(f"{arguments.runs} runs of {n:,} operations ({2 * n:,} events) on one core")
        for label, rates in (("wall time", wall), ("cpu time", cpu)):
            print(
                f"  operations per second of {label:9}: median {statistics.median(rates):>9,.0f}"
                f"   lowest {rates[0]:>9,.0f}   highest {rates[-1]:>9,.0f}"
            )
        profile = cProfile.Profile()
        profile.runcall(play, n, arguments.rate, folder)
    print_by_module(profile)


def print_by_module(profile: cProfile.Profile) -> None:
    """Own time by module, and the functions with most of it. Profiling inflates calls."""
    stats = pstats.Stats(profile)
    functions: list[tuple[float, int, str, str]] = []
    modules: dict[str, float] = {}
    root = Path(__file__).parents[1]
    for (file, _, function), (_, calls, own, _, _) in stats.stats.items():  # type: ignore[attr-defined]
        path = Path(file)
        inside = path.is_relative_to(root)
        module = str(path.relative_to(root)) if inside else path.name if file != "~" else "built-in"
        modules[module] = modules.get(module, 0.0) + own
        functions.append((own, calls, module, function))
    total = sum(modules.values())
    print(f"\nwhere the time goes ({total:.2f} s under the profiler)")
    for module, own in sorted(modules.items(), key=lambda entry: -entry[1])[:10]:
        print(f"  {own / total:6.1%}  {module}")
    print("\n  share   calls      function")
    for own, calls, module, function in sorted(functions, reverse=True)[:12]:
        print(f"  {own / total:6.1%} {calls:>9,}  {module}: {function}")


def measure_setup(arguments: argparse.Namespace) -> None:
    """Five nodes up until the first ok, and down again, as runs without faults record it."""
    from targets.hosts.choose import HOSTS, choose
    from targets.target import HostUnavailable

    print(f"five nodes, {arguments.runs} runs   median s (lowest to highest)")
    for host in (host for host in HOSTS if host != "ssh"):  # It needs machines of somebody's.
        try:
            choose(host)
        except HostUnavailable as error:
            print(f"  {host:8} left out: {error}")
            continue
        # One run that does not count: on docker it may have to make the image.
        timings = [short_run(host) for _ in range(arguments.runs + 1)][1:]
        for member, label in (("first_ok_s", "until the first ok"), ("teardown_s", "tear-down")):
            seconds = sorted(timing[member] for timing in timings)
            middle = statistics.median(seconds)
            print(f"  {host:8} {label:19} {middle:6.2f}  ({seconds[0]:.2f} to {seconds[-1]:.2f})")


def short_run(host: str) -> dict[str, float]:
    """The timings that a valid two-second run without faults recorded."""
    with tempfile.TemporaryDirectory() as store:
        command = [sys.executable, "-m", "splitbrain", "test", "raft", "--host", host]
        command += ["--time-limit", "2", "--faults", "none", "--store", store, "--json", "--quiet"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    timings: dict[str, float] = json.loads(done.stdout)["timings"]
    return timings


COMMANDS: dict[str, Callable[[argparse.Namespace], None]] = {
    "interpreter": measure_interpreter,
    "setup": measure_setup,
}


def main() -> None:
    """Run the measurement named on the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=sorted(COMMANDS))
    parser.add_argument("--operations", type=int, default=50_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--rate", type=float, default=0.0, help="0: as fast as workers free up")
    arguments = parser.parse_args()
    COMMANDS[arguments.command](arguments)


if __name__ == "__main__":
    main()
