"""From columns of a table to one key's part: short functions over integers and flat arrays.

The functions are plain Python; ``checker/linearizability/compilation.py`` gives the same
source to numba. So only integers below 2**63 occur.
"""

from __future__ import annotations

from checker.linearizability.registers.layout import (
    AT,
    CAS,
    CLASSES,
    COUNTS,
    DIFFERS,
    GUARDS,
    INIT,
    OTHER,
    READ,
    REQUIRED,
    RULES,
    SLOTS,
    STAMPED,
    VALUES,
    WORD,
    WORDS,
    WRITE,
    Array,
    Part,
)
from checker.linearizability.registers.rules import NEEDED_ONLY

NEVER = 2**63 - 1
"""As ``histories.table.NEVER``."""


def push(part: Part, size: int, operation: int) -> None:
    """Put an operation into the heap of those that have yet to return."""
    slots, operations = part.slots, part.operations
    at = size
    while at > 0:
        up = (at - 1) >> 1
        if operations[slots[up].heap].ret <= operations[operation].ret:
            break
        slots[at].heap = slots[up].heap
        at = up
    slots[at].heap = operation


def pop(part: Part, size: int) -> None:
    """Take the operation that returns first out of the heap of ``size``."""
    slots, operations = part.slots, part.operations
    last = slots[size - 1].heap
    ret = operations[last].ret
    at = 0
    down = 1
    while down < size - 1:
        earliest = operations[slots[down].heap].ret
        if down + 1 < size - 1:
            other = operations[slots[down + 1].heap].ret
            if other < earliest:
                earliest = other
                down += 1
        if earliest >= ret:
            break
        slots[at].heap = slots[down].heap
        at = down
        down = 2 * at + 1
    slots[at].heap = last


def number_values(
    kind: Array,
    expected: Array,
    rows: Array,
    start: int,
    end: int,
    init: int,
    home: Array,
    part: Part,
) -> int:
    """Numbers from 1 for the values that some operation tests, in ``home``; how many with OTHER.

    Sound because no operation can tell two untested values apart: every read, compare-and-set
    and mismatch compares with a tested value, so states that are both untested have the same
    futures (a bisimulation), and the initial nil is one of them when nobody tests nil.
    """
    count = 1
    for i in range(start, end):
        row = rows[i]
        if kind[row] != WRITE and home[expected[row]] < 0:
            home[expected[row]] = count
            count += 1
    for value in range(count):
        part.values[value].needed = -1
        part.values[value].born = NEVER
        part.values[value].write_class = -1
        part.values[value].set_class = -1
        part.values[value].negative = -1
        part.values[value].stamp = 0
    part.sizes[VALUES] = count
    part.sizes[INIT] = max(home[init], OTHER)
    part.values[part.sizes[INIT]].born = 0
    return count


def lay_out(
    kind: Array,
    expected: Array,
    new: Array,
    call: Array,
    ret: Array,
    rows: Array,
    start: int,
    end: int,
    home: Array,
    part: Part,
) -> int:
    """Ranks and slots of all that completed; what crashed goes to ``scratch``: how many.

    A slot is free again after its operation's return. Intervals are closed: an operation called
    at the very event of another's return overlaps it and gets a slot of its own.
    """
    sizes, slots = part.sizes, part.slots
    m = crashed = rank = pending = free = used = 0
    for i in range(start, end + 1):
        row = rows[i] if i < end else 0
        # What returned before this call, or at the end everything.
        while pending > 0:
            first = part.operations[slots[0].heap]
            if i < end and first.ret >= call[row]:
                break
            first.rank = rank
            part.returns[rank].operation = slots[0].heap
            part.returns[rank].called = m
            slots[free].free = first.slot
            pop(part, pending)
            pending -= 1
            free += 1
            rank += 1
        if i == end:
            break
        what = kind[row]
        before = after = OTHER
        if what != WRITE:
            before = home[expected[row]]
        if what in (WRITE, CAS):
            after = max(home[new[row]], OTHER)
            if what == CAS and before == after:
                what, after = READ, OTHER
            elif part.values[after].born > rank:
                part.values[after].born = rank
        if ret[row] == NEVER:
            if what in (WRITE, CAS):
                late = part.crashed[crashed]
                late.kind = what
                late.expected = before
                late.new = after
                late.opens = rank
                late.row = row
                crashed += 1
            continue
        slot = used
        if free > 0:
            free -= 1
            slot = slots[free].free
        else:
            used += 1
        one = part.operations[m]
        one.kind = what
        one.expected = before
        one.new = after
        one.slot = slot
        one.word = slot // WORD
        one.bit = 1 << (slot % WORD)
        one.opens = rank
        one.row = row
        one.ret = ret[row]
        push(part, pending, m)
        pending += 1
        m += 1
    part.returns[m].operation = -1
    part.returns[m].called = m
    sizes[REQUIRED] = m
    sizes[SLOTS] = max(used, 1)
    sizes[WORDS] = (sizes[SLOTS] + WORD - 1) // WORD
    return crashed


