"""``splitbrain clean``: undo what dead runs have left behind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from splitbrain.cli.failure import EXIT_HARNESS
from splitbrain.cli.output import store_option

if TYPE_CHECKING:
    from splitbrain.leftovers import Cleaning


@click.command("clean")
@store_option
@click.option("--images", is_flag=True, help="Node images that no container uses, too.")
@click.option("--json", "as_json", is_flag=True, help="As JSON on stdout.")
def clean_command(store: Path | None, images: bool, as_json: bool) -> int:
    """Undo what runs have left whose harness died: containers, networks, volumes, ledgers.

    A run that goes on is never touched. Histories are kept.
    """
    from histories.archive import default_store
    from splitbrain.cli.output import print_json
    from splitbrain.leftovers import clean

    done = clean(store or default_store(), images=images)
    if as_json:
        print_json(
            {
                "removed": done.removed,
                "closed_ledgers": done.closed_ledgers,
                "left": done.left,
                "failed": done.failed,
            }
        )
    else:
        _tell(done)
    return EXIT_HARNESS if done.failed else 0


def _tell(done: Cleaning) -> None:
    from splitbrain.cli.output import print_text

    for sentence in done.sentences():
        print_text(sentence)
    for what in done.left:
        print_text(f"Left {what}")
    if not done:
        print_text("Nothing was left behind.")
