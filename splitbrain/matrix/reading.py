"""A matrix file read: its tables looked over, and all that is wrong with their shape told at once.

[defaults]     settings of every cell
[axes]         a list of values for each key: the cells are all their combinations
[[exclude]]    combinations that are left out, by what they have
[[include]]    cells beside them
[[override]]   settings for the cells that are as ``when`` says
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from splitbrain.matrix.places import Where, places_in
from splitbrain.matrix.settings import CELL_KEYS, EXPECT, NAME, SEED, Unreadable, text_of
from splitbrain.quantities import QuantityError, parse_duration
from splitbrain.suggest import unknown_name

DEFAULTS, AXES, EXCLUDE, INCLUDE, OVERRIDE = "defaults", "axes", "exclude", "include", "override"
TABLES, LISTS = (DEFAULTS, AXES), (EXCLUDE, INCLUDE, OVERRIDE)
TITLE, BUDGET, WHEN = "title", "time-budget", "when"
TOP = (TITLE, BUDGET, *TABLES, *LISTS)
BYTES_MAX = 1_000_000
_AT = re.compile(r"\(at line (\d+), column \d+\)")


class MatrixRefused(Exception):
    """A file that is no matrix; ``problems`` holds a sentence for each reason, with its place."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


@dataclass(slots=True)
class MatrixFile:
    """What a matrix file says, by table; ``problems`` grows while it is looked over.

    ``path`` is as the user named it, and what its places are told with.
    """

    path: Path
    title: str = ""
    budget_s: float | None = None
    defaults: dict[str, Any] = field(default_factory=dict)
    axes: dict[str, list[Any]] = field(default_factory=dict)
    excludes: list[dict[str, Any]] = field(default_factory=list)
    includes: list[dict[str, Any]] = field(default_factory=list)
    overrides: list[dict[str, Any]] = field(default_factory=list)
    places: dict[Where, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def at(self, table: str, index: int = 0, key: str = "") -> str:
        """``matrix.toml:12``, as near as it is known."""
        for where in ((table, index, key), (table, index, "")):
            if (line := self.places.get(where)) is not None:
                return f"{self.path}:{line}"
        return str(self.path)

    def in_order(self) -> list[str]:
        """The problems, as they come in the file."""

        def line(sentence: str) -> int:
            told = sentence.removeprefix(f"{self.path}:").partition(":")[0]
            return int(told) if told.isdecimal() else 0

        return sorted(self.problems, key=line)

    def problem(self, told: str, table: str, index: int = 0, key: str = "") -> None:
        """Note what is wrong there; once."""
        sentence = f"{self.at(table, index, key)}: {told}"
        if sentence not in self.problems:
            self.problems.append(sentence)


def read_matrix(path: Path) -> MatrixFile:
    """Read the file. Raises MatrixRefused where it is no TOML; other problems are noted in it."""
    text = _text(path)
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = _AT.search(str(error))
        where = f"{path}:{found[1]}" if found else str(path)
        said = _AT.sub("", str(error) or "nested too deeply").strip()
        raise MatrixRefused([f"{where}: expected TOML: {said}."]) from None
    file = MatrixFile(path, title=path.stem, places=places_in(text))
    _look_over_top(file, data)
    file.defaults = _table(file, data, DEFAULTS)
    file.axes = _axes(file, data)
    file.excludes = _list(file, data, EXCLUDE)
    file.includes = _list(file, data, INCLUDE)
    file.overrides = _list(file, data, OVERRIDE)
    for table, index, settings in _settings(file):
        _look_over(file, settings, table, index)
    if not file.axes and not file.includes and not file.problems:
        file.problem("has no [axes] and no [[include]], so there is nothing to run.", "")
    return file


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
        if len(data) > BYTES_MAX:
            raise MatrixRefused([f"{path}: has more than {BYTES_MAX:,} bytes: that is no matrix."])
        return data.decode("utf-8")
    except OSError as error:
        hint = (
            "" if path.exists() else " Name the file, or write one: docs/continuous-integration.md."
        )
        raise MatrixRefused([f"{path}: {error.strerror or error}.{hint}"]) from None
    except UnicodeDecodeError as error:
        raise MatrixRefused([f"{path}: expected TOML in UTF-8 ({error})."]) from None


def _look_over_top(file: MatrixFile, data: Mapping[str, Any]) -> None:
    for key in data:
        if key not in TOP:
            told = unknown_name("table or key", key, TOP)
            if key in CELL_KEYS:
                told += f" What every cell has stands below [{DEFAULTS}]."
            index = ("", 0, key) if ("", 0, key) in file.places else (key, 0, "")
            file.problem(told, *index)
    title = data.get(TITLE, file.title)
    if isinstance(title, str):
        file.title = title
    else:
        file.problem(f"{TITLE}: seen {title!r}, expected a text.", "", 0, TITLE)
    budget = data.get(BUDGET)
    if budget is not None:
        try:
            file.budget_s = parse_duration(str(budget), minimum_s=0.1)
        except QuantityError as error:
            file.problem(f"{BUDGET}: {error}.", "", 0, BUDGET)


def _table(file: MatrixFile, data: Mapping[str, Any], name: str) -> dict[str, Any]:
    table = data.get(name, {})
    if isinstance(table, dict):
        return dict(table)
    file.problem(f"{name}: seen {_kind(table)}, expected a table: [{name}].", "", 0, name)
    return {}


def _list(file: MatrixFile, data: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    listed = data.get(name, [])
    if isinstance(listed, list) and all(isinstance(one, dict) for one in listed):
        return [dict(one) for one in listed]
    place = (name, 0, "") if (name, 0, "") in file.places else ("", 0, name)
    file.problem(f"{name}: seen {_kind(listed)}, expected tables: [[{name}]].", *place)
    return []


def _axes(file: MatrixFile, data: Mapping[str, Any]) -> dict[str, list[Any]]:
    axes = {}
    for key, values in _table(file, data, AXES).items():
        if key in (NAME, EXPECT):
            told = (
                f"{key}: is no axis; it goes below [{DEFAULTS}], [[{INCLUDE}]] or [[{OVERRIDE}]]."
            )
            file.problem(told, AXES, 0, key)
        elif key == SEED:
            axes[key] = [values]
        elif not isinstance(values, list) or not values:
            told = f"{key}: seen {values!r}, expected a list of one value or more."
            file.problem(told, AXES, 0, key)
        else:
            axes[key] = values
    return axes


def _settings(file: MatrixFile) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
    """Every table of settings."""
    yield DEFAULTS, 0, file.defaults
    yield AXES, 0, file.axes
    for name, tables in ((EXCLUDE, file.excludes), (INCLUDE, file.includes)):
        for index, table in enumerate(tables):
            yield name, index, table
            if not table:
                file.problem(f"[[{name}]] says nothing.", name, index)
    for index, table in enumerate(file.overrides):
        when = table.get(WHEN)
        if not isinstance(when, dict) or not when:
            told = f'{WHEN}: expected what cells have that are meant: {WHEN} = {{system = "raft"}}.'
            file.problem(told, OVERRIDE, index, WHEN)
        else:
            yield OVERRIDE, index, when
        yield OVERRIDE, index, {key: one for key, one in table.items() if key != WHEN}


def _look_over(file: MatrixFile, settings: Mapping[str, Any], table: str, index: int) -> None:
    chooses = table == EXCLUDE or (
        table == OVERRIDE and settings is file.overrides[index].get(WHEN)
    )
    for key, value in settings.items():
        if chooses and key in (SEED, EXPECT, NAME):
            told = f"{key}: cells are chosen by what they run, not by their {key}."
            file.problem(told, table, index, key)
            continue
        if key not in CELL_KEYS:
            file.problem(unknown_name("key", key, sorted(CELL_KEYS)), table, index, key)
            continue
        if key == SEED:
            continue  # a range, which is read where it is spread out
        for one in value if table == AXES else (value,):
            try:
                text_of(key, one)
            except Unreadable as error:
                file.problem(f"{key}: {error}.", table, index, key)


def _kind(value: Any) -> str:
    names = {dict: "a table", list: "a list", str: "a text", bool: "true or false"}
    return names.get(type(value), type(value).__name__)
