"""How many simulated runs a minute, and what limits them.

    python -m benchmarks.simulation [--runs 300] [--jobs 2] [--system raft] [--profile]

A run has five nodes, 200 client operations over ten simulated seconds and faults of four kinds,
and it is judged. Wall-clock figures depend on what else the machine does; the processor time of
a run does much less. ``--profile`` says in which part of
the program the time goes, in one process.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from splitbrain.campaign import attempt, trials
from splitbrain.plan import Plan

ROOT = Path(__file__).resolve().parents[1]
WARM_UP = 3
PARTS = {
    "targets/nodes": "the nodes' cores",
    "targets/hosts/simulated": "processes, network, disks, the loop",
    "nemesis": "nemesis",
    "targets/systems": "status requests",
    "clients": "clients",
    "splitbrain/drivers": "interpreter and driver",
    "splitbrain/interpreter": "interpreter and driver",
    "splitbrain/generator": "generator",
    "splitbrain/workloads": "generator",
    "checker": "judging",
    "histories": "judging",
}


def plan_of(system: str) -> Plan:
    """The plan of the first seed."""
    return Plan(
        system,
        "simulated",
        "register",
        operations=200,
        rate=20.0,
        time_limit_s=10.0,
        faults=("partition", "kill", "pause", "power-loss"),
        fault_hold_s=1.5,
        fault_quiet_s=0.7,
    )


def seeds(plan: Plan, first: int = 1) -> Iterator[Plan]:
    """The plan with one seed after another, for ever."""
    while True:
        yield replace(plan, seed=first)
        first += 1


def wall(plan: Plan, runs: int, jobs: int) -> None:
    """Runs a minute, as a user meets them, start-up of the processes excluded."""
    found = trials(seeds(plan), jobs=jobs)
    warm = list(islice(found, WARM_UP * jobs))
    began = time.perf_counter()
    told = list(islice(found, runs))
    seconds = time.perf_counter() - began
    found.close()
    assert not [trial.error for trial in [*warm, *told] if trial.error]
    virtual = sum(trial.virtual_s for trial in told)
    print(
        f"{plan.system}: {len(told)} runs in {jobs} processes: {60 * len(told) / seconds:,.0f} a "
        f"minute, {virtual / seconds:,.0f} simulated seconds a second; "
        f"{statistics.fmean(trial.ok for trial in told):.0f} operations ok a run"
    )


def processor(plan: Plan, runs: int) -> float:
    """Milliseconds of processor time a run, in one process."""
    plans = seeds(plan)
    for warm in islice(plans, WARM_UP):
        attempt(warm)
    began = time.process_time()
    for one in islice(plans, runs):
        attempt(one)
    each_ms = (time.process_time() - began) / runs * 1e3
    print(
        f"{plan.system}: {each_ms:.1f} ms of processor time a run, {60_000 / each_ms:,.0f} a minute"
    )
    return each_ms


def profile(plan: Plan, runs: int) -> None:
    """The share of each part of the program, by the functions' own time."""
    profiler = cProfile.Profile()
    plans = seeds(plan)
    for warm in islice(plans, WARM_UP):
        attempt(warm)
    profiler.enable()
    for one in islice(plans, runs):
        attempt(one)
    profiler.disable()
    stats = pstats.Stats(profiler)
    own: dict[str, float] = defaultdict(float)
    for (file, _, name), (_, _, seconds, _, callers) in stats.stats.items():  # type: ignore[attr-defined]
        part = _part(file)
        if part is None and callers:
            # A built-in or a library's: to whoever called it, in proportion.
            total = sum(times[2] for times in callers.values()) or 1.0
            for (caller, _, _), times in callers.items():
                own[_part(caller) or "Python's libraries"] += seconds * times[2] / total
        else:
            own[part or "Python's libraries"] += seconds
        del name
    whole = sum(own.values())
    for part, seconds in sorted(own.items(), key=lambda item: -item[1]):
        print(f"  {seconds / whole:6.1%}  {part}")


def _part(file: str) -> str | None:
    if not file.startswith(str(ROOT)):
        return None
    path = file[len(str(ROOT)) + 1 :]
    return next((part for folder, part in PARTS.items() if path.startswith(folder)), "the rest")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--system", default="raft")
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    plan = plan_of(options.system)
    if options.profile:
        profile(plan, min(options.runs, 50))
        return
    processor(plan, min(options.runs, 50))
    wall(plan, options.runs, options.jobs)


if __name__ == "__main__":
    main()
