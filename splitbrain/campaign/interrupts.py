"""Ctrl-C while a campaign waits for others: noted at once, raised where nothing is held.

A KeyboardInterrupt that arrives while ``Future.result`` takes its condition's lock back leaves
that lock without an owner, and what is raised then is a RuntimeError about locks. So whoever
waits for processes or workers waits in turns, and looks in between.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

TURN_S = 0.1
"""How long a wait may last before it looks again whether it was interrupted."""


class Interrupts:
    """Within its block an interrupt of the main thread is noted; ``check`` raises it.

    What came and was not raised is raised at the end of the block, if nothing else is.
    """

    def __init__(self) -> None:
        self._came = False
        self._before: Any = None

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
        # A generator that is closed has nothing to say that an interrupt would hide.
        if error is None or kind is GeneratorExit:
            self.check()

    def check(self) -> None:
        """Raise KeyboardInterrupt if an interrupt came since the last look."""
        if self._came:
            self._came = False
            raise KeyboardInterrupt

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._came = True
