"""What dead runs left: in an engine, on machines, in a store, in memory.

Undone by `clean` and by each new run.

Most of it undoes itself: a sandbox dies with its owner, an agent heals when its harness is
gone. What stays are containers, networks and volumes, nodes' data in run folders, ledgers
that nobody closed, and the files of trials.
"""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from histories.archive import ArchiveError, Store, is_alive
from nemesis.ledger import claim_left, is_closed, mark_undone
from splitbrain.archive.pruning import sweep as finish
from splitbrain.archive.summary import was_imported
from splitbrain.credentials import NO_CREDENTIALS, Credentials, spelt
from splitbrain.hosts import needs_root, ways_in
from splitbrain.plan import Plan
from splitbrain.run_files import LEDGER, NODES, read_manifest
from splitbrain.scratch import sweep
from splitbrain.tenancy import Tenancy


@dataclass(frozen=True, slots=True)
class Known:
    """Who we are to the cluster at these ``endpoints``, and to nobody else."""

    endpoints: tuple[str, ...] = ()
    credentials: Credentials = NO_CREDENTIALS

    def to(self, plan: Plan) -> Credentials:
        """What may be shown to the cluster of a plan."""
        return self.credentials if {*plan.endpoints} <= {*self.endpoints} else NO_CREDENTIALS


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


def clean(
    store: Path,
    *,
    engine: bool = True,
    images: bool = False,
    give_up: bool = False,
    outside: Known | None = None,
) -> Cleaning:
    """Undo what dead runs left: in this store, in memory and (with ``engine``) in the engine.

    So, too, on the machines that they reached through SSH. One that does not answer is tried
    again the next time, unless we ``give_up``: its own guard has undone what was done there.

    Keys in a cluster of others are removed when that answers; where it asks who we are,
    ``outside`` says so, to the endpoints it is meant for and no others.

    Never touches a run that goes on; keeps every history. ``images``: also take away node
    images that no container uses; the next run makes its own again. Without an engine, that
    part is left out and said so.
    """
    done = Cleaning()
    if engine:
        _clean_engine(done, images)
    _clean_store(store, done, give_up, outside or Known())
    if folders := sweep():
        done.removed["scratch folders"] = folders
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


def _clean_store(store: Path, done: Cleaning, give_up: bool, outside: Known) -> None:
    if halves := finish(store):
        done.removed["what was half done"] = halves
    for folder in Store(store).folders():
        if is_alive(folder):
            done.left.append(f"{folder.name}: it goes on")
            continue
        # A ledger is closed after everything else is undone: an open one tells a dead run.
        shutil.rmtree(folder / NODES, ignore_errors=True)
        # A run that others have made left nothing here, whatever its ledger says.
        if is_closed(folder / LEDGER) or was_imported(folder):
            continue
        # Machines first: a cluster that is still cut apart may not answer.
        machines = _clean_machines(folder, done, give_up=give_up)
        if _clean_keys(folder, done, give_up, outside) and machines:
            mark_undone(folder / LEDGER, "splitbrain clean")
            done.closed_ledgers.append(folder.name)


def _clean_machines(folder: Path, done: Cleaning, *, give_up: bool) -> bool:
    """Undo what a dead run left on machines behind SSH; whether that is the end of it."""
    try:
        plan = Plan.from_json(read_manifest(folder)["plan"])
    except ArchiveError:
        return True  # Killed before it wrote its plan: it had not begun.
    if not plan.ssh:
        return True
    from targets.hosts.ssh import undo_run

    destinations, access = ways_in(plan)
    undone = asyncio.run(undo_run(folder, destinations, access, root=needs_root(plan)))
    if undone.undone:
        done.removed["on machines"] = [*done.removed.get("on machines", ()), *undone.undone]
    if give_up:
        done.left += undone.failed
        return True
    hint = "to try no more: splitbrain clean --give-up"
    done.failed += [f"{what.rstrip('.')} ({hint})" for what in undone.failed]
    return not undone.failed


def _clean_keys(folder: Path, done: Cleaning, give_up: bool, outside: Known) -> bool:
    """Remove a dead run's keys from a cluster of others; whether that is the end of it."""
    claim = claim_left(folder / LEDGER)
    if claim is None:
        return True
    try:
        plan = Plan.from_json(read_manifest(folder)["plan"])
    except ArchiveError as error:
        done.failed.append(f"what is below {claim.keys} in some cluster: {error}")
        return give_up
    where = f"{plan.system} at {','.join(plan.endpoints)}"
    credentials = outside.to(plan)
    if claim.needs and not credentials:
        again = f"splitbrain clean --endpoints {','.join(plan.endpoints)} {spelt(claim.needs)}"
        trouble = f"who we are to it was not kept, so say it again: {again}"
    else:
        try:
            removed = asyncio.run(Tenancy(plan, claim.keys, credentials).remove())
        except (ValueError, KeyError) as error:
            trouble = str(error)
        else:
            if removed.trouble is None:
                told = f"{removed.keys:,} below {claim.keys} of {where}"
                done.removed["keys"] = [*done.removed.get("keys", ()), told]
                return True
            trouble = removed.trouble
    if give_up:
        done.left.append(f"what is below {claim.keys} of {where}: {trouble}")
        return True
    hint = "to try no more: splitbrain clean --give-up"
    done.failed.append(f"what is below {claim.keys} of {where}: {trouble} ({hint})")
    return False
