"""The replicated log: entries, and where it agrees with another one.

Indexes start at 1, as in the paper; index 0 with term 0 stands before the first entry.
"""

from __future__ import annotations

from typing import Any

from targets.nodes.frames import encode_json
from targets.nodes.state_machine import Command


class Entry:
    """One entry. ``command`` None is a new leader's no-op.

    ``encoded`` is ``[index, term, command]`` as JSON: made once, the same bytes go to every
    peer and to the disk.
    """

    __slots__ = ("command", "encoded", "index", "term")

    def __init__(self, index: int, term: int, command: Command | None) -> None:
        self.index = index
        self.term = term
        self.command = command
        c = command
        fields = None if c is None else [c.f, c.key, c.value, c.session, c.seq]
        self.encoded = encode_json([index, term, fields])

    @classmethod
    def decode(cls, data: list[Any]) -> Entry:
        """The entry whose ``encoded`` says ``data``."""
        index, term, fields = data
        return cls(index, term, None if fields is None else Command(*fields))

    def __repr__(self) -> str:
        return f"Entry({self.index}, term {self.term}, {self.command})"


class Log:
    """A list of entries with the paper's questions about it."""

    __slots__ = ("_entries",)

    def __init__(self, entries: list[Entry] | None = None) -> None:
        self._entries = entries or []

    @property
    def last_index(self) -> int:
        """Index of the last entry; 0 when empty."""
        return len(self._entries)

    @property
    def last_term(self) -> int:
        """Term of the last entry; 0 when empty."""
        return self._entries[-1].term if self._entries else 0

    def term_at(self, index: int) -> int | None:
        """Term of the entry at ``index``, 0 for index 0, None where there is no entry."""
        if 0 < index <= len(self._entries):
            return self._entries[index - 1].term
        return 0 if index == 0 else None

    def entry(self, index: int) -> Entry:
        """The entry at ``index``; it must exist."""
        return self._entries[index - 1]

    def between(self, first: int, last: int) -> list[Entry]:
        """The entries from ``first`` to ``last``, both included."""
        return self._entries[first - 1 : last]

    def append(self, entry: Entry) -> None:
        """Put ``entry`` at the end; its index says so."""
        assert entry.index == len(self._entries) + 1
        self._entries.append(entry)

    def truncate(self, first: int) -> None:
        """Remove the entry at ``first`` and all after it."""
        del self._entries[first - 1 :]

    def conflict(self, prev_index: int) -> tuple[int, int | None]:
        """Where a leader should try next when the entry at ``prev_index`` does not match.

        (index, term): the first index of the conflicting term, so that one exchange skips a
        whole term (section 5.3, end); or one past our end and None when we are too short.
        """
        term = self.term_at(prev_index)
        if term is None:
            return self.last_index + 1, None
        first = prev_index
        while first > 1 and self._entries[first - 2].term == term:
            first -= 1
        return first, term

    def last_of_term(self, term: int, before: int) -> int | None:
        """The last index of ``term`` at or before ``before``, or None: terms never decrease."""
        index = min(before, len(self._entries))
        while index > 0 and self._entries[index - 1].term > term:
            index -= 1
        return index if index > 0 and self._entries[index - 1].term == term else None
