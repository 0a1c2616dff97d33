"""The cases of the table: which histories, what each must be found to be, who needs which file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import Literal

from deciding.appends import append_history
from deciding.planting import with_wrong_read
from deciding.registers import cas_register_history, register_history
from histories.table import Table

Verdict = Literal["valid", "invalid"]
Shape = Literal["journal", "kv log", "jepsen log"]

SEED = 20_260
ATTEMPTS = 50


@dataclass(frozen=True, slots=True)
class Item:
    """One history: drawn when ``draw`` is called, or kept in ``file``; one of both is given."""

    promise: Verdict
    draw: Callable[[], Table] | None = None
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A row of the table.

    ``items`` are decided one by one, and their times added. ``shape`` is the file a peer gets.
    ``split``: whether a peer may split by key; we always do. ``goal``: what the row is held
    against, in words. ``quick``: whether it belongs to ``--quick``.
    """

    name: str
    model: str
    items: tuple[Item, ...]
    shape: Shape = "journal"
    reading: str = "splitbrain"
    split: bool = True
    goal: str = ""
    quick: bool = False
    peers: bool = True


def chosen(patterns: list[str], corpus: Path | None, quick: bool) -> list[Case]:
    """The cases whose name matches, or begins with, one of the patterns; all without patterns.

    Raises KeyError with the pattern that names none.
    """
    cases = [case for case in every_case(corpus) if case.quick or not quick or patterns]
    if not patterns:
        return cases
    for pattern in patterns:
        if not any(_matches(case, pattern) for case in cases):
            raise KeyError(pattern)
    return [case for case in cases if any(_matches(case, pattern) for pattern in patterns)]


def _matches(case: Case, pattern: str) -> bool:
    return fnmatch(case.name, pattern) or case.name.startswith(pattern + "-")


def every_case(corpus: Path | None = None) -> Iterator[Case]:
    """All rows in the order of the table; those of a corpus only where its folder is given."""
    yield from _etcd(corpus)
    yield from _appends(corpus)
    yield from _cas_registers()
    yield from _unique()
    yield from _grid()


def _etcd(corpus: Path | None) -> Iterator[Case]:
    goal = "sum >= 100x, none slower"
    if corpus is not None:
        kept = _kept(corpus / "etcd-jepsen")
        if kept:
            yield Case(
                "etcd-corpus",
                "cas-register",
                kept,
                "jepsen log",
                "porcupine",
                goal=goal,
                quick=True,
            )
    # As many logs, operations and crashes as the well-known 102 logs have, five clients each.
    items = tuple(
        Item(
            "valid" if n % 3 else "invalid",
            draw=_drawn(
                lambda seed: cas_register_history(seed, 83, 5, crashed=12, rare=True, pause=1.0),
                n % 3 != 0,
                SEED + n,
            ),
        )
        for n in range(102)
    )
    yield Case("etcd-like", "cas-register", items, "jepsen log", "porcupine", goal=goal, quick=True)


def _appends(corpus: Path | None) -> Iterator[Case]:
    goals = {
        (10, True): ">= 3x",
        (10, False): ">= 3x",
        (50, True): ">= 30x",
        (50, False): ">= 2x",
    }
    for clients in (10, 50):
        for valid in (True, False):
            item = Item(
                "valid" if valid else "invalid",
                draw=partial(append_history, SEED, clients, valid=valid),
            )
            yield Case(
                f"kv-{clients}-{item.promise}",
                "append",
                (item,),
                "kv log",
                "porcupine",
                goal=goals[clients, valid],
                quick=clients == 10,
            )
    for valid in (True, False):
        item = Item(
            "valid" if valid else "invalid",
            draw=partial(append_history, SEED, 10, valid=valid),
        )
        yield Case(
            f"kv-10-{item.promise}-unsplit",
            "append",
            (item,),
            "kv log",
            "porcupine",
            split=False,
            goal=">= 1,000x",
        )
    if corpus is None:
        return
    for one in _kept(corpus / "kv-append"):
        assert one.file is not None
        clients = int(one.file.stem[1:3])
        goal = goals.get((clients, one.promise == "valid"), "")
        name = f"kv-corpus-{one.file.stem}"
        yield Case(name, "append", (one,), "kv log", "porcupine", goal=goal)
        if clients == 10:
            yield Case(
                name + "-unsplit", "append", (one,), "kv log", "porcupine", False, ">= 1,000x"
            )


