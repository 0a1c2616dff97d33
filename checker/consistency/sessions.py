"""A history as sessions: what each process did, one thing after the other, and when is left out.

One session per process: what a ``process`` is in the history is the session. After ``info`` a
process retires, so an indeterminate operation is the last of its session; it took effect at
some point after all the others of it, or never.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from checker.models.model import Model
from checker.reading import Reading
from histories.event import Operation
from histories.table import INFO, NEVER, Table


class NoSessions(ValueError):
    """The processes of a history are no sessions; says which one did what."""


@dataclass(frozen=True, slots=True)
class Sessions:
    """The steps of a history, numbered in order of call, and to which session each belongs.

    A step is an operation that asserts or changes something. Of step i: ``row[i]`` in the
    table, ``session[i]``, its ``place[i]`` in that session, ``key[i]`` (0 where the model is not
    by key), ``effect[i]`` as the model understands it, ``certain[i]``: it took effect; else it
    may or may not have. ``steps[s]`` are those of session s in their order.
    """

    table: Table
    model: Model
    reading: Reading
    row: list[int]
    session: list[int]
    place: list[int]
    key: list[int]
    effect: list[Any]
    certain: list[bool]
    steps: list[list[int]]

    def __len__(self) -> int:
        return len(self.row)

    @classmethod
    def of(cls, table: Table, model: Model, reading: Reading) -> Sessions:
        """The sessions of a table. Raises NoSessions when a process did two things at once.

        About 10 µs an operation.
        """
        _check(table)
        sessions = cls(table, model, reading, [], [], [], [], [], [], [])
        numbers: dict[int, int] = {}
        processes, keys, outcomes = (
            column.tolist() for column in (table.process, table.key, table.outcome)
        )
        for row, process in enumerate(processes):
            effect = model.effect(table.operation(row), reading)
            certain = outcomes[row] != INFO
            if effect is None or (not certain and model.observes(effect)):
                continue
            number = numbers.setdefault(process, len(numbers))
            if number == len(sessions.steps):
                sessions.steps.append([])
            own = sessions.steps[number]
            sessions.place.append(len(own))
            own.append(len(sessions.row))
            sessions.row.append(row)
            sessions.session.append(number)
            sessions.key.append(keys[row] if model.by_key else 0)
            sessions.effect.append(effect)
            sessions.certain.append(certain)
        return sessions

    def of_steps(self, chosen: Sequence[int]) -> Sessions:
        """The same, of some steps alone, given in ascending order; they are numbered anew."""
        part = Sessions(self.table, self.model, self.reading, [], [], [], [], [], [], [])
        numbers: dict[int, int] = {}
        for step in chosen:
            number = numbers.setdefault(self.session[step], len(numbers))
            if number == len(part.steps):
                part.steps.append([])
            own = part.steps[number]
            part.place.append(len(own))
            own.append(len(part.row))
            part.row.append(self.row[step])
            part.session.append(number)
            part.key.append(self.key[step])
            part.effect.append(self.effect[step])
            part.certain.append(self.certain[step])
        return part

    def operation(self, step: int) -> Operation:
        """The operation of a step."""
        return self.table.operation(self.row[step])

    def call(self, step: int) -> int:
        """The event at which a step was called."""
        return int(self.table.call[self.row[step]])

    def key_name(self, step: int) -> Any:
        """The key a step is about; None where the model is not by key."""
        return self.table.keys[self.key[step]] if self.model.by_key else None


def _check(table: Table) -> None:
    order = np.lexsort((table.call, table.process))
    process, ret, call = table.process[order], table.ret[order], table.call[order]
    wrong = (process[1:] == process[:-1]) & (ret[:-1] >= call[1:])
    if not wrong.any():
        return
    at = int(wrong.argmax())
    what = "after an operation whose outcome is unknown" if ret[at] == NEVER else "two at once"
    raise NoSessions(
        f"process {int(process[at])} ran operations {what} (events {int(call[at])} and "
        f"{int(call[at + 1])}), so its operations have no order of their own"
    )
