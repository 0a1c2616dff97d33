"""What each node says of itself while a run goes on: its role, its term, whom it follows.

    {"format": "splitbrain-nodes", "version": 1, "start": RFC 3339, "every_ms": 500}
    {"time": 2811034112, "node": "n2", "role": "leader", "term": 2, "leader": "n2"}
    {"time": 3311034112, "node": "n4", "role": null}                no answer in time
    {"time": 30000000000, "end": true}

``start`` is the wall clock's time at the run's zero, so that logs can be laid beside the history.
A line is written when what a node says has changed. It is an instrument and decides nothing: a run
whose sampling failed is judged as any other.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

FORMAT, VERSION = "splitbrain-nodes", 1
EVERY_S, EVERY_VIRTUAL_S, EVERY_FAR_S = 0.5, 0.05, 2.0
"""Of our own nodes, in virtual time (where looking costs nothing), and in a cluster of others."""
SAMPLES_MAX = 100_000
"""So many rounds of a run are sampled; what waits for ever in virtual time must be seen to."""
TEXT_MAX = 60
Glance = Callable[[str], Awaitable[Mapping[str, Any] | None]]


class Sampler:
    """Looks at ``nodes`` every ``every_s`` seconds of the loop's time, and writes what changed.

    ``glance`` gives a node's status, or None when it gives none in time; ``now_ns`` is the run's
    clock. ``trouble`` says why it ended early, if it did.
    """

    def __init__(
        self,
        path: Path,
        nodes: Sequence[str],
        glance: Glance,
        now_ns: Callable[[], int],
        *,
        start: str,
        every_s: float,
    ) -> None:
        self.trouble: str | None = None
        self._path = path
        self._nodes = nodes
        self._glance = glance
        self._now_ns = now_ns
        self._header = {
            "format": FORMAT,
            "version": VERSION,
            "start": start,
            "every_ms": round(every_s * 1000),
        }
        self._every_s = every_s
        self._last: dict[str, dict[str, Any]] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, on the running loop."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Write the end. Raises nothing."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        try:
            with self._path.open("w", encoding="utf-8") as file:
                _write(file, self._header)
                try:
                    for _ in range(SAMPLES_MAX):
                        await asyncio.gather(*(self._look(node, file) for node in self._nodes))
                        file.flush()
                        await asyncio.sleep(self._every_s)
                finally:
                    _write(file, {"time": self._now_ns(), "end": True})
        except Exception as error:
            self.trouble = f"{type(error).__name__}: {error}"

    async def _look(self, node: str, file: IO[str]) -> None:
        asked_ns = self._now_ns()
        status = await self._glance(node)
        told = _told(status)
        if told != self._last.get(node):
            self._last[node] = told
            # Silence began when it was asked, at the latest; an answer is of when it came.
            time_ns = asked_ns if status is None else self._now_ns()
            _write(file, {"time": time_ns, "node": node, **told})


def _told(status: Mapping[str, Any] | None) -> dict[str, Any]:
    """Of a status answer what is kept; whatever else a node says is its own affair."""
    if status is None:
        return {"role": None}
    ballot = status.get("ballot")
    first = ballot[0] if isinstance(ballot, list) and ballot else ballot
    term, leader = status.get("term", first), status.get("leader")
    return {
        "role": str(status.get("role"))[:TEXT_MAX],
        "term": term if type(term) is int and abs(term) < 1 << 63 else None,
        "leader": leader[:TEXT_MAX] if isinstance(leader, str) else None,
    }


def _write(file: IO[str], line: Mapping[str, Any]) -> None:
    # ASCII: a node may call itself anything, a lone surrogate included.
    file.write(json.dumps(line, separators=(",", ":")) + "\n")
