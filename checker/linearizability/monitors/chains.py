"""Kernels of ``appends.py``: which gets saw one growing object, and what each of them saw.

The functions are plain Python that numba compiles: integers and flat arrays only.
"""

from __future__ import annotations

from typing import NamedTuple

from checker.linearizability.monitors.pieces import (
    CLOSE,
    COMMA,
    NIL,
    OPEN,
    OTHER,
    TEXT,
    UNCLEAR,
    UNKNOWN,
    Array,
    Pieces,
    clear_of_fractions,
    cut,
    ended,
    find_element,
    same,
    spell,
    token_end,
)
from checker.linearizability.registers.blocks import (
    CAS,
    FULL,
    LINEARIZED,
    READ,
    REFUTED,
    UNSUITED,
    WRITE,
    Keys,
)

OK, FAIL = 0, 1
APPEND, GET, PUT = 1, 2, 3
NOTHING, STRING, LIST, PAIR, STRANGE = 4, 5, 6, 7, 8
"""What a get answered; a list of two elements is a pair of values."""
APPENDED, WAS_PUT = 1, 2
"""Roles of a word: bits."""


class History(NamedTuple):
    """Columns of the table, ``rows`` grouped by key in order of call, and scratch.

    ``role`` int8 by row: 0 (says nothing), APPEND, PUT, or what a get answered. A *word* is a
    value that is appended or put, numbered by key; it has a *twin* of the same value when that
    is appended twice. By value, -1 throughout between keys:
    ``home`` int32, its word; ``told`` int32, the chain a text that was read belongs to. By
    word: ``roles`` int8; ``twin`` int32 (-1: none); ``before`` int32, the number of the block
    it is appended to (-1: unread). By chain (number 0: that of the start; 1 + a word that was
    put): rows ``longest`` and ``pair`` int64, the longest text that was read and a pair (-1:
    none); ``base``, ``length`` int32, where its words are in ``sequence``. ``chains`` int32 by
    row. ``evidence`` int64[8].

    Blocks are numbered 0 (the start), 1 + 2w (word w was appended), 2 + 2w (it was put).
    """

    input: Array
    output: Array
    output2: Array
    call: Array
    ret: Array
    rows: Array
    role: Array
    home: Array
    told: Array
    roles: Array
    twin: Array
    before: Array
    longest: Array
    pair: Array
    base: Array
    length: Array
    chains: Array
    evidence: Array


def classify(
    f: Array, outcome: Array, input_: Array, input2: Array, output: Array, output2: Array,
    what: Array, nil_says: bool, kinds: Array, offsets: Array, blob: Array, role: Array,
) -> None:  # fmt: skip
    """Write the role of each row; STRANGE: a key that has it is unsuited."""
    for row in range(len(f)):
        role[row] = 0
        code = what[f[row]]
        if code == GET:
            value = output[row]
            extent = offsets[value + 1] - offsets[value]
            if outcome[row] != OK or (value == 0 and output2[row] < 0 and not nil_says):
                continue
            if output2[row] >= 0:
                role[row] = PAIR
            elif kinds[value] == NIL or (kinds[value] == TEXT and extent == 0):
                role[row] = NOTHING
            elif kinds[value] == TEXT:
                role[row] = STRING
            elif kinds[value] == OTHER and blob[offsets[value]] == OPEN:
                role[row] = LIST if extent > 2 else NOTHING
            else:
                role[row] = STRANGE
        elif code != 0 and outcome[row] != FAIL:
            value = input_[row]
            extent = offsets[value + 1] - offsets[value]
            role[row] = code
            if input2[row] >= 0 or (kinds[value] == TEXT and extent == 0):
                role[row] = STRANGE
            if code == PUT and kinds[value] == NIL:
                role[row] = STRANGE
            if code == PUT and kinds[value] == OTHER and blob[offsets[value]] == OPEN:
                role[row] = STRANGE


