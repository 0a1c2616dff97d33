"""Whether a history tests anything: what makes vacuous a verdict that would be valid."""

from __future__ import annotations

from typing import Any

import numpy as np

from checker.models import MODELS
from checker.models.multi_register import READS
from checker.verdict import Verdict
from checker.wording import plural
from histories.table import NO_VALUE, OK, Table

LOOKS = ("read", "get", "dequeue", "txn")
"""Functions whose answers say what an object held."""
NOTHING_ADDED = {
    "set": "no add was ever acknowledged and no element ever read",
    "counter": "no add was ever acknowledged and every read answered 0",
}
NEEDS_VALUES = (*NOTHING_ADDED, "multi-register", "list-append", "rw-register", "bank")
"""Models of which an answer that is not nil need not have seen anything."""


OTHER_FUNCTIONS = {"rw-register": ("txn",)}
"""Functions of models that are no objects with states."""


class Substance:
    """What the operations of a history that succeeded show; the same whether it comes from a
    file or through a pipe.

    ``model`` is a model's name. Nothing is asked of one that is not ours, or has nothing that
    looks, but that something succeeded.
    """

    def __init__(self, model: str) -> None:
        self.model = model
        functions = MODELS[model].functions if model in MODELS else OTHER_FUNCTIONS.get(model, ())
        self.looks = tuple(name for name in LOOKS if name in functions)
        self.operations = 0
        """Of any outcome; whoever tells of those that succeeded sets it."""
        self.succeeded = 0
        self.added = False
        self.looked = False
        self.saw = False

    @classmethod
    def of(cls, table: Table, model: str) -> Substance:
        """That of a table: columns where they suffice, 10 µs an answer where they do not."""
        substance = cls(model)
        succeeded = table.outcome == OK
        count = int(np.count_nonzero(succeeded))
        substance.operations = len(table)
        names = {name: succeeded & (table.f == n) for n, name in enumerate(table.functions)}
        nil = (table.output == 0) & (table.output2 == NO_VALUE)
        for name, rows in names.items():
            if model in NEEDS_VALUES and name in substance.looks:
                for number in np.flatnonzero(rows):
                    substance.did(name, table.operation(int(number)).output)
                    if substance.saw:
                        break
            elif rows.any():
                # One that saw something stands for all.
                seeing = np.flatnonzero(rows & ~nil)
                row = int(seeing[0]) if len(seeing) else int(np.flatnonzero(rows)[0])
                substance.did(name, table.operation(row).output)
        substance.succeeded = count
        return substance

    def did(self, f: str, answer: Any) -> None:
        """Take one operation that succeeded."""
        self.succeeded += 1
        if self.saw:
            return
        if f == "add":
            self.added = True
        elif f == "cas":
            self.saw = True
        elif f in self.looks:
            self.looked = True
            self.saw = self._seen(f, answer)

    def _seen(self, f: str, answer: Any) -> bool:
        if self.model in NOTHING_ADDED:
            return bool(answer)
        if f == "txn":
            return answer is not None and _seen_by(answer, self.model)
        if self.model in ("multi-register", "bank") and isinstance(answer, dict):
            return any(value is not None for value in answer.values())
        return answer is not None

    def verdict(self, *, ours: bool) -> tuple[Verdict, str | None]:
        """What a valid history is worth: VALID or VACUOUS, and why.

        A journal of ``ours`` is a test, and one that tested nothing has not passed. Of a file
        from elsewhere only its linearizability is asked: valid, and the reason says what it is
        worth. But where there is no operation at all, or a set or counter that was never read,
        nothing was asked.
        """
        reason = self.lacking()
        if reason is None:
            return Verdict.VALID, None
        asked = not ours and self.operations and self.model not in NOTHING_ADDED
        return Verdict.VALID if asked else Verdict.VACUOUS, reason

    def lacking(self) -> str | None:
        """Why the history tests nothing, as a sentence; None when it does test something."""
        if not self.operations:
            return "there is no operation in it: nothing was tested"
        if not self.succeeded:
            if self.operations == 1:
                return "its only operation did not succeed: nothing was tested"
            return f"none of {self.operations:,} operations succeeded: nothing was tested"
        if self.model in NOTHING_ADDED:
            if not self.looked:
                return f"no read of the {self.model} ever succeeded: nothing was tested"
            if not self.added and not self.saw:
                return f"{NOTHING_ADDED[self.model]}: nothing was tested"
            return None
        if self.looks and not self.saw:
            return (
                f"no {' or '.join(self.looks)} ever saw a write, in "
                f"{plural(self.succeeded, 'operation')} that succeeded"
            )
        return None


def _seen_by(steps: Any, model: str) -> bool:
    """Whether a transaction read a value that it had not written itself."""
    written: list[Any] = []
    for f, thing, value in steps:
        if f not in READS:
            written.append(thing)
        elif model == "list-append":
            if len(value or ()) > written.count(thing):
                return True
        elif value is not None and thing not in written:
            return True
    return False
