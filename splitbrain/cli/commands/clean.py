"""``splitbrain clean``: undo what dead runs have left behind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from splitbrain.cli.existing import identity_options
from splitbrain.cli.failure import EXIT_HARNESS
from splitbrain.cli.output import store_option

if TYPE_CHECKING:
    from splitbrain.leftovers import Cleaning


@click.command("clean")
@store_option
@click.option("--images", is_flag=True, help="Node images that no container uses, too.")
@click.option(
    "--give-up",
    is_flag=True,
    help="Close the ledgers of runs whose machines (--ssh) do not answer: they undo by themselves. "
    "What they wrote to a cluster (--endpoints) then stays there.",
)
@click.option(
    "--endpoints",
    metavar="URL,…",
    help="The cluster that asks who we are, as the run named it, where its keys are to go.",
)
@identity_options
@click.option("--json", "as_json", is_flag=True, help="As JSON on stdout.")
def clean_command(
    store: Path | None,
    images: bool,
    give_up: bool,
    as_json: bool,
    endpoints: str | None,
    **identity: str | None,
) -> int:
    """Undo what runs have left whose harness died: containers, networks, volumes, ledgers.

    What they left on machines behind SSH is undone there, once they answer; and so are keys in a
    cluster that was pointed at.

    A run that goes on is never touched. Histories are kept.
    """
    from histories.archive import default_store
    from splitbrain.cli.output import print_json
    from splitbrain.cli.outside import known_cluster
    from splitbrain.leftovers import clean

    outside = known_cluster(endpoints, **identity)
    done = clean(store or default_store(), images=images, give_up=give_up, outside=outside)
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
