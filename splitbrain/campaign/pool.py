"""Trials over processes: one task a seed, and the answers in the order of the plans.

    plans ─► at most a few ahead ─► worker processes ─► trials, in the plans' order

A trial depends on its plan alone, so how many processes there are changes nothing but the
time it takes, and a task whose process was killed is simply given to another.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection, resource_tracker
from pathlib import Path

from splitbrain.campaign.errors import CampaignBroken
from splitbrain.campaign.interrupts import TURN_S, Interrupts
from splitbrain.campaign.trial import Trial, attempt
from splitbrain.plan import Plan
from splitbrain.scratch import live_in, scratch, sweep

AHEAD = 4
"""Tasks in hand for each process, so that none waits while the first answer is long in coming."""
DEATHS_MAX = 3
"""A task during which the pool breaks this often is not tried again."""


def trials(
    plans: Iterable[Plan], *, jobs: int, scheduler: str | None = None
) -> Generator[Trial, None, None]:
    """The trial of each plan, in order; with ``jobs`` above 1 in as many processes.

    With ``scheduler`` (``tcp://host:port``) the workers of a dask scheduler run them instead,
    and ``jobs`` says nothing. Whoever leaves off early closes the iterator, which ends the
    processes. Raises CampaignBroken when processes die again and again, and what
    ``splitbrain.campaign.scheduler.scheduled`` raises.
    """
    if scheduler is not None:
        # Here, for it needs an extra.
        from splitbrain.campaign.scheduler import scheduled

        yield from scheduled(plans, scheduler)
        return
    sweep()
    if jobs == 1:
        yield from map(attempt, plans)
        return
    with scratch() as home, Interrupts() as interrupts:
        pool = _Pool(jobs, home, interrupts)
        try:
            yield from pool.trials(iter(plans))
        finally:
            pool.close()


class _Pool:
    def __init__(self, jobs: int, home: Path, interrupts: Interrupts) -> None:
        self._jobs = jobs
        self._home = home
        self._interrupts = interrupts
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
            while not wait([future], timeout=TURN_S).done:
                self._interrupts.check()
            self._interrupts.check()
            try:
                trial = future.result()
            except (BrokenProcessPool, KeyboardInterrupt):
                # An interrupt of ours is told by ``check``; this one is of a process that was
                # told to end (SIGTERM) amid its run.
                self._again(plan)
                continue
            self._in_hand.popleft()
            self._deaths = 0
            yield trial

    def _submit(self, plan: Plan) -> None:
        # Processes are started with the first task.
        calm = _undisturbed() if self._executor is None else contextlib.nullcontext()
        try:
            with calm:
                self._executor = self._executor or _executor(self._jobs, self._home)
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
        """End the processes, whatever they are at: a long run would go on for a minute."""
        executor, self._executor = self._executor, None
        if executor is not None:
            # From Python 3.14 on there is kill_workers for this.
            for process in (executor._processes or {}).values():
                process.kill()
            executor.shutdown(wait=True, cancel_futures=True)


def _executor(jobs: int, home: Path) -> ProcessPoolExecutor:
    # From a server that was clean when it started: the harness may have threads by now.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["splitbrain.run", "checker.judge"])
    return ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin, initargs=(home,))


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Put an interrupt off to the end of the block; what is started in it never hears of one.

    The server that processes are forked from imports for a second: a Ctrl-C meanwhile would
    make it print a traceback, and leave processes half started.
    """
    # First, for the tracker unblocks the signal when it starts.
    resource_tracker.ensure_running()
    came: list[int] = []
    main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGINT)
    if main:
        signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if main:
            signal.signal(signal.SIGINT, handler)
        if came:
            signal.raise_signal(signal.SIGINT)


def _begin(home: Path) -> None:
    """In each process: an interrupt is the harness's affair, and its death ours too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_harness, name="end", daemon=True).start()
    live_in(home)


def _end_with_harness() -> None:
    """Wait for the harness to end, however it does, and end this process with it.

    The kernel's own signal for that (PR_SET_PDEATHSIG) tells of the server that forked this
    process, and that server lives for as long as any process that it forked.
    """
    harness = multiprocessing.parent_process()
    if harness is not None:
        connection.wait([harness.sentinel])
        os.kill(os.getpid(), signal.SIGKILL)
