"""Kernels that find regular events in bytes, and where the parts of each lie.

Regular is an event whose members are flat: integers of at most 18 digits, strings without
escapes, nil, booleans, and lists of these; in EDN keywords too. At anything else ``scan``
stops and says where: the careful readers take that one event, or the whole file when it is
wrong. So a kernel never judges what an irregular event means; it may only decline.

Plain Python over flat arrays that numba compiles (``compiled.py``); ``recorder.py`` takes the
events from here. ``data`` ends in a 0, which belongs to no class: every loop over a class of
bytes stops there.
"""

from __future__ import annotations

from typing import Any

SPACE, DIGIT, WORD, PLAIN, END = 1, 2, 4, 8, 16
"""Classes of bytes: blank inside an event; digit; of a simple keyword; of a string without
escapes; what may follow a number or name."""

JSON, EDN = 0, 1

ABSENT, NIL, INTEGER, TEXT, OTHER, LIST = -1, 0, 1, 2, 3, 4
"""Kinds of a span: as in ``histories.values``, and a list whose text is not canonical yet."""

F, KEY, VALUE, FIRST, SECOND, NODE, ERROR, INDEX, TIME, PROCESS, TYPE, SCRATCH = range(12)
"""Rows of an event's spans: its members. FIRST and SECOND are the first elements of VALUE."""
SPANS = 12

KIND, NUMBER, START, STOP = range(4)
"""Columns of spans: the kind; the integer, or the length of a list; and its bytes (those of a
TEXT without quotes). Of an event that was found, the numbers of INDEX, TIME and PROCESS are
set in any case, that of TYPE is its outcome (-1: an invocation), and SCRATCH is overwritten
with its line, its first byte and its length."""

AT, LINE, COUNT, LAST_INDEX, LAST_TIME, BACKWARDS, SEEN_HEADER, LAST_GIVEN = range(8)
DISORDER, FORMAT, OPEN_ALONE, LAST_ALONE, STATE = 8, 9, 10, 11, 12
"""Cells of ``state``. AT: the next byte; LINE: its line; COUNT: events; the rest as in the
careful readers. FORMAT: JSON or EDN."""

TRANSACTION = b"txn"
ASIDE = 8
"""So far behind the end of ``data`` stands TRANSACTION, for events that name no function."""

INVOKED = -1

DONE, ODD, FULL, WRONG = range(4)
"""What kernels say: no bytes (events) left; the careful reader's turn; an array is full; this
is no history, let the careful reader say why (``recorder.py``)."""


def _packed(text: str) -> int:
    return int.from_bytes(text.encode(), "big")


_F, _KEY, _NODE, _TIME, _TYPE = map(_packed, ("f", "key", "node", "time", "type"))
_VALUE, _ERROR, _INDEX, _PROCESS = map(_packed, ("value", "error", "index", "process"))
_TRANSACTION = _packed(TRANSACTION.decode())
_OK, _FAIL, _INFO, _INVOKE = map(_packed, ("ok", "fail", "info", "invoke"))
_NULL, _NOTHING, _TRUE, _FALSE = map(_packed, ("null", "nil", "true", "false"))


def word(data: Any, start: int, stop: int) -> int:
    """A name of at most seven bytes as one integer; -1 for longer ones."""
    if stop - start > 7:
        return -1
    packed = 0
    for at in range(start, stop):
        packed = packed << 8 | data[at]
    return packed


def skip(data: Any, at: int, classes: Any) -> int:
    """The first byte from ``at`` on that is no blank."""
    while classes[data[at]] & SPACE:
        at += 1
    return at


def scalar(data: Any, at: int, classes: Any, edn: int, spans: Any, row: int) -> int:
    """Read the scalar at ``at`` into a row of spans; where it ends, -1 if it is not regular."""
    byte = data[at]
    start = at
    number = 0
    if byte == 34:  # a string
        at += 1
        while classes[data[at]] & PLAIN:
            at += 1
        if data[at] != 34:
            return -1
        spans[row, 0] = TEXT
        spans[row, 2] = start + 1
        spans[row, 3] = at
        return at + 1
    if classes[byte] & DIGIT or byte == 45:
        if byte == 45:
            at += 1
        digits = at
        while classes[data[at]] & DIGIT and at - digits < 18:
            number = number * 10 + data[at] - 48
            at += 1
        # No leading zero, and none with a sign: its canonical text would be another.
        if at == digits or (data[digits] == 48 and at - start > 1):
            return -1
        kind = INTEGER
        if byte == 45:
            number = -number
    elif edn and byte == 58:  # a keyword
        at += 1
        while classes[data[at]] & WORD:
            at += 1
        start += 1
        if at == start:
            return -1
        kind = TEXT
    else:
        while classes[data[at]] & WORD:
            at += 1
        name = word(data, start, at)
        if name in (_TRUE, _FALSE):
            kind = OTHER
        elif (edn and name == _NOTHING) or (not edn and name == _NULL):
            kind = NIL
        else:
            return -1
    spans[row, 0] = kind
    spans[row, 1] = number
    spans[row, 2] = start
    spans[row, 3] = at
    return at if classes[data[at]] & END else -1


