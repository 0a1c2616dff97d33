"""Our side, in a process of its own: ``python ours.py TASK`` decides what the JSON file says.

TASK holds ``{"model", "reading", "repetitions", "time_limit", "items": [path of columns, or of
a history file]}``. Prints one JSON object for each repetition of each item, in order:
``{"item", "verdict", "search_seconds", "peak_mb", "algorithm", "explain_seconds", "reason"}``.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Run as a file, so that its folder's parent has to be made importable first.
sys.path.insert(0, str(Path(__file__).parents[1]))

from deciding.appends import append_history
from deciding.files import load_columns
from deciding.limits import resident_mb_max
from deciding.registers import cas_register_history, register_history
from histories.table import Operations, Table

if TYPE_CHECKING:
    from checker.verdict import Result

TELLING_S = 0.1
"""Answers are told so often: writing each at once takes longer than deciding 80 operations."""


def main() -> None:
    """Load one item after another, and decide each as often as asked."""
    from checker import linearizable
    from checker.reading import READINGS
    from histories.history import read_history

    task: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    for table in _long(task["model"]):
        linearizable(table, task["model"], explained=False)
    for number, item in enumerate(task["items"]):
        path = Path(item)
        operations = (
            Operations(load_columns(path))
            if path.suffix == ".npz"
            else read_history(path).operations
        )
        told: list[Result] = []
        began = time.perf_counter()
        for repetition in range(task["repetitions"]):
            result = linearizable(
                operations,
                task["model"],
                reading=READINGS[task["reading"]],
                time_limit_s=task["time_limit"],
                # A peer says no more than its verdict; ours is explained once, and warms up.
                explained=repetition == 0,
            )
            told.append(result)
            last = repetition == task["repetitions"] - 1 or str(result.verdict) == "unknown"
            if last or time.perf_counter() - began > TELLING_S:
                _tell(number, told)
                told, began = [], time.perf_counter()
            if last:
                break


def _tell(item: int, results: list[Result]) -> None:
    """A line for each repetition; what it held by now counts for each."""
    peak_mb = resident_mb_max()
    for result in results:
        answer = {
            "item": item,
            "verdict": str(result.verdict),
            "search_seconds": result.search_seconds,
            "peak_mb": peak_mb,
            "algorithm": result.algorithm,
            "explain_seconds": result.explain_seconds,
            "reason": result.reason,
        }
        print(json.dumps(answer))
    sys.stdout.flush()


def _long(model: str) -> Iterator[Table]:
    """Other histories, long enough that deciding them loads the compiled kernels.

    Small histories are decided in plain Python as long as nothing in the process was worth
    compiling; that is what ``end to end`` and ``start`` measure.
    """
    if model == "append":
        yield append_history(1, 200)
        return
    yield register_history(1, 10_000, 5, values="unique")
    if model == "register":
        yield register_history(1, 10_000, 5)
    else:
        yield cas_register_history(1, 10_000, 5)


if __name__ == "__main__":
    main()
