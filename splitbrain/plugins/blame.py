"""What a target's own code does wrong, told as its author's: tried before, blamed after."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from histories.errors import Problem
from splitbrain.plan import Plan
from splitbrain.plugins.failure import TargetBroke, TargetRefused
from splitbrain.plugins.found import Found, found_for
from splitbrain.plugins.place import own_line
from splitbrain.plugins.target import ClientSetting
from targets.target import TargetError


@contextmanager
def blamed(plan: Plan) -> Iterator[None]:
    """Tell what the code of a target that is not ours raises in here as its author's."""
    try:
        yield
    except (TargetBroke, TargetError, OSError):
        raise
    except Exception as error:
        if (broken := _broken(error, found_for(plan))) is None:
            raise
        raise broken from error


def look_over(plan: Plan) -> None:
    """Try a launch and a client of a target that is not ours: better told now than underway.

    Raises TargetRefused with all that is wrong with them. Options that are wrong are told with
    what else is wrong with a plan.
    """
    found = found_for(plan)
    if found.ours:
        return
    setting = ClientSetting(plan.workload, "trial", ("127.0.0.1", 1), options=plan.options)
    problems: list[Problem] = []
    try:
        with suppress(ValueError):
            found.system.launch("n1", {"n1": "127.0.0.1"}, (), plan.options)
    except TargetBroke as error:
        problems += error.problems
    try:
        found.target.make_client(setting)
    except TargetBroke as error:
        problems += error.problems
    if problems:
        raise TargetRefused(problems)


def _broken(error: Exception, found: Found) -> TargetBroke | None:
    """The failure it is where it arose in the target's own files, else None."""
    if found.ours:
        return None
    where = own_line(error, found.files)
    if where is None:
        return None
    seen = f"this raised {type(error).__name__}: {error}."
    expected = "It is called with a plan and a seed that are sound, so it is to be mended there."
    return TargetBroke([Problem(where, seen, expected)])
