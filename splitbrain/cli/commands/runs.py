"""``splitbrain runs``: the runs that are kept."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from splitbrain.cli.output import store_option

if TYPE_CHECKING:
    from histories.archive import RunSummary


@click.command("runs")
@store_option
@click.option("--json", "as_json", is_flag=True, help="An array of runs as JSON on stdout.")
def runs_command(store: Path | None, as_json: bool) -> int:
    """List the runs that are kept, oldest first."""
    from histories.archive import Store, default_store
    from splitbrain.cli.output import print_json, print_table

    kept = Store(store or default_store())
    runs = kept.runs()
    if as_json:
        print_json([asdict(run) for run in runs])
    elif runs:
        print_table(
            ("run", "verdict", "operations", "host", "seed", "bugs"),
            [
                (
                    run.run,
                    _state(run),
                    "" if run.operations is None else f"{run.operations:,}",
                    run.host,
                    str(run.seed),
                    " ".join(run.bugs),
                )
                for run in runs
            ],
        )
    else:
        click.echo(f"No run is kept in {kept.path} yet. Start one: splitbrain test raft", err=True)
    return 0


def _state(run: RunSummary) -> str:
    if run.verdict is not None:
        return run.verdict
    return "going on" if run.alive else "cut off"
