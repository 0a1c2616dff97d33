"""Whether a history's operations are ones its model has, told before anything is decided."""

from __future__ import annotations

from collections.abc import Iterable

from checker.models.model import Model
from histories.errors import PROBLEMS_MAX, HistoryError, Problem
from histories.table import NO_VALUE, Table


def check_fit(table: Table, model: Model) -> None:
    """Raise HistoryError, with up to twenty problems, for operations the model does not have.

    Operations that differ only in what the model does not look at are looked at once, registers
    as whole columns: a million operations take some milliseconds.
    """
    if model.family == "register" and _registers_fit(table, model):
        return
    problems = []
    for row in _representatives(table, model):
        operation = table.operation(row)
        if (misfit := model.misfit(operation)) is not None:
            problems.append(
                Problem(
                    f"event {operation.call}",
                    f"{misfit}.",
                    f"The model {model.name!r} has {', '.join(model.functions)}; "
                    "name another model, or mend the history.",
                )
            )
            if len(problems) >= PROBLEMS_MAX:
                break
    if problems:
        raise HistoryError(problems)


def _registers_fit(table: Table, model: Model) -> bool:
    """Whether every operation is surely a register's: a known function, pairs for a cas."""
    for number, name in enumerate(table.functions):
        if name not in model.functions:
            return False
        if name == "cas" and ((table.f == number) & (table.input2 == NO_VALUE)).any():
            return False
    return True


def _representatives(table: Table, model: Model) -> Iterable[int]:
    """The first row of each kind of operation, in order."""
    columns = [
        *(table.f, table.outcome, table.error),
        *(table.input, table.input2, table.output, table.output2),
        *(getattr(table, name) for name in model.depends_on),
    ]
    first: dict[tuple[int, ...], int] = {}
    for row, kind in enumerate(zip(*(column.tolist() for column in columns), strict=True)):
        first.setdefault(kind, row)
    return first.values()
