"""``splitbrain runs``: the runs that are kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from splitbrain.cli.failure import Problems
from splitbrain.cli.output import store_option
from splitbrain.text import printable

if TYPE_CHECKING:
    from splitbrain.archive.summary import RunSummary


@click.command("runs")
@click.option("--failed", is_flag=True, help="Only where the system was found to be at fault.")
@click.option("--system", metavar="SYSTEM", help="Only runs of this system.")
@click.option(
    "--since",
    metavar="WHEN",
    help="Only runs begun since then: a time ago (90m, 12h, 7d, 2w) or a day (2026-03-14).",
)
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Only runs with this tag.")
@store_option
@click.option("--json", "as_json", is_flag=True, help="An array of runs as JSON on stdout.")
def runs_command(
    failed: bool,
    system: str | None,
    since: str | None,
    tags: tuple[str, ...],
    store: Path | None,
    as_json: bool,
) -> int:
    """List the runs that are kept, oldest first.

    \b
    splitbrain runs --failed --system etcd --since 7d
    splitbrain runs --tag found-in-staging --json
    """
    from histories.archive import default_store
    from splitbrain.archive.index import kept_runs
    from splitbrain.archive.wanted import Wanted
    from splitbrain.cli.output import print_json, print_rows
    from splitbrain.quantities import QuantityError, parse_since

    try:
        since_s = None if since is None else parse_since(since)
    except QuantityError as error:
        raise Problems([f"--since: {error}"]) from None
    wanted = Wanted(failed=failed, system=system, since_s=since_s, tags=tags)
    where = store or default_store()
    runs = kept_runs(where, wanted, say)
    if as_json:
        print_json([run.to_json() | {"alive": run.alive} for run in runs])
    elif runs:
        print_rows(HEADS, [_row(run) for run in runs])
    elif wanted:
        click.echo(f"No run in {printable(str(where))} is as asked for.", err=True)
    else:
        click.echo(
            f"No run is kept in {printable(str(where))} yet. Start one: splitbrain test raft",
            err=True,
        )
    return 0


HEADS = ("run", "verdict", "operations", "host", "seed", "bugs", "tags")


def say(sentence: str) -> None:
    """Tell of what happened to the index: beside the list, never in it."""
    click.echo(f"splitbrain: {printable(sentence)}", err=True)


def _row(run: RunSummary) -> tuple[str, ...]:
    return (
        run.run,
        run.outcome + " (imported)" * (run.imported is not None),
        "" if run.operations is None else f"{run.operations:,}",
        run.host,
        "" if run.seed is None else str(run.seed),
        " ".join(run.bugs),
        ", ".join(run.tags),
    )
