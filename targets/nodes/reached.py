"""How often each seeded bug was reached, kept over restarts of the node.

An instrument of the harness and no part of the node: a killed node would forget its counts,
and a bug that needs kills would read as never reached. So the counts go to a small file,
at once when a bug is reached for the first time and a few times a second after that.
"""

from __future__ import annotations

import json
from pathlib import Path

SAVE_PERIOD_S = 0.2


class ReachedFile:
    """Counts by bug name in a JSON file; unreadable or missing counts as empty."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._saved: dict[str, int] = {}
        self._saved_at_s = float("-inf")

    def load(self) -> dict[str, int]:
        """The counts of earlier lives of this node."""
        try:
            counts = json.loads(self._path.read_text())
            self._saved = {str(name): int(count) for name, count in counts.items()}
        except (OSError, ValueError, AttributeError):
            self._saved = {}
        return dict(self._saved)

    def note(self, reached: dict[str, int], now_s: float) -> None:
        """Save ``reached`` if it has changed and it is time to. Cheap when it has not."""
        if reached == self._saved:
            return
        is_first = reached.keys() != self._saved.keys()
        if is_first or now_s - self._saved_at_s >= SAVE_PERIOD_S:
            self._saved_at_s = now_s
            self.save(reached)

    def save(self, reached: dict[str, int]) -> None:
        """Write the counts; whoever reads sees the old file or the new one, never half of it."""
        if reached == self._saved:
            return
        self._saved = dict(reached)
        draft = self._path.with_suffix(".tmp")
        draft.write_text(json.dumps(reached))
        draft.replace(self._path)