def find_needs(part: Part, crashed: int) -> None:
    """For each value the last rank at which an operation may need the state to be it.

    Reads and compare-and-sets need what they expect. An observed mismatch may need *any* other
    value: with ``write 3``, an open ``write 7`` and a mismatch on 3, the history is valid only
    because of the 7 that nobody read. An open compare-and-set is worth enabling only as long as
    its own result is needed, hence the fixed point.
    """
    sizes, values = part.sizes, part.values
    for j in range(sizes[REQUIRED]):
        one = part.operations[j]
        value = values[one.expected]
        if one.kind == DIFFERS:
            value.negative = max(value.negative, one.rank)
        elif one.kind != WRITE:
            value.needed = max(value.needed, one.rank)
    # For each value the latest mismatch on some other value: the two latest suffice.
    latest = first = second = -1
    for number in range(sizes[VALUES]):
        rank = values[number].negative
        if rank > first:
            latest, first, second = number, rank, first
        elif rank > second:
            second = rank
    for number in range(sizes[VALUES]):
        other = second if number == latest else first
        values[number].needed = max(values[number].needed, other)
    changed = True
    while changed:
        changed = False
        for i in range(crashed):
            late = part.crashed[i]
            reached = values[late.new].needed
            if late.kind == CAS and values[late.expected].needed < reached:
                values[late.expected].needed = reached
                changed = True
    if not sizes[RULES] & NEEDED_ONLY:
        for number in range(sizes[VALUES]):
            values[number].needed = sizes[REQUIRED]


def class_of(part: Part, what: int, before: int, after: int) -> int:
    """The class of a crashed operation, a new one if it is the first of its kind."""
    c = part.values[after].write_class if what == WRITE else part.values[before].set_class
    while c >= 0:
        if what == WRITE or part.classes[c].new == after:
            return int(c)
        c = part.classes[c].next
    c = part.sizes[CLASSES]
    part.sizes[CLASSES] = c + 1
    one = part.classes[c]
    one.kind = what
    one.expected = before
    one.new = after
    one.first = 0
    if what == WRITE:
        part.values[after].write_class = c
    else:
        one.next = part.values[before].set_class
        part.values[before].set_class = c
    return int(c)


def classify(part: Part, crashed: int) -> None:
    """Group by class the crashed operations that may be of use, and pack their counts.

    One whose value nobody can need any more changes no verdict: were it in a linearization,
    whatever follows it is a write or the end (``find_needs``), so it can be taken out. What no
    rank follows cannot help a completed operation either.
    """
    classes, sizes = part.classes, part.sizes
    sizes[CLASSES] = 0
    for i in range(crashed):
        late = part.crashed[i]
        late.group = -1
        if late.opens < sizes[REQUIRED] and late.opens <= part.values[late.new].needed:
            late.group = class_of(part, late.kind, late.expected, late.new)
            classes[late.group].first += 1
    # ``first`` turns from how many members into where they end, and while filling into the first.
    end = shift = word = 0
    sizes[GUARDS] = 0
    for c in range(sizes[CLASSES]):
        one = classes[c]
        bits = 1
        while one.first >> bits:
            bits += 1
        if shift + bits + 1 > WORD:
            word, shift = word + 1, 0
            sizes[GUARDS + word] = 0
        one.where = word
        one.shift = shift
        one.most = (1 << bits) - 1
        shift += bits + 1
        sizes[GUARDS + word] |= 1 << (shift - 1)
        end += one.first
        one.first = end
    sizes[COUNTS] = word + 1 if sizes[CLASSES] else 0
    classes[sizes[CLASSES]].first = end
    for i in range(crashed - 1, -1, -1):
        late = part.crashed[i]
        if late.group >= 0:
            classes[late.group].first -= 1
            member = part.members[classes[late.group].first]
            member.opens = late.opens
            member.row = late.row


def prepare(
    kind: Array,
    expected: Array,
    new: Array,
    call: Array,
    ret: Array,
    rows: Array,
    start: int,
    end: int,
    init: int,
    home: Array,
    part: Part,
) -> None:
    """Make the part of one key: ``rows[start:end]``, in order of call. O(n log n).

    ``home`` is -1 everywhere, and so again when done. Everything but ``masks`` is filled.
    """
    number_values(kind, expected, rows, start, end, init, home, part)
    crashed = lay_out(kind, expected, new, call, ret, rows, start, end, home, part)
    for i in range(start, end):
        home[expected[rows[i]]] = -1
    find_needs(part, crashed)
    classify(part, crashed)
    part.sizes[STAMPED] = 0
    part.sizes[AT] = 0
