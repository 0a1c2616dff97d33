"""Pieces that are appended, found again in what was read: strings by bytes, lists by elements.

Values stay what ``histories.values`` made of them: nothing is decoded to Python objects. The
functions are plain Python that numba compiles: integers and flat arrays only.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

NIL, INTEGER, TEXT, OTHER = 0, 1, 2, 3
"""As ``histories.values``."""
UNKNOWN, UNCLEAR = -1, -2
"""No piece stands there; or it cannot be told which."""
HASH_MASK = (1 << 30) - 1
COMMA, QUOTE, OPEN, CLOSE, ESCAPE, MINUS, ZERO, POINT = 44, 34, 91, 93, 92, 45, 48, 46
BRACE, UNBRACE, LOWER_E, UPPER_E, SPACE = 123, 125, 101, 69, 32

Array = Any
"""A numpy array; kernels leave the types to numba."""


class Pieces(NamedTuple):
    """What was appended to one key, by number, and a hash table over it; all preallocated.

    The columns of ``Values``: ``kinds``, ``numbers``, ``offsets``, ``blob``. ``buffer`` uint8:
    room for any value as it stands in a list. ``value`` int32[n]: the value of each piece,
    ``hashes`` int64[n] its hash; ``table`` int32, a power of two beyond 2n: piece or -1.
    ``lengths`` uint8: whether some piece has so many bytes. ``sequence`` int32[2n]:
    pieces in the order in which they were read; ``ends`` int64[2n]: where each ended.
    """

    kinds: Array
    numbers: Array
    offsets: Array
    blob: Array
    buffer: Array
    value: Array
    hashes: Array
    table: Array
    lengths: Array
    sequence: Array
    ends: Array


def same(one: Array, a: int, other: Array, b: int, length: int) -> bool:
    """Whether two stretches of bytes are equal; block by block, which compiles to wide compares."""
    for at in range(0, length, 128):
        end = min(at + 128, length)
        here, there = one[a + at : a + end], other[b + at : b + end]
        differing = 0
        for i in range(len(here)):
            differing |= here[i] ^ there[i]
        if differing != 0:
            return False
    return True


def element(pieces: Pieces, value: int) -> int:
    """Write a value into the buffer as it stands in a list: its length, UNCLEAR if unsure."""
    buffer, blob = pieces.buffer, pieces.blob
    kind = pieces.kinds[value]
    begin, end = pieces.offsets[value], pieces.offsets[value + 1]
    if kind == INTEGER:
        number, at = pieces.numbers[value], 0
        if number < 0:
            if number < -(1 << 62):
                return UNCLEAR
            buffer[0], number, at = MINUS, -number, 1
        length, rest = at + 1, number // 10
        while rest > 0:
            length, rest = length + 1, rest // 10
        for i in range(length - 1, at - 1, -1):
            buffer[i], number = ZERO + number % 10, number // 10
        return int(length)
    if kind == TEXT:
        buffer[0] = buffer[end - begin + 1] = QUOTE
        for i in range(begin, end):
            # What JSON escapes is left to the search.
            if blob[i] < SPACE or blob[i] == QUOTE or blob[i] == ESCAPE:
                return UNCLEAR
            buffer[i - begin + 1] = blob[i]
        return int(end - begin + 2)
    if kind == NIL:
        return UNCLEAR
    for i in range(begin, end):
        buffer[i - begin] = blob[i]
    # 1.0 equals 1 and is written otherwise.
    return int(end - begin) if clear_of_fractions(blob, begin, end) else UNCLEAR


def clear_of_fractions(blob: Array, begin: int, end: int) -> bool:
    """Whether surely no number in some JSON is written in two ways."""
    for i in range(begin, end):
        if blob[i] == POINT or blob[i] == LOWER_E or blob[i] == UPPER_E:
            return False
    return True


def hash_of(text: Array, begin: int, end: int) -> int:
    """A hash below 2**30, computed byte by byte so that prefixes have theirs on the way."""
    code: Any = 0
    for i in range(begin, end):
        code = (code * 131 + np.int64(text[i])) & HASH_MASK
    return int(code)


def spell(
    blob: Array, offsets: Array, value: Array, hashes: Array, table: Array, lengths: Array,
    size: int, at: int, end: int,
) -> int:  # fmt: skip
    """The piece that a string goes on with at ``at``; UNKNOWN: none does.

    It takes columns of ``Pieces`` one by one: a tuple of arrays costs more to hand over than
    this takes.
    """
    code: Any = 0
    for i in range(at, end):
        extent = i + 1 - at
        if lengths[extent] == 2:
            return UNKNOWN
        code = (code * 131 + np.int64(blob[i])) & HASH_MASK
        if lengths[extent] == 0:
            continue
        slot = (code * 40503) & (size - 1)
        while table[slot] >= 0:
            piece = table[slot]
            first = offsets[value[piece]]
            if hashes[piece] == code and offsets[value[piece] + 1] - first == extent:
                j = 0
                while j < extent and blob[first + j] == blob[at + j]:
                    j += 1
                if j == extent:
                    return int(piece)
            slot = (slot + 1) & (size - 1)
    return UNKNOWN


def find_element(pieces: Pieces, size: int, at: int, stop: int) -> int:
    """The piece that an element of a list in JSON is; UNKNOWN: none; UNCLEAR: cannot be told."""
    blob = pieces.blob
    code = hash_of(blob, at, stop)
    slot = (code * 40503) & (size - 1)
    while pieces.table[slot] >= 0:
        piece = pieces.table[slot]
        if pieces.hashes[piece] == code:
            length = element(pieces, pieces.value[piece])
            if length == stop - at and same(blob, at, pieces.buffer, 0, length):
                return int(piece)
        slot = (slot + 1) & (size - 1)
    return UNKNOWN if clear_of_fractions(blob, at, stop) else UNCLEAR


def index(pieces: Pieces, count: int, lists: bool) -> int:
    """Fill the hash table: its size, UNCLEAR when strings could be cut up in two ways.

    Strings are decoded from the left, which is the only way when no piece is a prefix of
    another.
    """
    size = 4
    while size < 2 * count:
        size *= 2
    for i in range(size):
        pieces.table[i] = -1
    longest = 0
    for piece in range(count):
        value = pieces.value[piece]
        if lists:
            length = element(pieces, value)
            if length < 0:
                return UNCLEAR
            code = hash_of(pieces.buffer, 0, length)
        else:
            if pieces.kinds[value] != TEXT:
                continue
            begin, end = pieces.offsets[value], pieces.offsets[value + 1]
            code = hash_of(pieces.blob, begin, end)
            while longest < end - begin:
                longest += 1
                pieces.lengths[longest] = 0
            pieces.lengths[end - begin] = 1
        pieces.hashes[piece] = code
        at = (code * 40503) & (size - 1)
        while pieces.table[at] >= 0:
            at = (at + 1) & (size - 1)
        pieces.table[at] = piece
    if lists:
        return size
    for piece in range(count):
        value = pieces.value[piece]
        if pieces.kinds[value] != TEXT:
            continue
        begin, end = pieces.offsets[value], pieces.offsets[value + 1]
        # Asked for less than itself, a piece finds its proper prefixes.
        shorter = spell(
            pieces.blob, pieces.offsets, pieces.value, pieces.hashes, pieces.table,
            pieces.lengths, size, begin, end - 1,
        )  # fmt: skip
        if shorter >= 0:
            return UNCLEAR
    # A stop for ``cut``, which asks no longer length.
    pieces.lengths[longest + 1] = 2
    return size


def cut(pieces: Pieces, size: int, value: int, base: int, room: int) -> int:
    """Cut what was read into pieces, written from ``base`` on: how many.

    UNKNOWN when it has others, or more than ``room``. ``ends`` of a list point at its commas
    and its bracket.
    """
    blob, offsets, sequence, ends = pieces.blob, pieces.offsets, pieces.sequence, pieces.ends
    lists = pieces.kinds[value] == OTHER
    start, end = offsets[value], offsets[value + 1]
    at, count = start, 0
    if lists:
        at, end = start + 1, end - 1
    while at < end:
        if lists:
            stop = token_end(blob, at, end)
            piece = find_element(pieces, size, at, stop)
        else:
            piece = spell(
                blob, offsets, pieces.value, pieces.hashes, pieces.table, pieces.lengths, size,
                at, end,
            )  # fmt: skip
            stop = at
            if piece >= 0:
                stop += offsets[pieces.value[piece] + 1] - offsets[pieces.value[piece]]
        if piece < 0:
            return int(piece)
        if count == room:
            return UNKNOWN
        sequence[base + count] = piece
        ends[base + count] = stop - start
        count += 1
        at = stop + 1 if lists else stop
    return count


def token_end(blob: Array, at: int, end: int) -> int:
    """Where the element of a list ends that begins at ``at``: at a comma, or at ``end``."""
    depth = 0
    quoted = False
    while at < end:
        byte = blob[at]
        if quoted:
            if byte == ESCAPE:
                at += 1
            elif byte == QUOTE:
                quoted = False
        elif byte == QUOTE:
            quoted = True
        elif byte in (OPEN, BRACE):
            depth += 1
        elif byte in (CLOSE, UNBRACE):
            depth -= 1
        elif byte == COMMA and depth == 0:
            return at
        at += 1
    return end


def ended(ends: Array, base: int, count: int, length: int) -> int:
    """After how many of the pieces from ``base`` on so many bytes are read; UNKNOWN: within one."""
    low, high = base, base + count
    while low < high:
        middle = (low + high) // 2
        if ends[middle] < length:
            low = middle + 1
        else:
            high = middle
    return low - base + 1 if low < base + count and ends[low] == length else UNKNOWN
