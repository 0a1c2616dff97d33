"""Trials over processes: one task a seed, and the answers in the order of the plans.

    plans ─► at most a few ahead ─► worker processes ─► trials, in the plans' order

A trial depends on its plan alone, so how many processes there are changes nothing but the
time it takes, and a task whose process was killed is simply given to another.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import signal
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from splitbrain.campaign.trial import Trial, attempt
from splitbrain.plan import Plan

AHEAD = 4
"""Tasks in hand for each process, so that none waits while the first answer is long in coming."""
DEATHS_MAX = 3
"""A task during which the pool breaks this often is not tried again."""
_PR_SET_PDEATHSIG = 1


class CampaignBroken(Exception):
    """Worker processes keep dying: the harness's surroundings, not the system under test."""


def trials(plans: Iterable[Plan], *, jobs: int) -> Generator[Trial, None, None]:
    """The trial of each plan, in order; with ``jobs`` above 1 in as many processes.

    Whoever leaves off early closes the iterator, which ends the processes. Raises
    CampaignBroken when processes die again and again.
    """
    if jobs == 1:
        yield from map(attempt, plans)
        return
    pool = _Pool(jobs)
    try:
        yield from pool.trials(iter(plans))
    finally:
        pool.close()


class _Pool:
    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._executor: ProcessPoolExecutor | None = None
        self._in_hand: deque[tuple[Plan, Future[Trial]]] = deque()
        self._deaths = 0

    def trials(self, plans: Iterator[Plan]) -> Iterator[Trial]:
        while True:
            while len(self._in_hand) < AHEAD * self._jobs and (plan := next(plans, None)):
                self._submit(plan)
            if not self._in_hand:
                return
            plan, future = self._in_hand[0]
            try:
                trial = future.result()
            except BrokenProcessPool:
                self._again(plan)
                continue
            self._in_hand.popleft()
            self._deaths = 0
            yield trial

    def _submit(self, plan: Plan) -> None:
        if self._executor is None:
            self._executor = _executor(self._jobs)
        try:
            self._in_hand.append((plan, self._executor.submit(attempt, plan)))
        except BrokenProcessPool as error:
            # Noticed while submitting: told, like the others, when its answer is due.
            broken: Future[Trial] = Future()
            broken.set_exception(error)
            self._in_hand.append((plan, broken))

    def _again(self, plan: Plan) -> None:
        self._deaths += 1
        if self._deaths >= DEATHS_MAX:
            raise CampaignBroken(
                f"worker processes died {self._deaths} times around seed {plan.seed}. Is the "
                "memory used up (see the kernel's log)? Fewer --jobs need less."
            )
        self.close()
        waiting = list(self._in_hand)
        self._in_hand.clear()
        for waited, future in waiting:
            done = future.done() and not future.cancelled() and future.exception() is None
            if done:
                self._in_hand.append((waited, future))
            else:
                self._submit(waited)

    def close(self) -> None:
        """End the processes; what they are at is thrown away."""
        executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown(wait=True, cancel_futures=True)


def _executor(jobs: int) -> ProcessPoolExecutor:
    # From a server that was clean when it started: the harness may have threads by now.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["splitbrain.run", "checker.judge"])
    return ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin)


def _begin() -> None:
    """In each process: an interrupt is the parent's affair, and its death ours too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
