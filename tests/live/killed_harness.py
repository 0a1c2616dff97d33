"""Kill the harness in the middle of a partition, again and again, and look at what it left.

    python killed_harness.py docker|sandbox [TIMES]

Each time a run is started, and SIGKILLed at a random moment while a partition is in force.
Then `splitbrain clean`; then the machine is compared with what it was before, the journal
is judged, and a second run that went on beside it must end valid. Everything is seen from
outside: the command line, /proc, the engine, and iptables where it can be read.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import machine_state

SPLITBRAIN = [sys.executable, "-P", "-m", "splitbrain"]
WAIT_S = 40.0
BESIDE_S = "15s"


def run_command(host: str, time_limit: str, seed: int) -> list[str]:
    return [
        *(*SPLITBRAIN, "test", "raft", "--quiet", "--host", host, "--seed", str(seed)),
        *("--time-limit", time_limit, "--faults", "partition", "--interval", "6s,1s"),
        *("--rate", "200"),
    ]


def environment(store: Path) -> dict[str, str]:
    return os.environ | {"SPLITBRAIN_STORE": str(store)}


def wait_for_partition(store: Path, process: subprocess.Popen[str]) -> Path:
    """The run's folder, once its ledger says that a partition is in force."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        for ledger in store.glob("runs/2*/faults.jsonl"):
            if '"act":"acknowledged"' in ledger.read_text():
                return ledger.parent
        if process.poll() is not None:
            raise AssertionError(f"the run ended early, exit {process.returncode}")
        time.sleep(0.02)
    raise AssertionError(f"no partition within {WAIT_S:g} s")


def processes_of(marker: str) -> set[int]:
    """Processes whose environment or command line names ``marker``."""
    found = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                told = (folder / "environ").read_bytes() + (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if marker.encode() in told:
                found.add(int(folder.name))
    return found


def kill_once(host: str, seed: int, rng: random.Random) -> str:
    """One kill; a line on what was seen. Raises AssertionError for anything left behind."""
    store = Path(tempfile.mkdtemp(prefix="splitbrain-killed-"))
    try:
        command = run_command(host, "30s", seed)
        process = subprocess.Popen(
            command,
            env=environment(store),
            text=True,
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        folder = wait_for_partition(store, process)
        time.sleep(rng.uniform(0.0, 3.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
        cleaned = subprocess.run(
            [*SPLITBRAIN, "clean", "--json"],
            env=environment(store),
            capture_output=True,
            text=True,
            check=True,
        )
        told = json.loads(cleaned.stdout)
        assert folder.name in told["closed_ledgers"], told
        left = processes_of(str(store))
        deadline = time.monotonic() + 2
        while left and time.monotonic() < deadline:
            time.sleep(0.05)
            left = processes_of(str(store))
        assert not left, f"processes left: {left}"
        assert not (folder / "nodes").exists()
        assert not (still := machine_state.left_of(folder.name)), f"left in the engine: {still}"
        judged = subprocess.run(
            [*SPLITBRAIN, "check", "--json", str(folder / "history.jsonl")],
            env=environment(store),
            capture_output=True,
            text=True,
        )
        (verdict,) = json.loads(judged.stdout)
        assert verdict["verdict"] == "valid", verdict
        removed = {kind: len(names) for kind, names in told["removed"].items()}
        return (
            f"{verdict['operations']} operations journaled, valid; removed {removed or 'nothing'}"
        )
    finally:
        shutil.rmtree(store, ignore_errors=True)


def main(host: str, times: int, seed: int) -> None:
    rng = random.Random(seed)
    before = machine_state.others()
    beside_store = Path(tempfile.mkdtemp(prefix="splitbrain-beside-"))
    print(f"seed {seed}, {times} kills on {host}", flush=True)
    beside = None
    try:
        for number in range(times):
            if beside is None:
                beside = subprocess.Popen(
                    run_command(host, BESIDE_S, number),
                    env=environment(beside_store),
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                )
            print(f"{number + 1:3d}  {kill_once(host, number, rng)}", flush=True)
            if beside.poll() is not None or number + 1 == times:
                told, _ = beside.communicate(timeout=120)
                assert beside.returncode == 0, f"the run beside was disturbed:\n{told}"
                print("     the run beside it ended valid", flush=True)
                beside = None
    finally:
        if beside is not None:
            beside.terminate()
            beside.wait()
        shutil.rmtree(beside_store, ignore_errors=True)
    after = machine_state.same_as(before)
    assert after == before, f"before:\n{before}\nafter:\n{after}"
    print(f"{', '.join(sorted(before))} that are not ours are as before")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20, random.randrange(10**6))
