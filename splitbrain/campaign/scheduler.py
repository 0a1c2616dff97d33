"""Trials over a dask.distributed scheduler: for campaigns that outgrow one machine.

    plans ─► at most a few ahead ─► scheduler ─► workers ─► trials, in the plans' order

What travels is the plan and the trial, each as plain data. When a worker dies the scheduler
gives its tasks to others. Whoever can reach a scheduler can run programs on its workers, so
it belongs on a network that is trusted (or behind ``tls://``).
"""

from __future__ import annotations

import contextlib
import logging
import re
import threading
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import CancelledError, Future, wait
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from splitbrain.campaign.errors import CampaignBroken, CampaignRefused
from splitbrain.campaign.interrupts import TURN_S, Interrupts
from splitbrain.campaign.trial import Trial
from splitbrain.plan import Plan

if TYPE_CHECKING:
    from splitbrain.campaign.remote import Program

CONNECT_S = 10.0
"""A scheduler that does not answer within this time is not there."""
WORKERS_S = 30.0
"""How long a scheduler may be without any worker, at the start and later."""
INTRODUCED_S = 60.0
"""How long workers may take to say which program they have; the first time they import it."""
LOOK_EVERY_S = 2.0
CLOSE_S = 5.0
AHEAD = 4
"""Tasks in hand for each worker, so that none waits while the first answer is long in coming."""
LISTED_MAX = 5
_SAME_PROGRAM = "for a seed means the same only in the same program"
_MEND_WORKERS = "Install this splitbrain there and start them again."
_ADDRESS = re.compile(r"(tcp|tls)://[^\s/]+:\d{1,5}")


def refuse_scheduler(address: str) -> None:
    """Raise CampaignRefused for an address that is none, or without the extra it takes."""
    if not _ADDRESS.fullmatch(address):
        raise CampaignRefused(
            f"--scheduler {address!r}: expected the address of a dask scheduler, as "
            "tcp://10.0.0.1:8786"
        )
    if find_spec("distributed") is None:
        raise CampaignRefused(
            "--scheduler needs dask.distributed, which is not installed: "
            "pip install 'splitbrain[cluster]', here and on the workers"
        )


def scheduled(plans: Iterable[Plan], address: str) -> Generator[Trial, None, None]:
    """The trial of each plan, in order, from the workers of the scheduler at ``address``.

    Whoever leaves off early closes the iterator: what is not begun is cancelled, what a worker
    is at is thrown away when it is done. Raises CampaignRefused (``refuse_scheduler``), and
    CampaignBroken when the scheduler does not answer or goes away, has no workers for
    ``WORKERS_S``, when a worker has another program, or workers die over one seed again
    and again.
    """
    refuse_scheduler(address)
    with Interrupts() as interrupts, _quiet(), _connected(address, interrupts) as client:
        yield from _Campaign(client, address, interrupts).trials(iter(plans))


