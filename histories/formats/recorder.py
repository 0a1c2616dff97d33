"""Kernels that turn found events into columns: values numbered, completions paired.

Plain Python over flat arrays that numba compiles (``compiled.py``); ``scanner.py`` finds the
events. What does not pair is WRONG: the careful reader finds it again, and says so.
"""

from __future__ import annotations

from typing import Any

from histories.formats.scanner import (
    ABSENT,
    DONE,
    END,
    ERROR,
    FIRST,
    FULL,
    INDEX,
    INTEGER,
    KEY,
    KIND,
    LIST,
    NIL,
    NODE,
    NUMBER,
    OTHER,
    PROCESS,
    SCRATCH,
    SECOND,
    SPACE,
    START,
    STOP,
    TIME,
    TYPE,
    VALUE,
    WRONG,
    F,
)

FUNCTIONS, KEYS, VALUES, NODES, ERRORS = range(5)
"""What is numbered apart."""
NUMBERINGS = 5
MEMBERS = 7
"""So many rows of spans, the first, hold what is numbered."""
_NUMBERING_OF = (FUNCTIONS, KEYS, VALUES, VALUES, VALUES, NODES, ERRORS)

ROWS, RUNS, DELTA, ENTRIES, NEXT = range(5)
SIZES = NEXT + NUMBERINGS
"""Cells of ``sizes``. ROWS: operations; RUNS: runs of places, in the last of which line - index
is DELTA; ENTRIES: interned values; from NEXT on the next number of each numbering."""

TAG, INTEGER_OF, HASH, BEGIN, LOCAL = range(5)
"""Columns of ``entries``, one row an interned value: 8 x numbering + kind; the integer, or a
short text as one; the hash; where its bytes begin in the blob (they end where the next entry's
begin); its number."""

W_CALL, W_RET, W_PROCESS, W_CALL_NS, W_RET_NS = range(5)
"""Rows of ``wide``: the columns of a table that are int64."""
N_KEY, N_F, N_OUTCOME, N_INPUT, N_INPUT2, N_OUTPUT, N_OUTPUT2, N_ERROR, N_NODE = range(9)
"""Rows of ``narrow``: those that fit int32."""

IDLE, RETIRED = -1, -2
NEVER = 2**63 - 1
NO_VALUE = -1
FUNCTIONS_MAX = 32000

_MASK = (1 << 62) - 1
_PRIME = 1099511628211
_FACTOR = 0x1E3779B97F4A7C15


def canonical(data: Any, at: int, stop: int, classes: Any, blob: Any, to: int) -> int:
    """Write the list at ``at`` as JSON without spaces from ``blob[to]`` on; where that ends."""
    follows = False
    while at < stop:
        byte = data[at]
        if byte == 44 or classes[byte] & SPACE:
            at += 1
            continue
        if byte == 93 or byte == 41:
            blob[to] = 93
            to += 1
            at += 1
            follows = True
            continue
        if follows:
            blob[to] = 44
            to += 1
        follows = True
        if byte == 91 or byte == 40:
            blob[to] = 91
            to += 1
            at += 1
            follows = False
        elif byte == 34:
            while True:
                blob[to] = data[at]
                to += 1
                at += 1
                if data[at] == 34:
                    break
            blob[to] = 34
            to += 1
            at += 1
        else:
            start = at
            while not classes[data[at]] & END:
                at += 1
            keyword = byte == 58
            if keyword:
                blob[to] = 34
                to += 1
                start += 1
            if at - start == 3 and data[start] == 110 and not keyword:
                for letter in (110, 117, 108, 108):
                    blob[to] = letter
                    to += 1
            else:
                for place in range(start, at):
                    blob[to] = data[place]
                    to += 1
            if keyword:
                blob[to] = 34
                to += 1
    return to


