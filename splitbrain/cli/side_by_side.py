"""Files judged side by side, each by a process: one that is killed takes nothing else with it."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from splitbrain.cli.judging import Asked, Judged, judge_file, unjudged

KILLED = (
    "the process that judged it was killed, as the system does where memory runs out; judge it "
    "alone, or with --memory-limit"
)


def judge_side_by_side(paths: Sequence[Path], asked: Asked, workers: int) -> Iterator[Judged]:
    """Judge all files in the order given, ``workers`` of them at once.

    One whose process is killed is ``unknown``. Which one that was is not known where several
    were being judged, for then the pool gives up all of them: each is judged again, alone.
    """
    done: dict[int, Judged] = {}
    told = 0
    for number, one in _as_they_end(paths, asked, workers):
        done[number] = one
        while told in done:
            yield done.pop(told)
            told += 1


def _as_they_end(paths: Sequence[Path], asked: Asked, workers: int) -> Iterator[tuple[int, Judged]]:
    waiting = deque(range(len(paths)))
    while waiting:
        suspects = []
        with _pool(workers) as pool:
            running: dict[Future[Judged], int] = {}
            broken = False
            while running or (waiting and not broken):
                # No more are handed over than are judged, so that few are suspected.
                while waiting and not broken and len(running) < workers:
                    try:
                        future = pool.submit(judge_file, paths[waiting[0]], asked)
                    except BrokenProcessPool:
                        broken = True
                        break
                    running[future] = waiting.popleft()
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    number = running.pop(future)
                    try:
                        yield number, future.result()
                    except BrokenProcessPool:
                        broken = True
                        suspects.append(number)
        for number in suspects:
            path = paths[number]
            known = len(suspects) == 1
            yield number, unjudged(str(path), KILLED) if known else _alone(path, asked)


def _alone(path: Path, asked: Asked) -> Judged:
    with _pool(1) as pool:
        try:
            return pool.submit(judge_file, path, asked).result()
        except BrokenProcessPool:
            return unjudged(str(path), KILLED)


def _pool(workers: int) -> ProcessPoolExecutor:
    # Not fork: a library imported before may have started threads.
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
