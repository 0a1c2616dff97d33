"""How soon the page over many runs is there: ``splitbrain serve`` looked at by Chromium.

Makes a store of runs that are told like real ones (a manifest, a verdict, tags; no histories),
serves it, and opens the list in a headless Chromium, from the navigation's start to the end of its
load event. Nothing is cached between openings but what the server keeps.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

SYSTEMS = ("raft", "paxos", "etcd", "zookeeper")
WORKLOADS = ("register", "set", "counter", "lock")
VERDICTS = ("valid",) * 6 + ("invalid", "unknown", "vacuous")
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
SENTENCE = (
    "key 4: process 13 read 12 at 4.120 s on n4, but 12 had been overwritten by process 9's write "
    "of 15 (acknowledged at 2.450 s) before that read began, and nobody wrote 12 again"
)
VIEWS = {
    "first, newest on top": "/",
    "again": "/",
    "sorted by seed": "/?sort=seed",
    "text and verdict": "/?q=stale&verdict=invalid",
    "the last page": "/?page=99999",
}


def make_store(store: Path, runs: int) -> None:
    """Write the folders of so many runs, each a few minutes after the one before."""
    rng = random.Random(7)
    for number in range(runs):
        began = FIRST + timedelta(minutes=7 * number)
        system, workload = rng.choice(SYSTEMS), rng.choice(WORKLOADS)
        name = f"{began:%Y%m%dT%H%M%SZ}-{system}-{workload}-{rng.randrange(16**6):06x}"
        folder = store / "runs" / name
        folder.mkdir(parents=True)
        verdict = rng.choice(VERDICTS)
        plan = {"system": system, "workload": workload, "host": "simulated", "seed": number}
        plan |= {"faults": ["partition", "kill"], "bugs": [], "time_limit_s": 30.0}
        manifest = {"format": "splitbrain-run", "version": 2, "run": name, "state": "finished"}
        manifest |= {"start": began.isoformat(), "plan": plan, "imported": None}
        violation = {"kind": "stale read", "sentence": SENTENCE, "operations": [0, 2, 4]}
        found = [violation] * 5 if verdict == "invalid" else []
        decided = {"verdict": verdict, "reason": None, "operations": rng.randrange(20_000)}
        decided |= {"results": [{"verdict": verdict, "violations": found}]}
        tags = {"format": "splitbrain-tags", "version": 1, "tags": ["seen"] * (number % 9 == 0)}
        for file, data in (("run", manifest), ("verdict", decided), ("tags", tags)):
            (folder / f"{file}.json").write_text(json.dumps(data))


def measured(store: Path, times: int, indexed: bool) -> dict[str, list[float]]:
    """Milliseconds each view took in the browser, by view; ``indexed``: after `splitbrain runs`."""
    from playwright.sync_api import sync_playwright

    if indexed:
        subprocess.run(
            [sys.executable, "-m", "splitbrain", "runs", "--store", str(store)],
            stdout=subprocess.DEVNULL,
            check=True,
        )
    took: dict[str, list[float]] = {}
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=flags)
        for _ in range(times):
            began = time.monotonic()
            server, url = _served(store)
            took.setdefault("server listens", []).append(1000 * (time.monotonic() - began))
            try:
                for view, address in VIEWS.items():
                    context = browser.new_context()
                    page = context.new_page()
                    page.goto(url + address)
                    entry = "performance.getEntriesByType('navigation')[0].loadEventEnd"
                    took.setdefault(view, []).append(page.evaluate(entry))
                    assert page.locator("tr[data-run]").count() > 0
                    context.close()
            finally:
                server.terminate()
                server.communicate()
        browser.close()
    return took


def _served(store: Path) -> tuple[Any, str]:
    server = subprocess.Popen(
        [sys.executable, "-m", "splitbrain", "serve", "--port", "0", "--store", str(store)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    return server, server.stdout.readline().rsplit(" ", 1)[1].strip().rstrip("/")


def main() -> None:
    """Measure, and tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--times", type=int, default=5, help="servers started, one after another")
    asked = parser.parse_args()
    print("milliseconds, median (most)")
    for runs in asked.runs:
        with tempfile.TemporaryDirectory() as folder:
            make_store(Path(folder), runs)
            for indexed in (False, True):
                took = measured(Path(folder), asked.times, indexed)
                print(f"\n{runs:,} runs, {'with the index' if indexed else 'without an index'}")
                for view, ms in took.items():
                    print(f"  {view:<24}{statistics.median(ms):>8,.0f} ({max(ms):,.0f})")


if __name__ == "__main__":
    main()
