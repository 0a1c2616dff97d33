"""``splitbrain clean``: undo what dead runs have left behind."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from splitbrain.cli.failure import EXIT_HARNESS
from splitbrain.cli.output import store_option

if TYPE_CHECKING:
    from targets.hosts.leftovers import Removed


@dataclass(slots=True)
class Cleaning:
    """What a cleaning did: what it took away, what it left, and why."""

    removed: dict[str, list[str]] = field(default_factory=dict)
    closed_ledgers: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


@click.command("clean")
@store_option
@click.option("--json", "as_json", is_flag=True, help="As JSON on stdout.")
def clean_command(store: Path | None, as_json: bool) -> int:
    """Undo what runs have left whose harness died: containers, networks, volumes, ledgers.

    A run that goes on is never touched. Histories are kept.
    """
    from histories.archive import default_store
    from splitbrain.cli.output import print_json

    done = clean(store or default_store())
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


def clean(store: Path) -> Cleaning:
    """Clean the engine, then the store's ledgers."""
    done = Cleaning()
    _clean_engine(done)
    _clean_ledgers(store, done)
    return done


def _clean_engine(done: Cleaning) -> None:
    from targets.hosts import leftovers
    from targets.target import HostUnavailable

    try:
        removed: Removed = asyncio.run(leftovers.remove())
    except HostUnavailable as error:
        done.left.append(f"whatever may be in a Docker engine: {error}")
        return
    kinds: dict[str, Any] = removed.to_json()
    done.failed += kinds.pop("failed", [])
    done.removed = {kind: names for kind, names in kinds.items() if names}


def _clean_ledgers(store: Path, done: Cleaning) -> None:
    """Close the ledgers of dead runs: what they speak of died with its host, or is gone now."""
    from histories.archive import Store, is_alive
    from nemesis.ledger import is_closed, mark_undone

    for folder in Store(store).folders():
        ledger = folder / "faults.jsonl"
        if is_alive(folder):
            done.left.append(f"{folder.name}: it goes on")
        elif not is_closed(ledger):
            mark_undone(ledger, "splitbrain clean")
            done.closed_ledgers.append(folder.name)


def _tell(done: Cleaning) -> None:
    from splitbrain.cli.output import print_text

    for kind, names in done.removed.items():
        print_text(f"Removed {kind}: {', '.join(names)}")
    for run in done.closed_ledgers:
        print_text(f"Closed the fault ledger of {run}: its harness died, its faults are undone")
    for what in done.left:
        print_text(f"Left {what}")
    for what in done.failed:
        print_text(f"Could not remove {what}")
    if not (done.removed or done.closed_ledgers or done.failed):
        print_text("Nothing was left behind.")