def rehash(entries: Any, slots: Any, sizes: Any) -> None:
    """Fill the (cleared) slots from the hashes of all entries."""
    mask = len(slots) - 1
    for entry in range(sizes[ENTRIES]):
        slot = entries[entry, HASH] & mask
        while slots[slot] >= 0:
            slot = (slot + 1) & mask
        slots[slot] = entry


def intern(
    entries: Any,
    blob: Any,
    slots: Any,
    sizes: Any,
    tag: int,
    number: int,
    source: Any,
    start: int,
    stop: int,
) -> int:
    """The number of a value in its numbering, a new one if no equal value is there.

    ``tag``: 8 x numbering + kind. ``source`` holds the bytes; they may lie in the blob itself,
    just after those of the last entry. The caller has made room.
    """
    # At most seven bytes are an integer themselves, which spares hashing and comparing them.
    long = stop - start > 7
    key = 0
    if long:
        for at in range(start, stop):
            key = ((key ^ int(source[at])) * _PRIME) & _MASK
    elif tag & 7 != INTEGER:
        number = 1
        for at in range(start, stop):
            number = number << 8 | int(source[at])
    key = (number * _FACTOR + (key ^ tag) * _PRIME) & _MASK
    key ^= key >> 31
    mask = len(slots) - 1
    slot = key & mask
    while slots[slot] >= 0:
        entry = slots[slot]
        if (
            entries[entry, HASH] == key
            and entries[entry, TAG] == tag
            and entries[entry, INTEGER_OF] == number
        ):
            base = entries[entry, BEGIN]
            same = not long or entries[entry + 1, BEGIN] - base == stop - start
            at = start if long else stop
            while same and at < stop:
                same = blob[base + at - start] == source[at]
                at += 1
            if same:
                return int(entries[entry, LOCAL])
        slot = (slot + 1) & mask
    entry = int(sizes[ENTRIES])
    base = entries[entry, BEGIN]
    for at in range(start, stop):
        blob[base + at - start] = source[at]
    local = int(sizes[NEXT + (tag >> 3)])
    sizes[NEXT + (tag >> 3)] = local + 1
    entries[entry, TAG] = tag
    entries[entry, INTEGER_OF] = number
    entries[entry, HASH] = key
    entries[entry, LOCAL] = local
    entries[entry + 1, BEGIN] = base + stop - start
    slots[slot] = entry
    sizes[ENTRIES] = entry + 1
    return local


def place(sizes: Any, runs: Any, index: int, line: int) -> None:
    """Note where an event stands: a new run unless line and index grew together."""
    if sizes[RUNS] == 0 or line - index != sizes[DELTA]:
        runs[sizes[RUNS], 0] = index
        runs[sizes[RUNS], 1] = line
        sizes[RUNS] += 1
        sizes[DELTA] = line - index


def note(
    spans: Any, numbers: Any, wide: Any, narrow: Any, opened: Any, sizes: Any, runs: Any
) -> bool:
    """Write an event into the columns; False when it does not pair.

    ``numbers``: int64[MEMBERS], of the members numbered; KEY is -1 when none is given, SECOND
    when the value is no pair.
    """
    process = spans[PROCESS, NUMBER]
    row = int(opened[process])
    outcome = spans[TYPE, NUMBER]
    function, key = numbers[F], numbers[KEY]
    first, second = numbers[VALUE], numbers[SECOND]
    if second != NO_VALUE:
        first = numbers[FIRST]
    if outcome < 0:
        if row != IDLE:
            return False
        row = int(sizes[ROWS])
        sizes[ROWS] = row + 1
        opened[process] = row
        wide[W_CALL, row] = spans[INDEX, NUMBER]
        wide[W_RET, row] = NEVER
        wide[W_PROCESS, row] = process
        wide[W_CALL_NS, row] = spans[TIME, NUMBER]
        wide[W_RET_NS, row] = NEVER
        narrow[N_F, row] = function
        narrow[N_KEY, row] = key if key > 0 else 0
        narrow[N_OUTCOME, row] = 2
        narrow[N_INPUT, row] = first
        narrow[N_INPUT2, row] = second
        narrow[N_OUTPUT, row] = 0
        narrow[N_OUTPUT2, row] = NO_VALUE
        narrow[N_ERROR, row] = 0
        narrow[N_NODE, row] = numbers[NODE]
    else:
        if row < 0 or narrow[N_F, row] != function or (key >= 0 and narrow[N_KEY, row] != key):
            return False
        narrow[N_OUTCOME, row] = outcome
        narrow[N_OUTPUT, row] = first
        narrow[N_OUTPUT2, row] = second
        narrow[N_ERROR, row] = numbers[ERROR]
        opened[process] = RETIRED
        if outcome != 2:
            opened[process] = IDLE
            wide[W_RET, row] = spans[INDEX, NUMBER]
            wide[W_RET_NS, row] = spans[TIME, NUMBER]
    place(sizes, runs, int(spans[INDEX, NUMBER]), int(spans[SCRATCH, 0]))
    return True


