"""From a matrix file to cells: combinations, less what is excluded, and what is included."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from splitbrain.cli.catalogue import Catalogue
from splitbrain.cli.settings import SettingsError, settle
from splitbrain.matrix.cell import Cell, Expect
from splitbrain.matrix.reading import (
    AXES,
    DEFAULTS,
    EXCLUDE,
    INCLUDE,
    OVERRIDE,
    WHEN,
    MatrixFile,
    MatrixRefused,
)
from splitbrain.matrix.settings import (
    EXPECT,
    IDENTITY,
    NAME,
    SEED,
    Unreadable,
    asked_for,
    identity_words,
    seeds_of,
    text_of,
)
from splitbrain.suggest import unknown_name

CELLS_MAX = 10_000
FIRST_SEED = 1
"""The seed of a cell that names none: a matrix means the same each time it is run."""
FILES = ("target", "ssh-key", "ssh-known-hosts", *IDENTITY)
BARE = ("system", "workload", "faults", "host", NAME)
"""Keys whose values need no name beside them."""
_OPTION = re.compile(r"--([a-z-]+)")

Origin = tuple[str, int]
"""Which table a setting comes from."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A cell in the making: settings as TOML has them, and where each comes from."""

    settings: Mapping[str, Any]
    origins: Mapping[str, Origin]
    home: Origin
    named: tuple[str, ...]
    """The keys that tell it from others."""

    def texts(self) -> dict[str, str]:
        """Its settings as texts, to be compared and told."""
        return {key: text_of(key, value) for key, value in self.settings.items() if key != SEED}

    def is_as(self, wanted: Mapping[str, Any]) -> bool:
        """Whether it has all that is wanted; its seeds are not asked about."""
        has = self.texts()
        return all(
            has.get(key) == text_of(key, value) for key, value in wanted.items() if key != SEED
        )


def cells_of(file: MatrixFile, catalogue_of: Callable[[str, str | None], Catalogue]) -> list[Cell]:
    """All cells, in the file's order. Raises MatrixRefused with all that is wrong with the file.

    ``catalogue_of`` gives what there is for a system's name, or a target's file.
    """
    cells: list[Cell] = []
    if not file.problems:
        for draft in _drafts(file):
            cells += _cells(file, draft, catalogue_of)
            if len(cells) > CELLS_MAX:
                file.problem(f"there are more than {CELLS_MAX:,} cells.", AXES)
                break
        _refuse_twice(file, cells)
    if file.problems:
        raise MatrixRefused(file.in_order())
    if not cells:
        raise MatrixRefused([f"{file.path}: every cell is excluded, so there is nothing to run."])
    return [replace(cell, number=number) for number, cell in enumerate(cells)]


def _drafts(file: MatrixFile) -> list[Draft]:
    defaults = dict.fromkeys(file.defaults, (DEFAULTS, 0))
    varying = tuple(k for k, v in file.axes.items() if k != SEED and (len(v) > 1 or k == "system"))
    drafts = []
    used: set[int] = set()
    for values in itertools.islice(itertools.product(*file.axes.values()), CELLS_MAX + 1):
        if not file.axes:
            break
        settings = {**file.defaults, **dict(zip(file.axes, values, strict=True))}
        draft = Draft(settings, defaults | dict.fromkeys(file.axes, (AXES, 0)), (AXES, 0), varying)
        hit = [i for i, wanted in enumerate(file.excludes) if draft.is_as(wanted)]
        used.update(hit)
        if not hit:
            drafts.append(draft)
    for index, wanted in enumerate(file.excludes):
        if index not in used:
            file.problem(f"excludes nothing: no cell has {_listed(wanted)}.", EXCLUDE, index)
    for index, own in enumerate(file.includes):
        origins = defaults | dict.fromkeys(own, (INCLUDE, index))
        named = tuple(key for key in own if key not in (SEED, EXPECT, NAME))
        drafts.append(Draft({**file.defaults, **own}, origins, (INCLUDE, index), named))
    return _overridden(file, drafts)


def _overridden(file: MatrixFile, drafts: list[Draft]) -> list[Draft]:
    for index, override in enumerate(file.overrides):
        own = {key: value for key, value in override.items() if key != WHEN}
        origins = dict.fromkeys(own, (OVERRIDE, index))
        meant = [draft.is_as(override[WHEN]) for draft in drafts]
        if not any(meant):
            told = f"{WHEN}: no cell has {_listed(override[WHEN])}."
            file.problem(told, OVERRIDE, index, WHEN)
        drafts = [
            replace(draft, settings={**draft.settings, **own}, origins={**draft.origins, **origins})
            if hit
            else draft
            for draft, hit in zip(drafts, meant, strict=True)
        ]
    return drafts


def _cells(
    file: MatrixFile, draft: Draft, catalogue_of: Callable[[str, str | None], Catalogue]
) -> Iterator[Cell]:
    settings = {key: _rooted(file, key, value) for key, value in draft.settings.items()}

    def problem(told: str, key: str) -> None:
        table, index = draft.origins.get(key, draft.home)
        file.problem(told, table, index, key)

    expect = str(settings.get(EXPECT, Expect.VALID))
    if expect not in set(Expect):
        problem(f"{EXPECT}: {unknown_name('expectation', expect, list(Expect))}", EXPECT)
        return
    try:
        given = settings.get(SEED, FIRST_SEED)
        # An axis is a list of values, and this one may have ranges among them.
        seeds = seeds_of(given)
    except Unreadable as error:
        problem(f"{SEED}: {error}.", SEED)
        return
    asked = asked_for({key: value for key, value in settings.items() if key != SEED})
    asked = replace(asked, seed=str(seeds[0]))
    if not asked.system and asked.target is None:
        problem("system: is missing; each cell needs one (or a target).", "system")
        return
    try:
        settled = settle(asked, catalogue_of(asked.system, asked.target))
    except SettingsError as error:
        for sentence in error.problems:
            found = _OPTION.match(sentence)
            key = found[1] if found else "system"
            problem(sentence.removeprefix("--"), key)
        return
    group = _group(draft, settled.plan.system)
    axes = {key: value for key, value in draft.texts().items() if key not in (EXPECT, NAME)}
    for seed in seeds:
        yield Cell(
            group,
            replace(settled.plan, seed=seed),
            axes,
            Expect(expect),
            identity_words(settings, lambda text: text),
            settled.notes,
        )


def _rooted(file: MatrixFile, key: str, value: Any) -> Any:
    """Files are named from where the matrix is."""
    if key not in FILES or key == "user" or not isinstance(value, str):
        return value
    return str((file.path.parent / value).absolute())


def _group(draft: Draft, system: str) -> str:
    """The name of a cell but for its seed: its own, or what tells it from others."""
    texts = draft.texts()
    if NAME in texts:
        return texts[NAME]
    words = [] if "system" in draft.named and "system" in texts else [system]
    for key in draft.named:
        told = texts[key]
        words.append(told if key in BARE and told != "none" else f"{key} {told}")
    return " · ".join(words)


def _refuse_twice(file: MatrixFile, cells: list[Cell]) -> None:
    plans: dict[Any, Cell] = {}
    names: dict[str, Cell] = {}
    for cell in cells:
        if (other := plans.setdefault(cell.plan, cell)) is not cell:
            file.problem(f"{cell.name!r} and {other.name!r} are the same run, twice.", "")
        elif (other := names.setdefault(cell.name, cell)) is not cell:
            told = f"two different cells are called {cell.name!r}; give them a {NAME} of their own."
            file.problem(told, "")


def _listed(wanted: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} = {text_of(key, one)!r}" for key, one in wanted.items())