def sequence(data: Any, at: int, classes: Any, edn: int, spans: Any, row: int) -> int:
    """Read the list at ``at``: its span and length, and for VALUE its first two elements."""
    start = at
    depth = parens = count = 0
    comma = False  # JSON: the last token was one
    value = False  # the last token ended a value
    while True:
        at = skip(data, at, classes)
        byte = data[at]
        element = VALUE + count + 1 if depth == 1 and row == VALUE and count < 2 else SCRATCH
        if byte == 91 or (edn and byte == 40):
            if (value and not edn) or depth == 32:
                return -1
            if depth == 1:
                spans[element, 0] = LIST
                spans[element, 2] = at
                count += 1
            depth += 1
            parens = parens << 1 | (byte == 40)
            value = comma = False
            at += 1
        elif byte == 93 or byte == 41:
            if comma or (byte == 41) != (parens & 1):
                return -1
            depth -= 1
            parens >>= 1
            value = True
            at += 1
            if depth == 0:
                spans[row, 0] = LIST
                spans[row, 1] = count
                spans[row, 2] = start
                spans[row, 3] = at
                return at
            if depth == 1 and row == VALUE and count <= 2:
                spans[VALUE + count, 3] = at
        elif byte == 44 and not edn:
            if not value:
                return -1
            value, comma = False, True
            at += 1
        else:
            if value and not edn:
                return -1
            at = scalar(data, at, classes, edn, spans, element)
            if at < 0:
                return -1
            if depth == 1:
                count += 1
            value, comma = True, False


def member(name: int) -> int:
    """The row of spans for a member's name; -1 for a member that only the journal knows."""
    if name == _F:
        return F
    if name == _TIME:
        return TIME
    if name == _TYPE:
        return TYPE
    if name == _INDEX:
        return INDEX
    if name == _PROCESS:
        return PROCESS
    if name == _VALUE:
        return VALUE
    if name == _KEY:
        return KEY
    if name == _NODE:
        return NODE
    if name == _ERROR:
        return ERROR
    return -1


def members(data: Any, at: int, classes: Any, edn: int, header: int, spans: Any) -> int:
    """Read the event whose brace stands at ``at``; where it ends, -1 if it is not regular.

    ``header``: whether one was seen, without which a line may be it.
    """
    for row in range(SPANS):
        spans[row, 0] = ABSENT
    seen = 0
    at = skip(data, at + 1, classes)
    while True:
        if edn and data[at] == 125:
            return at + 1
        if data[at] != (58 if edn else 34):
            return -1
        at += 1
        start = at
        while classes[data[at]] & (WORD if edn else PLAIN):
            at += 1
        row = member(word(data, start, at))
        if edn:
            if at == start or not classes[data[at]] & SPACE:
                return -1
        else:
            if data[at] != 34:
                return -1
            at = skip(data, at + 1, classes)
            if data[at] != 58:
                return -1
            at += 1
        if row < 0:
            if not header:
                return -1
            row = SCRATCH
        elif seen >> row & 1:
            return -1
        seen |= 1 << row
        at = skip(data, at, classes)
        if data[at] == 91 or (edn and data[at] == 40):
            at = sequence(data, at, classes, edn, spans, row)
        else:
            at = scalar(data, at, classes, edn, spans, row)
        if at < 0:
            return -1
        at = skip(data, at, classes)
        if not edn:
            if data[at] == 125:
                return at + 1
            if data[at] != 44:
                return -1
            at = skip(data, at + 1, classes)


def micro_operations(data: Any, at: int, stop: int, classes: Any) -> bool:
    """Whether the list from ``at`` to ``stop`` is one of lists that begin with a name."""
    depth = 0
    first = False  # of a list within
    while at < stop:
        byte = data[at]
        if byte == 91 or byte == 40:
            if first:
                return False
            depth += 1
            first = depth == 2
            at += 1
        elif byte == 93 or byte == 41:
            if first:
                return False
            depth -= 1
            at += 1
        elif byte == 44 or classes[byte] & SPACE:
            at += 1
        else:
            if depth == 1 or (first and byte != 58 and byte != 34):
                return False
            first = False
            at += 1
            if byte == 34:
                while data[at] != 34:
                    at += 1
                at += 1
            else:
                while not classes[data[at]] & END:
                    at += 1
    return True