def record(
    data: Any,
    classes: Any,
    events: Any,
    start: int,
    count: int,
    numbers: Any,
    wide: Any,
    narrow: Any,
    opened: Any,
    entries: Any,
    blob: Any,
    slots: Any,
    sizes: Any,
    runs: Any,
) -> tuple[int, int]:
    """Record ``events[start:count]``; DONE, FULL or WRONG, and how far it came.

    ``data``, ``classes``, ``events``: see ``scanner.scan``. ``wide`` int64[5,R] and ``narrow``
    int32[9,R]: columns of R operations; ``opened`` int32: the row that each process has open;
    ``entries`` int64[V,5], ``blob`` uint8 and ``slots`` int32 (open addressing, -1 empty, a
    power of two): what is interned; ``sizes`` int64[SIZES]; ``runs`` int64[:,2]: places.
    """
    for done in range(start, count):
        spans = events[done]
        entry = int(sizes[ENTRIES])
        # A text takes at most twice its bytes: quotes around keywords, null for nil.
        if (
            entry + MEMBERS + 1 >= len(entries)
            or entries[entry, BEGIN] + 2 * spans[SCRATCH, 2] + 16 >= len(blob)
            or sizes[ROWS] + 1 >= wide.shape[1]
            or spans[PROCESS, NUMBER] >= len(opened)
            or sizes[RUNS] + 1 >= len(runs)
        ):
            return FULL, done
        invoked = spans[TYPE, NUMBER] < 0
        pair = spans[SECOND, KIND] != ABSENT
        if pair:
            spans[VALUE, KIND] = ABSENT
        # A completion's node and an invocation's error are nobody's.
        spans[ERROR if invoked else NODE, KIND] = ABSENT
        for row in range(MEMBERS):
            # In place, and with one call: a call that passes so many arrays costs as much.
            numbers[row] = 0
            kind = int(spans[row, KIND])
            if kind <= NIL:
                continue
            tag = 8 * _NUMBERING_OF[row] + kind
            source = data
            begin, until = int(spans[row, START]), int(spans[row, STOP])
            number = 0
            if kind == INTEGER:
                number = int(spans[row, NUMBER])
                until = begin
            elif kind == LIST:
                to = int(entries[sizes[ENTRIES], BEGIN])
                until = canonical(data, begin, until, classes, blob, to)
                begin = to
                tag += OTHER - LIST
                source = blob
            numbers[row] = intern(entries, blob, slots, sizes, tag, number, source, begin, until)
        if not pair:
            numbers[SECOND] = NO_VALUE
        if not invoked and spans[KEY, KIND] <= NIL:
            numbers[KEY] = -1
        if numbers[F] > FUNCTIONS_MAX:
            return WRONG, done
        if not note(spans, numbers, wide, narrow, opened, sizes, runs):
            return WRONG, done
    return DONE, count


ORDER = (canonical, rehash, intern, place, note, record)
"""Every kernel, callees first."""
CALLED = (rehash, intern, place, note, record)
"""Those that Python calls."""
