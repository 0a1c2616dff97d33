"""Retraces an order of appends to texts, byte by byte: a kernel, plain or compiled.

It reads the table's own columns and bytes, and shares nothing with what decides.
"""

from __future__ import annotations

from typing import Any

TEXTS_FINE = -1
TEXTS_UNSUITED = -2
"""Something that is appended or answered is no text."""

_GET, _APPEND, _PUT = 0, 1, 2
_NIL, _TEXT = 0, 2
_OK, _FAIL, _INFO = 0, 1, 2
_NEVER = 2**63 - 1
_NO_VALUE = -1


def retrace_texts(
    kinds: Any,
    nil_asserts: bool,
    f: Any,
    outcome: Any,
    given: Any,
    given2: Any,
    answer: Any,
    answer2: Any,
    call: Any,
    ret: Any,
    key: Any,
    value_kinds: Any,
    offsets: Any,
    blob: Any,
    order: Any,
    starts: Any,
    placed: Any,
    text: Any,
) -> int:
    """TEXTS_FINE when ``order`` is a linearization of each key; else where it goes wrong.

    ``kinds`` int64: 0 get, 1 append, 2 put for each number of a function; columns as in
    ``Table``, values as in ``Values``; ``order`` int64, rows of key k from ``starts[k]`` on;
    ``placed`` int8[n], all zero; ``text`` uint8, room for all that one key may hold. A place in
    the order is given, or its length plus the row of an operation that completed and has no
    place. Linear in the operations and the bytes of what they say.
    """
    rows = len(f)
    for k in range(len(starts) - 1):
        length, latest, shown = 0, -1, -1
        for place in range(starts[k], starts[k + 1]):
            row = order[place]
            if row < 0 or row >= rows or placed[row] != 0 or key[row] != k:
                return place
            placed[row] = 1
            # It had returned before something that stands before it began.
            if ret[row] < latest:
                return place
            latest = max(latest, call[row])
            kind, how = kinds[f[row]], outcome[row]
            value = answer[row] if kind == _GET else given[row]
            second = answer2[row] if kind == _GET else given2[row]
            if second != _NO_VALUE or value_kinds[value] not in (_NIL, _TEXT):
                return TEXTS_UNSUITED
            if kind == _GET and (how != _OK or (value == 0 and not nil_asserts)):
                return place
            if kind != _GET and how == _FAIL:
                return place
            if kind == _APPEND and value == 0:
                return TEXTS_UNSUITED
            start, size = offsets[value], offsets[value + 1] - offsets[value]
            if kind == _GET:
                if size != length:
                    return place
                if value != shown:
                    # Without a way out in the middle the loop is done many bytes at a time.
                    differences = 0
                    for i in range(size):
                        differences += text[i] != blob[start + i]
                    if differences:
                        return place
                    shown = value
            else:
                length = 0 if kind == _PUT else length
                for i in range(size):
                    text[length + i] = blob[start + i]
                length += size
                shown = -1
    for row in range(rows):
        if placed[row] == 0 and outcome[row] != _INFO and ret[row] != _NEVER:
            looks, failed = kinds[f[row]] == _GET, outcome[row] == _FAIL
            nothing = answer[row] == 0 and answer2[row] == _NO_VALUE and not nil_asserts
            if not failed and not (looks and nothing):
                return len(order) + row
    return TEXTS_FINE