def understood(data: Any, end: int, classes: Any, edn: int, spans: Any, state: Any) -> bool:
    """Check what the members say as the careful readers do; False: not regular."""
    nameless = edn and (spans[F, KIND] <= NIL or spans[PROCESS, KIND] <= NIL)
    if nameless:
        if spans[VALUE, KIND] != LIST:
            return False
        start, stop = int(spans[VALUE, START]), int(spans[VALUE, STOP])
        if not micro_operations(data, start, stop, classes):
            return False
    if nameless and spans[F, KIND] <= NIL:
        spans[F, KIND] = TEXT
        spans[F, START] = end + ASIDE
        spans[F, STOP] = end + ASIDE + 3
    if spans[TYPE, KIND] != TEXT or spans[F, KIND] != TEXT or spans[F, START] == spans[F, STOP]:
        return False
    kind = word(data, int(spans[TYPE, START]), int(spans[TYPE, STOP]))
    if kind == _INVOKE:
        spans[TYPE, NUMBER] = INVOKED
    elif kind == _OK:
        spans[TYPE, NUMBER] = 0
    elif kind == _FAIL:
        spans[TYPE, NUMBER] = 1
    elif kind == _INFO:
        spans[TYPE, NUMBER] = 2
    else:
        return False
    alone = edn and spans[PROCESS, KIND] <= NIL
    if alone:
        if word(data, int(spans[F, START]), int(spans[F, STOP])) != _TRANSACTION:
            return False
        # Else two at once, or an answer to nobody.
        if (spans[TYPE, NUMBER] == INVOKED) == (state[OPEN_ALONE] == 1):
            return False
    elif spans[PROCESS, KIND] != INTEGER or spans[PROCESS, NUMBER] < 0:
        return False
    for row in range(NODE, INDEX):
        if spans[row, KIND] > NIL and spans[row, KIND] != TEXT:
            return False
    for row in range(INDEX, PROCESS):
        if spans[row, KIND] != ABSENT and (spans[row, KIND] != INTEGER or spans[row, NUMBER] < 0):
            return False
    if spans[TIME, KIND] == ABSENT:
        spans[TIME, NUMBER] = state[LAST_TIME]
    index = state[LAST_INDEX] + 1
    if spans[INDEX, KIND] != ABSENT:
        given = spans[INDEX, NUMBER]
        if edn:
            state[DISORDER] |= given <= state[LAST_GIVEN]
            state[LAST_GIVEN] = given
        elif given < index:
            return False
        else:
            index = given
    spans[INDEX, NUMBER] = index
    if alone:
        state[LAST_ALONE] += spans[TYPE, NUMBER] == INVOKED
        state[OPEN_ALONE] = spans[TYPE, NUMBER] == INVOKED
        spans[PROCESS, NUMBER] = state[LAST_ALONE]
    return True


def scan(data: Any, end: int, classes: Any, state: Any, events: Any) -> tuple[int, int]:
    """Find events in ``data[state[AT]:end]`` until one is not regular.

    Gives DONE, ODD or FULL, and how many were found. ``data`` uint8 (bytes where not
    compiled), ``classes`` uint8[256], ``state`` int64[STATE], ``events`` int64[E,SPANS,4].
    ``state[AT]`` is left at the first byte that was not taken.
    """
    edn = int(state[FORMAT])
    for count in range(len(events)):
        spans = events[count]
        at = int(state[AT])
        # Between events: blanks, and the ends of lines.
        while classes[data[at]] & SPACE or data[at] == 10:
            state[LINE] += data[at] == 10
            at += 1
        state[AT] = at
        if at >= end:
            return DONE, count
        start = at
        if edn and data[at] == 35:  # a tag such as #jepsen.history.Op
            at += 1
            if not (65 <= data[at] <= 90 or 97 <= data[at] <= 122):
                return ODD, count
            while classes[data[at]] & WORD:
                at += 1
        if data[at] != 123:
            return ODD, count
        stop = members(data, at, classes, edn, int(state[SEEN_HEADER]), spans)
        if stop < 0:
            return ODD, count
        if not edn:
            stop = skip(data, stop, classes)
            if data[stop] != 10:
                return ODD, count
        if not understood(data, end, classes, edn, spans, state):
            return ODD, count
        if spans[VALUE, KIND] != LIST or spans[VALUE, NUMBER] != 2:
            spans[FIRST, KIND] = spans[SECOND, KIND] = ABSENT
        spans[SCRATCH, 0] = state[LINE]
        spans[SCRATCH, 1] = start
        spans[SCRATCH, 2] = stop - start
        if edn:
            for at in range(start, stop):
                state[LINE] += data[at] == 10
        time = spans[TIME, NUMBER]
        state[BACKWARDS] |= time < state[LAST_TIME]
        state[LAST_TIME] = time
        state[LAST_INDEX] = spans[INDEX, NUMBER]
        state[COUNT] += 1
        state[AT] = stop
    return FULL, len(events)


ORDER = (word, skip, scalar, sequence, member, members, micro_operations, understood, scan)
"""Every kernel, callees first."""
CALLED = (scan,)
"""Those that Python calls."""