class _Campaign:
    def __init__(self, client: Any, address: str, interrupts: Interrupts) -> None:
        from splitbrain.campaign.remote import own_program

        self._client = client
        self._interrupts = interrupts
        self._address = address
        self._program: Program = own_program()
        self._in_hand: deque[tuple[Plan, Any]] = deque()
        self._looked = self._had_workers = time.monotonic()
        self._workers = 0

    def trials(self, plans: Iterator[Plan]) -> Iterator[Trial]:
        self._begin()
        upcoming = next(plans, None)
        while upcoming is not None or self._in_hand:
            while upcoming is not None and len(self._in_hand) < AHEAD * self._workers:
                self._submit(upcoming)
                upcoming = next(plans, None)
            if not self._in_hand:
                # The last worker left when it had finished what was in hand.
                self._await_worker()
                continue
            plan, future = self._in_hand[0]
            told = self._result(plan, future)
            self._in_hand.popleft()
            yield Trial.from_json(told)

    def _begin(self) -> None:
        """Wait for a worker, and refuse those that have another program."""
        from splitbrain.campaign.remote import introduce

        self._await_worker()
        try:
            answers = self._client.sync(
                self._client.run, introduce, on_error="return", callback_timeout=INTRODUCED_S
            )
        except OSError as error:
            raise CampaignBroken(
                f"workers of {self._address} did not say within {INTRODUCED_S:g} s which program "
                f"they have ({error or type(error).__name__})."
            ) from None
        wrong = [
            f"{worker} {how}"
            for worker, answer in sorted(answers.items())
            if (how := self._how_wrong(answer)) is not None
        ]
        if wrong:
            more = [f"and {len(wrong) - LISTED_MAX} more"] if len(wrong) > LISTED_MAX else []
            raise CampaignBroken(
                f"{len(wrong)} of {len(answers)} workers cannot take part, {_SAME_PROGRAM}: "
                + "; ".join(wrong[:LISTED_MAX] + more)
                + f". {_MEND_WORKERS}"
            )

    def _await_worker(self) -> None:
        while self._look() == 0:
            self._interrupts.check()
            time.sleep(TURN_S)

    def _how_wrong(self, answer: Program | Exception) -> str | None:
        from splitbrain.campaign.remote import OtherProgram

        if isinstance(answer, OtherProgram):
            return str(answer)
        if isinstance(answer, OSError):
            return None  # It died while it was asked; those that come later are asked with a task.
        if isinstance(answer, Exception):
            return f"cannot load it ({type(answer).__name__}: {answer})"
        return answer.differs(self._program)

    def _submit(self, plan: Plan) -> None:
        from splitbrain.campaign.remote import attempt_here

        future = self._client.submit(attempt_here, plan.to_json(), self._program, pure=False)
        self._in_hand.append((plan, future))

    def _result(self, plan: Plan, future: Any) -> dict[str, Any]:
        while True:
            self._interrupts.check()
            if time.monotonic() - self._looked > LOOK_EVERY_S:
                self._look()
            try:
                told: dict[str, Any] = future.result(timeout=TURN_S)
                return told
            except CancelledError:
                raise self._lost("it ended, or the network to it did") from None
            except Exception as error:
                if future.status == "error":
                    raise self._failed(plan, error) from None
                if not isinstance(error, TimeoutError):
                    raise self._lost(str(error)) from None

    def _look(self) -> int:
        """How many workers there are now. Raises CampaignBroken when there were none for long."""
        try:
            threads = self._client.sync(self._client.nthreads, callback_timeout=CONNECT_S)
        except TimeoutError:
            raise self._lost(f"it did not answer within {CONNECT_S:g} s") from None
        except (OSError, AttributeError):
            # Without a connection the client has no scheduler, not even an attribute of it.
            raise self._lost("it ended, or the network to it did") from None
        self._looked = time.monotonic()
        self._workers = len(threads)
        if self._workers:
            self._had_workers = self._looked
        elif self._looked - self._had_workers > WORKERS_S:
            raise CampaignBroken(
                f"the scheduler at {self._address} has had no workers for {WORKERS_S:g} s. Start "
                f"some: dask worker {self._address} --nworkers -1 --nthreads 1"
            )
        return self._workers

    def _lost(self, why: str) -> CampaignBroken:
        return CampaignBroken(f"the scheduler at {self._address} is lost: {why}.")

    def _failed(self, plan: Plan, error: Exception) -> CampaignBroken:
        from distributed.scheduler import KilledWorker

        from splitbrain.campaign.remote import OtherProgram

        if isinstance(error, KilledWorker):
            return CampaignBroken(
                f"workers of {self._address} died again and again over seed {plan.seed}. Is their "
                "memory used up? Their logs say more."
            )
        if isinstance(error, OtherProgram):
            return CampaignBroken(
                f"a worker joined that cannot take part, {_SAME_PROGRAM}: {error}. {_MEND_WORKERS}"
            )
        return CampaignBroken(
            f"a worker of {self._address} could not run seed {plan.seed}: "
            f"{type(error).__name__}: {error}"
        )


@contextlib.contextmanager
def _connected(address: str, interrupts: Interrupts) -> Iterator[Any]:
    try:
        client = _client(address, interrupts)
    except (OSError, ValueError, ImportError) as error:
        told = f" ({error})" if str(error) else ""
        raise CampaignBroken(
            f"no scheduler answered at {address} within {CONNECT_S:g} s{told}."
        ) from None
    try:
        yield client
    finally:
        # Tasks of a client that is gone are forgotten, whether begun or not.
        with contextlib.suppress(OSError, AssertionError):
            client.close(timeout=CLOSE_S)


def _client(address: str, interrupts: Interrupts) -> Any:
    """A client of the scheduler. Raises OSError, ValueError, ImportError, and TimeoutError.

    In a thread, for the engine's own time limit ends with the connection: whoever accepts one
    and then says nothing, as a scheduler that is stopped, would be waited for without end.
    """
    from distributed import Client

    made: Future[Any] = Future()

    def connect() -> None:
        try:
            client = Client(address, timeout=CONNECT_S, set_as_default=False, name="splitbrain")
        except Exception as error:
            made.set_exception(error)
        else:
            made.set_result(client)

    threading.Thread(target=connect, name="connect", daemon=True).start()
    # It says more than a time-out of ours does, so it may have the last word.
    until = time.monotonic() + CONNECT_S + 0.5
    while not wait([made], timeout=TURN_S).done and time.monotonic() < until:
        interrupts.check()
    return made.result(timeout=0)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the engine's own log off the terminal: what matters of it is told in a sentence."""
    import distributed

    handlers = logging.getLogger(distributed.__name__).handlers
    before = [(handler, handler.level) for handler in handlers]
    for handler in handlers:
        handler.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for handler, level in before:
            handler.setLevel(level)
