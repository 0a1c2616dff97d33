"""What to answer when a name is not known: what there is, and the nearest one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like ``name``, or None when nothing comes close.

    Case is ignored; a known name that begins with ``name``, or of which ``name`` is a
    dotted part (``stale-leader-read`` of ``raft.stale-leader-read``), comes first.
    """
    names = {candidate.lower(): candidate for candidate in known}
    wanted = name.lower()
    if wanted in names:
        return names[wanted]
    if wanted:
        for folded, candidate in names.items():
            if folded.startswith(wanted) or folded.endswith(f".{wanted}"):
                return candidate
    found = difflib.get_close_matches(wanted, names, n=1, cutoff=0.5)
    return names[found[0]] if found else None


def unknown_name(noun: str, name: str, known: Iterable[str]) -> str:
    """A sentence for an unknown name: what was seen, the nearest name, and all there are."""
    names = list(known)
    if not names:
        return f"there is no {noun} {name!r}; no {noun} is known at all."
    guess = nearest(name, names)
    hint = f" Did you mean {guess!r}?" if guess is not None else ""
    return f"there is no {noun} {name!r}.{hint} There is: {', '.join(names)}."
