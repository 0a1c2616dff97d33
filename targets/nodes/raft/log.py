"""The replicated log: entries, and where it agrees with another one.

Indexes start at 1, as in the paper; index 0 with term 0 stands before the first entry. A
compacted log (section 7) has lost its beginning: of all that, it remembers the index and
term of the last entry that is gone, its *base*.
"""

from __future__ import annotations

from typing import Any

from targets.nodes.command import Command
from targets.nodes.frames import encode_json


class Entry:
    """One entry: a client's command, a configuration (``members``), or a new leader's no-op.

    ``encoded`` is ``[index, term, what]`` as JSON: made once, the same bytes go to every
    peer and to the disk. ``what`` is a command's fields, ``{"members": […]}``, or null.
    """

    __slots__ = ("command", "encoded", "index", "members", "term")

    def __init__(
        self,
        index: int,
        term: int,
        command: Command | None,
        members: tuple[str, ...] | None = None,
    ) -> None:
        self.index = index
        self.term = term
        self.command = command
        self.members = members
        what: Any = None
        if command is not None:
            what = command.fields()
        elif members is not None:
            what = {"members": members}
        self.encoded = encode_json([index, term, what])

    @classmethod
    def decode(cls, data: list[Any]) -> Entry:
        """The entry whose ``encoded`` says ``data``."""
        index, term, what = data
        if isinstance(what, dict):
            return cls(index, term, None, tuple(what["members"]))
        return cls(index, term, None if what is None else Command(*what))

    def __repr__(self) -> str:
        what = f"members {', '.join(self.members)}" if self.members is not None else self.command
        return f"Entry({self.index}, term {self.term}, {what})"


class Log:
    """A list of entries, behind a base, with the paper's questions about it."""

    __slots__ = ("_entries", "base_index", "base_term")

    def __init__(
        self, entries: list[Entry] | None = None, base_index: int = 0, base_term: int = 0
    ) -> None:
        self._entries = entries or []
        self.base_index = base_index
        self.base_term = base_term

    @property
    def last_index(self) -> int:
        """Index of the last entry, or of the base when there is none."""
        return self.base_index + len(self._entries)

    @property
    def last_term(self) -> int:
        """Term of the last entry, or of the base when there is none."""
        return self._entries[-1].term if self._entries else self.base_term

    def term_at(self, index: int) -> int | None:
        """Term of the entry at ``index``, the base included; None where nothing is known."""
        at = index - self.base_index
        if 0 < at <= len(self._entries):
            return self._entries[at - 1].term
        return self.base_term if at == 0 else None

    def entry(self, index: int) -> Entry:
        """The entry at ``index``; it must exist."""
        assert index > self.base_index
        return self._entries[index - self.base_index - 1]

    def between(self, first: int, last: int) -> list[Entry]:
        """The entries from ``first``, which lies behind the base, to ``last``, both included."""
        assert first > self.base_index
        return self._entries[first - self.base_index - 1 : last - self.base_index]

    def append(self, entry: Entry) -> None:
        """Put ``entry`` at the end; its index says so."""
        assert entry.index == self.last_index + 1
        self._entries.append(entry)

    def truncate(self, first: int) -> None:
        """Remove the entry at ``first`` and all after it."""
        assert first > self.base_index
        del self._entries[first - self.base_index - 1 :]

    def compact(self, index: int) -> None:
        """Forget the entries up to ``index``, which is in the log; it becomes the base."""
        term = self.term_at(index)
        assert term is not None
        del self._entries[: index - self.base_index]
        self.base_index, self.base_term = index, term

    def conflict(self, prev_index: int) -> tuple[int, int | None]:
        """Where a leader should try next when the entry at ``prev_index`` does not match.

        (index, term): the first index of the conflicting term, so that one exchange skips a
        whole term (section 5.3, end); or one past our end and None when we are too short.
        """
        term = self.term_at(prev_index)
        if term is None:
            return self.last_index + 1, None
        first = prev_index
        while first > self.base_index + 1 and self.term_at(first - 1) == term:
            first -= 1
        return first, term

    def last_of_term(self, term: int, before: int) -> int | None:
        """The last index of ``term`` at or before ``before``, or None: terms never decrease."""
        index = min(before, self.last_index)
        while (found := self.term_at(index)) is not None and found > term:
            index -= 1
        return index if index > 0 and found == term else None
