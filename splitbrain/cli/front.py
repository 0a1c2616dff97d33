"""The group of commands: loaded one at a time, and no traceback ever reaches a user."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click

from splitbrain import __version__
from splitbrain.cli.completing import asked, offer_values
from splitbrain.cli.failure import EXIT_INTERRUPTED, EXIT_USAGE, report_failure
from splitbrain.cli.streams import unbreakable
from splitbrain.suggest import unknown_name
from splitbrain.text import printable

DEBUG_VARIABLE = "SPLITBRAIN_DEBUG"


@dataclass(frozen=True, slots=True)
class Entry:
    """A command: where it lives, under which heading it is listed, and what it does in a line."""

    module: str
    heading: str
    summary: str


COMMANDS = {
    "test": Entry("test", "Find out", "Deploy a system, hurt it, and judge what its clients saw."),
    "test-all": Entry("test_all", "Find out", "Run a matrix of systems, faults and seeds."),
    "replay": Entry("replay", "Find out", "Run a run again, seed and all."),
    "shrink": Entry("shrink", "Find out", "Make a run that failed as small as it can be."),
    "check": Entry("check", "Find out", "Judge histories that were recorded already."),
    "verify": Entry("verify", "Find out", "Check the proof of a verdict, without the search."),
    "score": Entry("score", "Find out", "Count which seeded bugs are caught, over many seeds."),
    "convert": Entry("convert", "Find out", "Write a history in another format."),
    "runs": Entry("runs", "Look back", "List the runs that are kept."),
    "show": Entry("show", "Look back", "Tell again what a run found."),
    "serve": Entry("serve", "Look back", "Show the runs that are kept as a page."),
    "tag": Entry("tag", "Look back", "Give a run a word to find it by."),
    "export": Entry("bundles", "Look back", "Write a run into one file, for others."),
    "import": Entry("bundles", "Look back", "Take in a run that others have exported."),
    "systems": Entry("catalogue", "What there is", "Systems that can be tested."),
    "workloads": Entry("catalogue", "What there is", "What clients can be asked to do."),
    "faults": Entry("catalogue", "What there is", "Faults, and what each can aim at."),
    "bugs": Entry("catalogue", "What there is", "Seeded bugs that prove the harness."),
    "models": Entry("catalogue", "What there is", "Models a history can be judged by."),
    "promises": Entry("catalogue", "What there is", "Promises a history can be judged against."),
    "levels": Entry(
        "catalogue", "What there is", "Levels of isolation transactions can be judged by."
    ),
    "schema": Entry("schema", "What there is", "JSON Schemas of what --json prints."),
    "doctor": Entry(
        "doctor", "Take care", "Say what works on this machine, and how to mend the rest."
    ),
    "prune": Entry("prune", "Take care", "Remove runs that are old."),
    "clean": Entry("clean", "Take care", "Undo what runs that died have left behind."),
    "completion": Entry("completion", "Take care", "Have your shell complete names and values."),
}


class LazyGroup(click.Group):
    """A group that imports a command's module only when that command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All the names, in the order they are listed."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module and take the command out of it."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module = import_module(f"splitbrain.cli.commands.{entry.module}")
        command: click.Command = getattr(module, f"{cmd_name.replace('-', '_')}_command")
        command.short_help = entry.summary
        if asked():
            offer_values(command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command of ``args``; an unknown one is answered with what there is."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            raise click.UsageError(unknown_name("command", args[0], COMMANDS), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands under their headings, from the table alone: nothing is imported."""
        for heading in dict.fromkeys(entry.heading for entry in COMMANDS.values()):
            rows = [(n, e.summary) for n, e in COMMANDS.items() if e.heading == heading]
            with formatter.section(heading):
                formatter.write_dl(rows, col_spacing=4)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 valid, 1 a violation was found, 2 usage or unreadable input, 3 unknown "
    "or vacuous (nothing was really tested), 70 the harness failed, 130 interrupted.",
)
@click.version_option(__version__, "-V", "--version", prog_name="splitbrain")
@click.option("--debug", is_flag=True, help="Show a traceback when splitbrain itself fails.")
def cli(debug: bool) -> None:
    """Could this distributed system have behaved as it promises, given all its clients saw?

    splitbrain deploys the system, drives clients, injects faults, records a history and
    decides. Start with: splitbrain test raft
    """
    if debug:
        # By environment, so that the harness re-executed inside its namespaces knows too.
        os.environ[DEBUG_VARIABLE] = "1"


def run(argv: Sequence[str]) -> int:
    """Run the command line ``argv`` (without the program's name); returns the exit code."""
    with unbreakable():
        return _outcome(argv)


def _outcome(argv: Sequence[str]) -> int:
    try:
        result: Any = cli.main(args=list(argv), prog_name="splitbrain", standalone_mode=False)
    except (KeyboardInterrupt, click.Abort):
        click.echo("splitbrain: interrupted.", err=True)
        return EXIT_INTERRUPTED
    except click.UsageError as error:
        _show_usage_error(error)
        return EXIT_USAGE
    except click.ClickException as error:
        click.echo(f"splitbrain: {printable(error.format_message())}", err=True)
        return error.exit_code
    except Exception as error:
        return report_failure(error, debug=bool(os.environ.get(DEBUG_VARIABLE)))
    return result if isinstance(result, int) else 0


def _show_usage_error(error: click.UsageError) -> None:
    name = error.ctx.command_path if error.ctx is not None else "splitbrain"
    click.echo(f"{name}: {printable(error.format_message())}", err=True)
    click.echo(f"Try: {name} --help", err=True)
