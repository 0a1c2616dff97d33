"""Whether this program can run the plan of a run that was kept: damaged, or of another version."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from itertools import islice
from pathlib import Path
from typing import Any

import click

from histories.archive import ArchiveError
from histories.errors import Problem
from splitbrain.archive.foreign import foreign_because, withheld
from splitbrain.cli.catalogue import load_catalogue
from splitbrain.cli.settings import Asked, SettingsError, settle
from splitbrain.plan import Plan
from splitbrain.plugins import TargetRefused, workload_of
from splitbrain.report.repeat import repeat_command
from splitbrain.script import Script

PROBLEMS_MAX = 10
"""A damaged script may be wrong a million times."""


def refuse_foreign(plan: Plan, manifest: Mapping[str, Any], folder: Path) -> None:
    """Raise ArchiveError where a run cannot be repeated as it is kept.

    That is where it was imported and would run or reach what somebody else has named, and where
    an option was called a secret, and so is not known any more.
    """
    again = repeat_command(plan) + (
        " (without its script, which no command holds)" if plan.script is not None else ""
    )
    if reasons := foreign_because(plan, manifest):
        raise ArchiveError(
            f"{folder.name} was imported, and its replay {', '.join(reasons)}. Somebody else has "
            f"chosen that. If it is what you want, ask for it yourself: {again}"
        )
    if names := withheld(plan):
        raise ArchiveError(
            f"{folder.name} was run with {', '.join(names)}, whose values are not kept. Give them "
            f"again: {again}"
        )


def refuse_plan(plan: Plan, folder: Path) -> None:
    """Raise ArchiveError with all that is wrong with a plan, if anything is.

    It must be one that a command can ask for, so the command that repeats it is read again, by
    the same rules as one that was typed.
    """
    if problems := _problems(plan, folder):
        told = "\n".join(f"  - {problem}" for problem in problems)
        raise ArchiveError(
            f"{folder.name} has a plan that this splitbrain cannot run; it is damaged, or of "
            f"another version:\n{told}"
        )


def _unfit(plan: Plan, script: Script) -> Iterator[str]:
    """Operations that the plan's workload cannot have asked for: its model does not know them."""
    from checker.models import MODELS
    from histories.event import Operation, Outcome

    model = MODELS.get(workload_of(plan).model)
    if model is None:
        return
    for number, one in enumerate(script.operations):
        asked = Operation(
            process=one.client,
            f=one.f,
            key=one.key,
            input=one.value,
            output=None,
            outcome=Outcome.INFO,
            call=number,
            ret=None,
            call_ns=one.at_ns,
            ret_ns=None,
        )
        if (misfit := model.misfit(asked)) is not None:
            yield f"operation {number} of the script is none of {plan.workload}: {misfit}"


def _problems(plan: Plan, folder: Path) -> list[str]:
    script = plan.script
    if script is not None:
        # It cannot be typed; all that it stands beside can.
        said = list(islice(script.problems(plan.nodes, plan.concurrency), PROBLEMS_MAX))
        said = said or _problems(replace(plan, script=None), folder)
        return said or list(islice(_unfit(plan, script), PROBLEMS_MAX))
    from splitbrain.cli.commands.test import test_command

    try:
        words = shlex.split(repeat_command(plan))[2:]
        if plan.target is not None:
            # The name, too: it is compared with that in the file.
            words.insert(0, plan.system)
        with test_command.make_context("test", words) as context:
            typed = {field.name: context.params[field.name] for field in fields(Asked)}
        asked = settle(Asked(**typed), load_catalogue(plan.system, plan.target)).plan
    except SettingsError as error:
        return list(error.problems)
    except TargetRefused as error:
        raise TargetRefused(
            [
                *error.problems,
                Problem(
                    folder.name,
                    "is a run of that target.",
                    "Running it again needs that file: put it back, or mend it.",
                ),
            ]
        ) from None
    except click.ClickException as error:
        return [error.format_message()]
    except (TypeError, ValueError) as error:
        return [f"some member of it is of another kind: {error}"]
    return [
        f"{field.name} is {seen!r}, expected {kind.__name__}"
        for field in fields(Plan)
        if (seen := getattr(plan, field.name)) != (read := getattr(asked, field.name))
        and not isinstance(seen, kind := type(read))
        and not (isinstance(seen, (int, float)) and isinstance(read, (int, float)))
    ]
