"""Telling a run on stdout, and leaving its timeline in the run's folder."""

from __future__ import annotations

import os
from pathlib import Path

import click

from splitbrain.cli.output import print_json, print_text, width
from splitbrain.record import RunRecord
from splitbrain.report.document import run_document
from splitbrain.report.html import page
from splitbrain.report.text import summary

PAGE = "report.html"


def tell(record: RunRecord, *, as_json: bool) -> None:
    """Print a run: as text for people, or as JSON and nothing else."""
    if as_json:
        print_json(run_document(record))
    else:
        print_text(summary(record, width=width()))


def keep_page(record: RunRecord, *, anew: bool) -> None:
    """Leave the timeline in the run's folder; ``anew`` writes it even if there is one.

    A folder that cannot be written is told of and otherwise no matter: the text says it all.
    """
    place = record.folder / PAGE
    if place.exists() and not anew:
        return
    beside = Path(f"{place}.{os.getpid()}")
    try:
        beside.write_text(page(record), encoding="utf-8")
        beside.replace(place)
    except OSError as error:
        click.echo(f"splitbrain: no timeline was written: {error}", err=True)
