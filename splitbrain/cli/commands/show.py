"""``splitbrain show RUN``: what a run found, told again."""

from __future__ import annotations

import contextlib
from pathlib import Path

import click

from splitbrain.cli.output import store_option


@click.command("show")
@click.argument("run", default="latest")
@store_option
@click.option("--json", "as_json", is_flag=True, help="The run as JSON on stdout.")
def show_command(run: str, store: Path | None, as_json: bool) -> int:
    """Tell again what RUN found: an id, a unique part of it, a path, or latest.

    The exit code is that of the run's verdict.
    """
    from histories.archive import Store, default_store
    from splitbrain.cli.tell import tell
    from splitbrain.run import load
    from splitbrain.run_files import PAGE, write_page

    record = load(Store(store or default_store()).resolve(run))
    if not (record.folder / PAGE).exists():
        with contextlib.suppress(OSError):  # the text says it all
            write_page(record)
    tell(record, as_json=as_json)
    return record.exit_code