def _cas_registers() -> Iterator[Case]:
    """(clients, operations, crashed, valid, goal)."""
    out_of_reach = "< 0.3 s where the peer gives up"
    for clients, operations, crashed, valid, goal in (
        (10, 20_000, 0, True, ">= 50x"),
        (10, 20_000, 700, True, "<= 3x the time without crashes"),
        (20, 2_000, 0, True, out_of_reach),
        (5, 20_000, 0, False, ">= 30x"),
        (10, 200, 9, False, ""),
        (10, 2_000, 11, False, ""),
        (10, 20_000, 0, False, out_of_reach),
    ):
        yield Case(
            f"cas-{clients}x{operations}{f'-{crashed}-crashed' if crashed else ''}"
            f"-{'valid' if valid else 'invalid'}",
            "cas-register",
            (
                Item(
                    "valid" if valid else "invalid",
                    draw=_drawn(
                        partial(
                            cas_register_history,
                            operations=operations,
                            clients=clients,
                            crashed=crashed,
                            rare=not valid,
                        ),
                        valid,
                    ),
                ),
            ),
            goal=goal,
            quick=operations <= 2_000,
        )


def _unique() -> Iterator[Case]:
    for operations, keys, goal in (
        (10_000, 0, ""),
        (1_000_000, 0, "< 0.1 s, < 500 MB"),
        (10_000_000, 1_000, "< 10 s"),
    ):
        for valid in (True, False):
            yield Case(
                f"unique-{operations}{f'-{keys}-keys' if keys else ''}"
                f"-{'valid' if valid else 'invalid'}",
                "register",
                (
                    Item(
                        "valid" if valid else "invalid",
                        draw=_drawn(
                            partial(
                                register_history,
                                operations=operations,
                                clients=10,
                                values="unique",
                                keys=keys,
                            ),
                            valid,
                        ),
                    ),
                ),
                goal=goal,
                quick=operations <= 10_000,
                peers=operations <= 1_000_000,
            )


def _grid() -> Iterator[Case]:
    for operations in (1_000, 10_000, 100_000):
        for clients in (5, 10, 20, 50):
            for percent in (0, 1):
                for values in ("small", "unique"):
                    for valid in (True, False):
                        yield _cell(operations, clients, percent, values, valid)


def _cell(operations: int, clients: int, percent: int, values: str, valid: bool) -> Case:
    draw = partial(
        register_history,
        operations=operations,
        clients=clients,
        values="unique" if values == "unique" else "small",
        crashed=operations * percent // 100,
        rare=not valid and values == "small",
    )
    promise: Verdict = "valid" if valid else "invalid"
    crashed = "-1%-crashed" if percent else ""
    return Case(
        f"grid-{operations}x{clients}-{values}{crashed}-{promise}",
        "register",
        (Item(promise, draw=_drawn(draw, valid)),),
        goal="< 1 s, < 1 GB",
        quick=operations == 1_000 and clients == 10,
    )


def _drawn(draw: Callable[[int], Table], valid: bool, seed: int = SEED) -> Callable[[], Table]:
    """The history of a seed; the next seed's where no read can be given a wrong value."""

    def drawn() -> Table:
        if valid:
            return draw(seed)
        for again in range(ATTEMPTS):
            with suppress(ValueError):
                return with_wrong_read(draw(seed + again * 1_000), seed)
        raise ValueError(f"none of {ATTEMPTS} seeds from {seed} gives an invalid history")

    return drawn


def _kept(folder: Path) -> tuple[Item, ...]:
    """The histories of a folder whose ``verdicts.json`` says what each is."""
    try:
        verdicts = json.loads((folder / "verdicts.json").read_text(encoding="utf-8"))
    except OSError:
        return ()
    return tuple(
        Item(verdict, file=folder / name)
        for name, verdict in sorted(verdicts.items())
        if verdict in ("valid", "invalid") and (folder / name).is_file()
    )
