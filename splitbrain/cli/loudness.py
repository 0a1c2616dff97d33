"""``--quiet`` and ``--verbose``, the same for every command that takes long.

                progress   notes, choices   details   the result, errors
    --quiet        –             –             –              ✓
    (neither)      ✓             ✓             –              ✓
    --verbose      ✓             ✓             ✓              ✓

Details are each stage of each fault as it comes, how far the run is every second, and by what
the checker decided and how long that took. All but the result goes to stderr.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from splitbrain.cli.failure import Problems
from splitbrain.cli.sections import SectionedOption
from splitbrain.progress import Progress, progress_for

F = TypeVar("F", bound=Callable[..., Any])


def loudness_options(command: F) -> F:
    """Add both."""
    for name, short, help_text in (
        ("--verbose", "-v", "Details, too: each fault as it happens, what the checker did."),
        ("--quiet", "-q", "No progress, no notes: the result."),
    ):
        add = click.option(
            name, short, cls=SectionedOption, section="Output", is_flag=True, help=help_text
        )
        command = add(command)
    return command


def progress_of(*, quiet: bool, verbose: bool) -> Progress:
    """The progress that was asked for. Raises Problems where both were."""
    refuse_both(quiet=quiet, verbose=verbose)
    return progress_for(quiet=quiet, verbose=verbose)


def refuse_both(*, quiet: bool, verbose: bool) -> None:
    """Raise Problems where both were asked for."""
    if quiet and verbose:
        raise Problems(["--quiet and --verbose exclude one another: leave one out."])


def loudness_words(*, quiet: bool, verbose: bool) -> list[str]:
    """The options again, for the same command inside a sandbox."""
    return ["--quiet"] * quiet + ["--verbose"] * verbose
