"""What following a run costs: `python benchmarks/online.py [--operations N] [--case NAME]`.

Each case is a register driven by busy clients, simulated here, one event at a time: every
client invokes again as soon as it got an answer; an operation takes effect at some instant
between its call and its return. The events are fed to the monitor as they are made, so
nothing is kept of them but what the monitor keeps. Printed are operations a second of wall
time, events being made included, and of CPU time without that; the most configurations seen
between two returns; and the most memory the process held.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from random import Random

from checker.online.monitor import Monitor
from histories.event import Event, EventType

INVOKE, OK, INFO = EventType.INVOKE, EventType.OK, EventType.INFO
CASES = {
    "small": {"values": 5},
    "unique": {"values": 0},
    "small, 1 % crashed": {"values": 5, "crashed": 0.01},
    "unique, 1 % crashed": {"values": 0, "crashed": 0.01},
    "small, 50 clients": {"values": 5, "clients": 50},
    "unique, 50 clients": {"values": 0, "clients": 50},
}


def busy(
    operations: int,
    *,
    clients: int = 10,
    values: int = 5,
    crashed: float = 0.0,
    seed: int = 0,
) -> Iterator[Event]:
    """Events of a register under busy clients; half reads. ``values`` 0: none written twice.

    A write that crashes takes effect at once, later, or never.
    """
    rng = Random(seed)
    draw, below = rng.random, rng.randrange
    state: int | None = None
    process = list(range(clients))
    doing: list[tuple[str, int | None] | None] = [None] * clients
    answer: list[tuple[bool, int | None]] = [(False, None)] * clients
    ghosts: list[int | None] = []
    crash = [False] * clients
    started = index = fresh = 0
    next_process = clients
    left = clients
    while left:
        c = below(clients)
        one = doing[c]
        if one is None:
            if started >= operations:
                doing[c] = ("", None)
                left -= 1
                continue
            started += 1
            if draw() < 0.5:
                one = ("read", None)
            else:
                fresh += 1
                one = ("write", below(values) if values else fresh)
            doing[c] = one
            answer[c] = (False, None)
            yield Event(index, index * 1000, process[c], INVOKE, one[0], None, one[1])
            index += 1
            continue
        f, value = one
        if not f:
            continue
        placed, seen = answer[c]
        if not placed:
            if ghosts and draw() < 0.2:
                state = ghosts.pop(below(len(ghosts)))
            crash[c] = draw() < crashed
            if f == "write":
                fate = draw() if crash[c] else 0.0
                if fate < 0.3:
                    state = value
                elif fate < 0.6:
                    ghosts.append(value)
            answer[c] = (True, state)
            continue
        doing[c] = None
        if crash[c]:
            yield Event(index, index * 1000, process[c], INFO, f, None, value)
            process[c] = next_process
            next_process += 1
        else:
            yield Event(index, index * 1000, process[c], OK, f, None, seen)
        index += 1


def follow(name: str, operations: int) -> dict[str, object]:
    """One case, in this process: what it took."""
    case = CASES[name]
    began = time.process_time()
    for _ in busy(min(operations, 200_000), **case):  # type: ignore[arg-type]
        pass
    making = (time.process_time() - began) / min(operations, 200_000) * operations
    monitor = Monitor("register")
    monitor.engine.warm()
    feed = monitor.feed
    most = 0
    began, cpu = time.perf_counter(), time.process_time()
    for event in busy(operations, **case):  # type: ignore[arg-type]
        feed(event)
        if monitor.events % 4096 == 0:
            monitor.probe()
            most = max(most, monitor.configurations)
    result = monitor.finish()
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "case": name,
        "operations": operations,
        "verdict": str(result.verdict),
        "reason": result.reason,
        "seconds": round(took, 1),
        "per_second": round(operations / took),
        "per_second_of_monitor": round(operations / max(cpu - making, 1e-9)),
        "configurations_max": most,
        "peak_mb": round(peak),
    }


def main() -> None:
    """Each case in a process of its own, so that its memory is its own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--operations", type=int, default=1_000_000)
    parser.add_argument("--case", choices=sorted(CASES), action="append")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        print(json.dumps(follow(arguments.case[0], arguments.operations)))
        return
    print(
        "| case | verdict | operations/s | of the monitor's CPU time | configurations | peak MB |"
    )
    print("| --- | --- | --- | --- | --- | --- |")
    for name in arguments.case or CASES:
        command = [sys.executable, __file__, "--inside", "--case", name]
        command += ["--operations", str(arguments.operations)]
        told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        print(
            f"| {name} | {told['verdict']} | {told['per_second']:,} | "
            f"{told['per_second_of_monitor']:,} | {told['configurations_max']:,} | "
            f"{told['peak_mb']:,} |" + (f" {told['reason']}" if told["reason"] else ""),
            flush=True,
        )


if __name__ == "__main__":
    main()