def number(
    h: History, pieces: Pieces, block: Array, begin: int, end: int, limit: int
) -> tuple[int, int, bool]:
    """Number the words: how many; what was read at most; whether the key is suited.

    The ``block`` of a mutator is noted, by row.
    """
    role, rows, home, ret, call = h.role, h.rows, h.home, h.ret, h.call
    count, most = 0, NOTHING
    for p in range(begin, end):
        row = rows[p]
        what = role[row]
        if call[row] > limit:
            break
        if what == STRANGE:
            return count, most, False
        if what >= NOTHING and ret[row] <= limit:
            if (what == STRING and most > STRING) or (what > STRING and most == STRING):
                return count, most, False
            most = max(most, what)
        elif what in (APPEND, PUT):
            word = home[h.input[row]]
            bit = APPENDED if what == APPEND else WAS_PUT
            if word < 0 or h.roles[word] & bit:
                if word >= 0:
                    if what == PUT or h.twin[word] >= 0:
                        return count, most, False
                    h.twin[word] = count
                else:
                    home[h.input[row]] = count
                pieces.value[count], h.roles[count] = h.input[row], 0
                h.twin[count] = word
                word, count = count, count + 1
            h.roles[word] |= bit
            block[row] = 1 + 2 * word if what == APPEND else 2 + 2 * word
    return count, most, True


def contradict(h: History, one: int, other: int) -> int:
    """Two gets that cannot both be right (or one, twice): REFUTED by the later return."""
    h.evidence[0] = one if h.ret[one] > h.ret[other] else other
    h.evidence[1] = one
    h.evidence[2] = other if other != one else -1
    return REFUTED


def assign(
    h: History, pieces: Pieces, chains: Array, begin: int, end: int, limit: int,
    size: int, first: int,
) -> int:  # fmt: skip
    """Say which chain each get belongs to (``chains``, by row), by the first word it saw.

    That is the put's, where the word was both put and appended, unless it is ``first``.
    Returns LINEARIZED; or REFUTED, with evidence, or UNSUITED.
    """
    rows, role, ret, told, output = h.rows, h.role, h.ret, h.told, h.output
    blob, offsets, longest = pieces.blob, pieces.offsets, h.longest
    for p in range(begin, end):
        row = rows[p]
        what, value = role[row], output[row]
        if h.call[row] > limit:
            break
        if what < NOTHING or ret[row] > limit:
            continue
        chains[row] = 0
        if what == NOTHING:
            continue
        if what != PAIR and told[value] >= 0:
            chains[row] = told[value]
            continue
        start, stop = offsets[value], offsets[value + 1]
        if what == PAIR:
            word = h.home[value]
        elif what == LIST:
            word = find_element(pieces, size, start + 1, token_end(blob, start + 1, stop - 1))
        else:
            word = spell(
                blob, offsets, pieces.value, pieces.hashes, pieces.table, pieces.lengths, size,
                start, stop,
            )  # fmt: skip
        if word == UNCLEAR:
            return UNSUITED
        if word < 0:
            return contradict(h, row, row)
        chain = word + 1 if h.roles[word] & WAS_PUT and word != first else 0
        chains[row] = chain
        if what == PAIR:
            h.pair[chain] = row
            continue
        told[value] = chain
        best = value if longest[chain] < 0 else output[longest[chain]]
        if best == value or stop - start > offsets[best + 1] - offsets[best]:
            longest[chain] = row
    return LINEARIZED


def twin_bit(h: History, word: int) -> int:
    """The bit of ``swapped`` that is a word's and its twin's: by its rank among twins."""
    bit = 1
    for one in range(min(word, h.twin[word])):
        if h.twin[one] > one:
            bit *= 2
    return bit


def unroll(
    h: History, pieces: Pieces, size: int, chain: int, base: int, room: int, swapped: int
) -> int:
    """Cut the longest get of a chain into words from ``base`` on: how many.

    UNCLEAR; or UNKNOWN, with evidence: there is no such chain. The first time a value with a
    twin is met it is the word called first, or (a bit of ``swapped``) the other.
    """
    longest, pair = h.longest[chain], h.pair[chain]
    length, row = 0, longest
    if longest >= 0:
        length = cut(pieces, size, h.output[longest], base, room)
    if pair >= 0 and 0 <= length < 2:
        row = pair
        first, second = h.home[h.output[pair]], h.home[h.output2[pair]]
        if length == 1 and pieces.value[pieces.sequence[base]] != h.output[pair]:
            contradict(h, pair, longest)
            return UNKNOWN
        length = UNKNOWN
        if second >= 0 and room >= 2:
            pieces.sequence[base], pieces.sequence[base + 1] = first, second
            pieces.ends[base + 1] = FULL
            length = 2
    block = 0
    for j in range(length):
        word = pieces.sequence[base + j]
        if chain > 0 and j == 0:
            block = 2 + 2 * word
            continue
        twin = h.twin[word]
        if twin >= 0 and (
            h.before[word] >= 0 or (h.before[twin] < 0 and swapped & twin_bit(h, word))
        ):
            word = pieces.sequence[base + j] = twin
        if h.roles[word] & APPENDED and h.before[word] < 0:
            h.before[word] = block
            block = 1 + 2 * word
        else:
            # Put, or read before.
            length = UNKNOWN
            break
    if length == UNKNOWN:
        contradict(h, row, row)
    h.base[chain], h.length[chain] = base, max(length, 0)
    return length


