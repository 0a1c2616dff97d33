"""Which format a file is in, told by its first bytes."""

from __future__ import annotations

from histories.errors import HistoryError, Problem, excerpt
from histories.formats import jepsen_edn, jepsen_log, jsonl
from histories.formats.reader import Reader

SUFFIXES = (".jsonl", ".jsonl.zst", ".jsonl.gz", ".edn", ".edn.zst", ".edn.gz", ".log", ".txt")
"""What histories are called, for those who look for them in a folder."""


HEAD_BYTES = 1 << 16
"""So much of a file is looked at; the first lines of a log may be of other loggers."""


def recognisable(head: bytes) -> bool:
    """Whether so much of a file tells its format."""
    return jsonl.recognises(head) or jepsen_edn.recognises(head) or jepsen_log.recognises(head)


def reader_of(head: bytes, name: str) -> Reader:
    """The reader of the format that ``head`` begins; ``name`` is what messages call the file.

    Raises HistoryError when it is none.
    """
    if jsonl.recognises(head):
        return jsonl.JournalReader(name)
    if jepsen_edn.recognises(head):
        return jepsen_edn.EdnReader(name)
    if jepsen_log.recognises(head):
        return jepsen_log.JepsenLogReader(name)
    first = head.lstrip()[:200].split(b"\n")[0].decode("utf-8", errors="replace")
    raise HistoryError(
        [
            Problem(
                f"{name}:1",
                f"starts with {excerpt(first)}.",
                'A history is a journal (its first line: {"format": "splitbrain-history", …}), '
                "EDN (maps such as {:process 0, :type :invoke, :f :read, :value nil}), or a "
                "Jepsen log (lines with 'jepsen.util - '). Each may be packed (zstd, gzip).",
            )
        ]
    )
