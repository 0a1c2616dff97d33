"""What dead runs left: in an engine, in the store. Undone by `clean` and by each new run.

Most of it undoes itself: a sandbox dies with its owner, an agent heals when its harness is
gone. What stays are containers, networks and volumes, nodes' data in run folders, and
ledgers that nobody closed.
"""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from histories.archive import Store, is_alive
from nemesis.ledger import is_closed, mark_undone
from splitbrain.run_files import LEDGER, NODES


@dataclass(slots=True)
class Cleaning:
    """What a cleaning did: what it took away, what it left and why, what would not go.

    ``removed`` holds names by kind; ``closed_ledgers`` the runs whose ledgers were closed.
    """

    removed: dict[str, list[str]] = field(default_factory=dict)
    closed_ledgers: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def sentences(self) -> list[str]:
        """What was undone and what would not go, for a person."""
        told = [f"Removed {kind}: {', '.join(names)}" for kind, names in self.removed.items()]
        told += [
            f"Closed the fault ledger of {run}: its harness died, its faults are undone"
            for run in self.closed_ledgers
        ]
        return told + [f"Could not remove {what}" for what in self.failed]

    def __bool__(self) -> bool:
        return bool(self.removed or self.closed_ledgers or self.failed)


def clean(store: Path, *, engine: bool = True, images: bool = False) -> Cleaning:
    """Undo what dead runs left, in this store and (with ``engine``) in this machine's engine.

    Never touches a run that goes on; keeps every history. ``images``: also take away node
    images that no container uses; the next run makes its own again. Without an engine, that
    part is left out and said so.
    """
    done = Cleaning()
    if engine:
        _clean_engine(done, images)
    _clean_store(store, done)
    return done


def _clean_engine(done: Cleaning, images: bool) -> None:
    from targets.hosts import leftovers
    from targets.target import TargetError

    try:
        removed = asyncio.run(leftovers.remove())
        unused = asyncio.run(leftovers.remove_unused_images()) if images else []
    except TargetError as error:
        done.left.append(f"whatever may be in a Docker engine: {error}")
        return
    kinds: dict[str, Any] = removed.to_json()
    done.failed += kinds.pop("failed", [])
    done.removed = {kind: names for kind, names in (kinds | {"images": unused}).items() if names}


def _clean_store(store: Path, done: Cleaning) -> None:
    for folder in Store(store).folders():
        if is_alive(folder):
            done.left.append(f"{folder.name}: it goes on")
            continue
        # A ledger is closed after everything else is undone: an open one tells a dead run.
        shutil.rmtree(folder / NODES, ignore_errors=True)
        if not is_closed(folder / LEDGER):
            mark_undone(folder / LEDGER, "splitbrain clean")
            done.closed_ledgers.append(folder.name)