def see(
    h: History, pieces: Pieces, keys: Keys, chains: Array, begin: int, end: int, limit: int
) -> int:
    """Say which block each get saw: LINEARIZED; REFUTED, with evidence: none; or UNSUITED."""
    rows, role, ret, output, base = h.rows, h.role, h.ret, h.output, h.base
    blob, offsets, sequence, ends = pieces.blob, pieces.offsets, pieces.sequence, pieces.ends
    for p in range(begin, end):
        row = rows[p]
        what = role[row]
        if h.call[row] > limit:
            break
        if what < NOTHING or ret[row] > limit:
            continue
        keys.kind[row], keys.expected[row] = READ, 0
        if what == NOTHING:
            continue
        chain, value = chains[row], output[row]
        longest, count = h.longest[chain], UNKNOWN
        if what == PAIR:
            if h.length[chain] >= 2:
                one, two = sequence[base[chain]], sequence[base[chain] + 1]
                if pieces.value[one] == value and pieces.value[two] == h.output2[row]:
                    count = 2
        else:
            whole, start = offsets[output[longest]], offsets[value]
            stop = whole + offsets[value + 1] - start
            if what == LIST:
                stop -= 1
            if same(blob, whole, blob, start, stop - whole):
                if what == STRING or blob[stop] == COMMA or blob[stop] == CLOSE:
                    count = ended(ends, base[chain], h.length[chain], stop - whole)
            elif what == LIST and not (
                clear_of_fractions(blob, start, offsets[value + 1])
                and clear_of_fractions(blob, whole, offsets[output[longest] + 1])
            ):
                return UNSUITED
        if count <= 0:
            return contradict(h, row, h.pair[chain] if what == PAIR and longest < 0 else longest)
        block = 1 + 2 * sequence[base[chain] + count - 1]
        keys.expected[row] = block + 1 if chain > 0 and count == 1 else block
    return LINEARIZED


def unite(
    h: History, pieces: Pieces, keys: Keys, begin: int, end: int, limit: int,
    count: int, size: int, first: int, swapped: int,
) -> int:  # fmt: skip
    """Say of each operation of a prefix what it is to a register (``keys``): LINEARIZED.

    Or REFUTED, with evidence, when the gets contradict each other; or UNSUITED.
    """
    rows, role, ret, told, before = h.rows, h.role, h.ret, h.told, h.before
    for word in range(count + 1):
        h.longest[word] = h.pair[word] = -1
        h.length[word] = 0
    for p in range(begin, end):
        told[h.output[rows[p]]] = -1
        keys.kind[rows[p]] = -1
    for word in range(count):
        before[word] = -1
    status = assign(h, pieces, h.chains, begin, end, limit, size, first)
    base = 0
    for chain in range(count + 1):
        if status == LINEARIZED and (h.longest[chain] >= 0 or h.pair[chain] >= 0):
            length = unroll(h, pieces, size, chain, base, 2 * count - base, swapped)
            if length < 0:
                status = REFUTED if length == UNKNOWN else UNSUITED
            base += length
    if status == LINEARIZED:
        status = see(h, pieces, keys, h.chains, begin, end, limit)
    for p in range(begin, end):
        row = rows[p]
        if h.call[row] > limit:
            break
        if role[row] == PUT:
            keys.kind[row] = WRITE
        elif role[row] == APPEND:
            before_ = before[(keys.new[row] - 1) // 2]
            if before_ >= 0:
                keys.kind[row], keys.expected[row] = CAS, before_
            elif ret[row] <= limit:
                keys.kind[row] = WRITE
    return status
