"""How long the report of a run of 100,000 operations takes: to make, to open, to scroll.

    python benchmarks/report.py                      makes such a run, on the simulated host
    python benchmarks/report.py RUN_FOLDER           measures the report of a run that is there
    … --pictures FOLDER                              pictures of it, too

The run is Raft with a seeded bug (stale reads) under partitions, seed 1. The report is made five
times, after one that does not count. It is opened in a headless Chromium five times, each time
in a browser of its own: *open* is from the call until everything is drawn and a frame has been
shown, by the browser's own clock. *Scroll* goes through the whole page in steps of 100 pixels, a
step a frame: told are the frames' times; 16.7 ms is what a screen of 60 Hz asks for.

Exit code 1 when a limit is missed: 5 MB, 2 s to open, 19 of 20 frames within 34 ms.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from browser import Browser

from splitbrain.plan import Plan
from splitbrain.run import execute, load
from splitbrain.run_files import LOGS, PAGE, write_page

T = TypeVar("T")
TIMES = 5
BYTES_MAX, OPEN_MS_MAX, FRAME_MS_MAX = 5_000_000, 2_000.0, 34.0
PLAN = Plan(
    system="raft",
    host="simulated",
    workload="register",
    bugs=("raft.stale-leader-read",),
    faults=("partition",),
    fault_targets=("partition:leader",),
    rate=3_400.0,
    concurrency=40,
    seed=1,
)
OPENED = """
  const frame = () => new Promise((seen) => requestAnimationFrame(seen));
  await frame(); await frame();
  const start = performance.getEntriesByType("navigation")[0];
  return [performance.now() - start.startTime, start.domContentLoadedEventEnd];
"""
SCROLLED = """
  const frame = () => new Promise((seen) => requestAnimationFrame(seen));
  const times = [];
  let before = await frame();
  for (let y = 0; y < document.documentElement.scrollHeight - innerHeight; y += 100) {
    scrollTo(0, y);
    const now = await frame();
    times.push(now - before);
    before = now;
  }
  return times;
"""


def main() -> int:
    """Measure, and tell; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", nargs="?", type=Path, help="the folder of a run")
    parser.add_argument("--pictures", type=Path, help="where pictures of the report go")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="splitbrain-report-") as temporary:
        folder = asked.run
        if folder is None:
            folder, seconds = _timed(lambda: execute(PLAN, store=Path(temporary)).folder)
            print(f"a run on the simulated host: {seconds:.1f} s")
        kept = _measure(folder.resolve())
        if asked.pictures is not None:
            asked.pictures.mkdir(parents=True, exist_ok=True)
            _picture(folder / PAGE, asked.pictures)
    return 0 if kept else 1


def _timed(act: Callable[[], T]) -> tuple[T, float]:
    began = time.perf_counter()
    return act(), time.perf_counter() - began


def _measure(folder: Path) -> bool:
    record, read_s = _timed(lambda: load(folder))
    write_page(record)
    page = folder / PAGE
    made = []
    for _ in range(TIMES):
        began = time.perf_counter()
        write_page(record)
        made.append(time.perf_counter() - began)
    size = page.stat().st_size
    logs = sum(path.stat().st_size for path in (folder / LOGS).glob("*.log"))
    count = len(record.operations)
    print(f"{count:,} operations, {logs:,} bytes of logs; read in {read_s:.1f} s")
    print(f"made      {statistics.median(made):6.2f} s (with explanation.html; {_range(made)})")
    print(f"size      {size / 1e6:6.2f} MB")
    opened, frames = [], []
    for _ in range(TIMES):
        with Browser() as browser:
            browser.look(width=1280)
            browser.open(page)
            opened.append(browser.run(OPENED)[0])
            frames += browser.run(SCROLLED)
    frames.sort()
    p95 = frames[int(0.95 * len(frames))]
    print(f"open      {statistics.median(opened):6.0f} ms ({_range(opened, 0)})")
    print(
        f"scroll    {statistics.median(frames):6.1f} ms a frame (p50), {p95:.1f} (p95), "
        f"{frames[-1]:.1f} (slowest of {len(frames):,})"
    )
    return size < BYTES_MAX and max(opened) < OPEN_MS_MAX and p95 < FRAME_MS_MAX


def _range(values: list[float], digits: int = 2) -> str:
    return f"{min(values):.{digits}f} to {max(values):.{digits}f}"


def _picture(page: Path, folder: Path) -> None:
    looks = (("light", 1280, False, ""), ("dark", 1280, True, ""), ("phone", 390, False, ""))
    with Browser() as browser:
        for name, width, dark, media in (*looks, ("print", 800, False, "print")):
            browser.look(width=width, dark=dark, media=media)
            browser.open(page)
            browser.run("await new Promise((seen) => setTimeout(seen, 300));")
            browser.picture(folder / f"{name}.png")
            print(folder / f"{name}.png")


if __name__ == "__main__":
    sys.exit(main())
