"""Telling a run on stdout."""

from __future__ import annotations

import click

from splitbrain.cli.output import print_json, print_verdict, width
from splitbrain.record import RunRecord
from splitbrain.report.document import run_document
from splitbrain.report.text import summary
from splitbrain.text import printable


def tell(record: RunRecord, *, as_json: bool) -> None:
    """Print a run: as text for people, or as JSON and nothing else."""
    if as_json:
        print_json(run_document(record))
    else:
        print_verdict(summary(record, width=width()), str(record.verdict))
    for note in record.notes:
        click.echo(f"  note: {printable(note)}", err=True)
    if record.unwritten is not None:
        click.echo(f"splitbrain: {printable(record.unwritten)}", err=True)
