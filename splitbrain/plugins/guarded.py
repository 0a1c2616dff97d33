"""A target's own code, called with care: what it raises is told as its own, by file and line."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

from checker.models.user_file import TROUBLE
from clients.client import ClientCore, Completion, GarbledAnswer, Invocation
from histories.errors import Problem
from histories.event import Outcome
from splitbrain.plugins.failure import Failures, TargetBroke
from splitbrain.plugins.launches import launch_problems
from splitbrain.plugins.place import own_line, place_of, shown
from targets.target import Launch, System

T = TypeVar("T")
NO_ANSWER = (OSError, EOFError, TimeoutError)
"""What asking a node that is not there, or dies, raises: no status, and no mistake."""
LAUNCH = "launch gives a Launch, and raises ValueError for an option that it does not know."
STATUS = "A status is a dict with 'role' ('leader' or another word), or None where there is none."


def broke(
    error: BaseException, own: Collection[str], name: str, what: str, expected: str
) -> TargetBroke:
    """What was raised, as a failure of the target's own code: its files are ``own``."""
    where = own_line(error, own) or name
    return TargetBroke([Problem(where, f"{what} raised {_told(error)}.", expected)])


def _told(error: BaseException) -> str:
    text = str(error).strip()
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


class GuardedSystem(System):
    """A system of others. A launch that is none, and a status that raises, are told as theirs."""

    def __init__(self, system: System, files: Collection[str]) -> None:
        self._own = system
        self._files = files
        self.name = system.name
        self.summary = system.summary
        self.workloads = system.workloads
        self.client_port = system.client_port
        self.simulated = False
        self.resends = system.resends
        self.has_leader = getattr(system, "has_leader", True)
        self.inapplicable = system.inapplicable
        self.vocabulary = None
        # What only some systems say of their clients (splitbrain.run).
        self.schemes: tuple[str, ...] = getattr(system, "schemes", ("tcp",))
        self.client_options: Sequence[str] = getattr(system, "client_options", ())
        self.has_users = False

    def launch(
        self,
        node: str,
        addresses: Mapping[str, str],
        bugs: Sequence[str],
        options: Sequence[str] = (),
    ) -> Launch:
        """The launch. Raises ValueError for options, TargetBroke for all else that is wrong."""
        try:
            launch = self._own.launch(node, addresses, bugs, options)
        except ValueError as error:
            where = own_line(error, self._files)
            raise ValueError(f"{error} ({where})" if where else str(error)) from error
        except TROUBLE as error:
            raise broke(error, self._files, self.name, "launch", LAUNCH) from error
        if problems := launch_problems(launch, self._own):
            raise TargetBroke(problems)
        return launch

    async def status(
        self, endpoint: tuple[str, int], timeout_s: float, tls: ssl.SSLContext | None = None
    ) -> dict[str, Any] | None:
        """The status; None where the node gave none in time, however its author noticed."""
        # Who writes for plain connections alone need not know of the third argument.
        secured = () if tls is None else (tls,)
        try:
            async with asyncio.timeout(timeout_s):
                status: Any = await self._own.status(endpoint, timeout_s, *secured)
        except NO_ANSWER:
            return None
        except TROUBLE as error:
            raise broke(error, self._files, self.name, "status", STATUS) from error
        if status is None or (isinstance(status, dict) and "role" in status):
            return status
        raise TargetBroke(
            [Problem(place_of(self._own, "status"), f"status gave {shown(status)}.", STATUS)]
        )

    async def admin(
        self, endpoint: tuple[str, int], request: Mapping[str, Any], timeout_s: float
    ) -> dict[str, Any] | None:
        """The answer, as for ``status``."""
        try:
            return await self._own.admin(endpoint, request, timeout_s)
        except NO_ANSWER:
            return None
        except TROUBLE as error:
            raise broke(
                error, self._files, self.name, "admin", "An answer is a dict, or None."
            ) from error


class GuardedCore(ClientCore):
    """A client core of others. The first thing that goes wrong in one ends the run."""

    def __init__(
        self, core: ClientCore, name: str, files: Collection[str], failures: Failures
    ) -> None:
        self._own = core
        self._files = files
        self._name = f"the client core of {name}"
        self._failures = failures

    def is_read(self, invocation: Invocation) -> bool:
        """Whether it changes nothing; where that cannot be told, it may have."""
        what = f"is_read of {invocation.f!r}"
        return self._asked(lambda: self._own.is_read(invocation), False, what, bool)

    def encode(self, invocation: Invocation) -> bytes:
        """The request."""
        what = f"encode of {invocation.f!r} with {shown(invocation.value)}"
        return self._asked(lambda: self._own.encode(invocation), b"", what, bytes)

    def receive(self, data: bytes) -> Completion | bytes | None:
        """The completion; of unknown outcome, where it cannot be told any more."""
        expected = (Completion, bytes, type(None))
        lost = Completion(Outcome.INFO, error="client-broke")
        otherwise: Completion | bytes | None = lost
        answer = self._asked(lambda: self._own.receive(data), otherwise, "receive", *expected)
        if isinstance(answer, Completion) and not isinstance(answer.outcome, Outcome):
            self._noted(
                "receive", f"receive gave the outcome {shown(answer.outcome)}.", "It is an Outcome."
            )
            return lost
        return answer

    def reset(self) -> None:
        """Forget half-received bytes."""
        self._asked(self._own.reset, None, "reset", object)

    def opening(self) -> bytes:
        """What it says first."""
        return self._asked(self._own.opening, b"", "opening", bytes)

    @property
    def awaits_greeting(self) -> bool:
        """Whether the server speaks first."""
        return self._asked(lambda: self._own.awaits_greeting, False, "awaits_greeting", bool)

    def greeted(self, data: bytes) -> bool:
        """Whether the greeting is complete."""
        return self._asked(lambda: self._own.greeted(data), True, "greeted", bool)

    def _asked(self, call: Callable[[], T], otherwise: T, what: str, *kinds: type) -> T:
        """What the core gives, or ``otherwise`` where it fails; then the failure is noted."""
        expected = f"It gives {' or '.join(_word(kind) for kind in kinds)}."
        try:
            answer = call()
        except GarbledAnswer:
            raise
        except TROUBLE as error:
            self._failures.note(broke(error, self._files, self._name, what, expected))
            return otherwise
        if isinstance(answer, kinds):
            return answer
        self._noted(what, f"{what} gave {shown(answer)}.", expected)
        return otherwise

    def _noted(self, what: str, seen: str, expected: str) -> None:
        where = place_of(self._own, what.partition(" ")[0])
        self._failures.note(TargetBroke([Problem(where, seen, expected)]))


def _word(kind: type) -> str:
    return "None" if kind is type(None) else kind.__name__
