"""Which kernels follow a run: plain Python at first, compiled when that is worth its while."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path
from typing import Any

from checker.online import configurations, stepping
from checker.online.board import Board

PLAIN_SECONDS_MAX = 0.3
"""Time spent in plain kernels before the compiled ones are loaded (0.3 s from numba's cache)."""


def compiled_before() -> bool:
    """Whether an earlier process seems to have left compiled kernels; a hint for progress."""
    return any((Path(__file__).parent / "__pycache__").glob("stepping.run*.nbi"))


@cache
def _compiled_run() -> Any:
    from checker.linearizability.compilation import compiled

    # Inlined, it would be no faster and take six times as long to compile: a run waits for it.
    return compiled((configurations, stepping), (stepping.run,), inlining=False).run


class Engine:
    """Runs kernels on boards; shared by all keys of a run.

    ``compile``: whether it may go over to compiled kernels. The first time on a machine
    that takes some seconds during which nothing else happens.
    """

    def __init__(self, *, compile: bool = True) -> None:
        self.compiled = False
        self.compiling_seconds = 0.0
        self._may_compile = compile
        self.seconds = 0.0
        self._run: Any = stepping.run

    def warm(self) -> None:
        """Go over to compiled kernels now."""
        began = time.perf_counter()
        import numpy as np

        self._run = _compiled_run()
        self.compiled = True
        columns: list[Any] = [np.zeros(configurations.SCALARS, np.int64) for _ in Board._fields]
        self._run(Board(*columns), np.zeros(1, np.int64), 0)
        self.compiling_seconds += time.perf_counter() - began

    def columns(self, board: Board) -> Board:
        """The board with columns of the type that ``run`` wants."""
        if not self.compiled or not isinstance(board.rows, list):
            return board
        import numpy as np

        columns: list[Any] = [np.array(column, np.int64) for column in board]
        return Board(*columns)

    def run(self, board: Board, stream: list[int]) -> tuple[Board, int]:
        """Run the kernels on; the board they ran on, and the outcome's code."""
        began = time.perf_counter()
        if self.compiled:
            import numpy as np

            board = self.columns(board)
            code = int(self._run(board, np.array(stream, np.int64), len(stream)))
        else:
            code = self._run(board, stream, len(stream))
        self.seconds += time.perf_counter() - began
        if self._may_compile and not self.compiled and self.seconds > PLAIN_SECONDS_MAX:
            self.warm()
        return board, code
