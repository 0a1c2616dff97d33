"""``splitbrain prune``: remove runs that are old."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from splitbrain.cli.failure import EXIT_HARNESS, Problems, failure_sentence
from splitbrain.cli.output import print_json, print_text, store_option

if TYPE_CHECKING:
    from splitbrain.archive.pruning import Pruning


@click.command("prune")
@click.option(
    "--older-than",
    required=True,
    metavar="AGE",
    help="Runs that began longer ago than this: 90m, 12h, 7d, 2w; 0s for all.",
)
@click.option("--keep-failed", is_flag=True, help="Keep those that found the system at fault.")
@click.option("--tagged", is_flag=True, help="Those with a tag, too; otherwise they are kept.")
@click.option("--dry-run", is_flag=True, help="Say what would be removed, and remove nothing.")
@store_option
@click.option("--json", "as_json", is_flag=True, help="What was removed, and what kept, as JSON.")
def prune_command(
    older_than: str,
    keep_failed: bool,
    tagged: bool,
    dry_run: bool,
    store: Path | None,
    as_json: bool,
) -> int:
    """Remove runs, histories and all; each is named first.

    Runs that go on are kept, and those whose faults are not undone yet.

    \b
    splitbrain prune --keep-failed --older-than 7d --dry-run
    """
    from histories.archive import ArchiveError, default_store
    from splitbrain.archive.index import kept_runs
    from splitbrain.archive.pruning import look, remove
    from splitbrain.archive.wanted import Wanted
    from splitbrain.cli.commands.runs import say
    from splitbrain.quantities import QuantityError, parse_age

    try:
        before_s = time.time() - parse_age(older_than)
    except QuantityError as error:
        raise Problems([f"--older-than: {error}"]) from None
    where = store or default_store()
    found = look(
        kept_runs(where, Wanted(before_s=before_s), say), keep_failed=keep_failed, tagged=tagged
    )
    if not as_json:
        _tell(found, dry_run=dry_run)
    removed, failed = [], []
    for run in () if dry_run else found.remove:
        try:
            remove(where, run)
            removed.append(run.run)
        except ArchiveError as error:
            failed.append(failure_sentence(error))
    if as_json:
        print_json(
            {
                "dry_run": dry_run,
                "remove": [run.run for run in found.remove],
                "removed": removed,
                "kept": list(found.kept),
                "failed": failed,
            }
        )
    elif removed:
        print_text(f"Removed {len(removed):,} run{'s' * (len(removed) != 1)}.")
    for sentence in failed:
        click.echo(f"splitbrain: {sentence}", err=True)
    return EXIT_HARNESS if failed else 0


def _tell(found: Pruning, *, dry_run: bool) -> None:
    for run in found.remove:
        print_text(f"{'Would remove' if dry_run else 'Removing'} {run.run}  {run.outcome}")
    for reason in found.kept:
        print_text(f"Keeping {reason}")
    if not found.remove:
        print_text("Nothing is to be removed.")
