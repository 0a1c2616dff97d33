"""The cores that somebody else's factory makes, looked over and guarded."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from typing import Any

from checker.models.user_file import TROUBLE
from clients.client import ClientCore
from histories.errors import Problem
from splitbrain.plugins.failure import Failures, TargetBroke
from splitbrain.plugins.guarded import GuardedCore, broke
from splitbrain.plugins.place import place_of, shown
from splitbrain.plugins.target import ClientSetting, Target

MUST = {
    "is_read": "is_read(self, invocation) says whether an invocation changes nothing.",
    "encode": "encode(self, invocation) gives the bytes of a request.",
    "receive": "receive(self, data) gives a Completion once the answer is there, else None.",
    "reset": "reset(self) forgets bytes half received: the connection is a new one.",
}
MAY = {
    "opening": "opening(self) gives what is said first on a connection; b'' where nothing is.",
    "greeted": "greeted(self, data) says whether the server's greeting is complete.",
}
FACTORY = "make_client(asked) gives a ClientCore, a fresh one each time."


def guarded_factory(
    target: Target, files: Collection[str], failures: Failures
) -> Callable[[ClientSetting], ClientCore]:
    """A factory of the same cores. Raises TargetBroke with all that is wrong with one."""
    make = target.make_client

    def guarded(asked: ClientSetting) -> ClientCore:
        try:
            core: Any = make(asked)
        except TROUBLE as error:
            raise broke(error, files, place_of(make), "make_client", FACTORY) from error
        if problems := _core_problems(core, make):
            raise TargetBroke(problems)
        return GuardedCore(core, target.system.name, files, failures)

    return guarded


def _core_problems(core: Any, make: Callable[..., Any]) -> list[Problem]:
    if core is None or inspect.isclass(core):
        return [Problem(place_of(make), f"make_client gave {shown(core)}.", FACTORY)]
    what = type(core).__name__
    problems = []

    def place(member: str | None = None) -> str:
        known = place_of(core, member)
        return place_of(make) if known == shown(core) else known

    for member, expected in (MUST | MAY).items():
        given = getattr(type(core), member, None) or getattr(core, member, None)
        described = given is getattr(ClientCore, member) and member in MUST
        if described or not callable(given):
            problems.append(Problem(place(member), f"{what} has no {member!r}.", expected))
    if not hasattr(type(core), "awaits_greeting") and not hasattr(core, "awaits_greeting"):
        expected = "Whether the server speaks before the first operation; ClientCore says False."
        problems.append(Problem(place(), f"{what} has no 'awaits_greeting'.", expected))
    return problems
