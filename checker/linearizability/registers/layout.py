"""Where everything lies that the kernels read and write: flat arrays of integers.

In compiled kernels an array is int64; in plain Python it is a list, which is three times as
fast there.

Only *required* operations (those that completed) have intervals that close, so only they
occupy slots. Indeterminate ones are counted by class: two writes of the same value that never
completed are interchangeable but for when they began, so the earliest is spent first.

    return ranks        0         1              2
    process 0   |-- w1 --|        .              .          slot 0, rank 0
    process 1       |----- r2 ----|              .          slot 1, rank 1
    process 2            |------------ w2 -------|          slot 0 again: w1 has returned
    process 3                 |- w3 …………………………            class "write 3", opens at rank 2
"""

from __future__ import annotations

from typing import Any, NamedTuple

Array = Any
"""An int64 array, or in plain Python a list of int."""

NOTHING = -1
"""The kind of an operation that neither asserts nor does anything."""
READ, WRITE, CAS, DIFFERS = 0, 1, 2, 3
"""As ``checker.models.model.Kind``."""
OTHER = 0
"""The number that stands for every value that no operation tests."""
WORD = 62
"""Bits of a word that are used: signed, so that plain Python and numba agree."""

# Numbers in Part.sizes.
REQUIRED, SLOTS, WORDS, VALUES, CLASSES, COUNTS, INIT, AT, STAMPED, RULES, GUARDS = range(11)
"""Operations, slots, words of slots, values, classes, words of counts, the initial value; the
rank that ``owner`` and ``pending`` stand at; a stamp; the rules in use; from GUARDS
on the guard bits of each word of counts."""

# Numbers in Arena.state.
USED, TOP, DEEPEST, FOUND, EXPANDED, IMPROVED = range(6)
PATIENCE, LIMIT, MODE, LOWEST, RELAXED, EPOCH = range(6, 12)


class Part(NamedTuple):
    """One key's operations, prepared for searching; made anew in place for each key.

    Arrays of records, whose fields are those of ``RECORDS`` (lists of objects in plain Python):

    ``operations``, required ones in order of call: ``kind``, ``expected``, ``new`` (local numbers
    of values); ``slot``, its ``word`` and its ``bit`` there; ``rank``, the place of its return
    among all returns; ``opens``, the first rank whose return comes at or after its call; ``row``
    of the table; ``ret``, its event.

    ``returns``, by rank, and one more: the ``operation`` that returns, and how many operations
    are ``called`` before or as it does.

    ``values``: ``needed``, the last rank at which some operation may need the state to be the
    value (-1: none); ``born``, the first rank at which it may be; ``write_class`` of crashed
    writes of it (-1: none); ``set_class``, the first class of crashed compare-and-sets that expect
    it (-1: none); ``negative``, ``stamp``, ``best``: scratch.

    ``pending``, for each value as many as there are words of slots: pending operations that are
    ``reading`` it, that saw a value ``differing`` from it (behind the last value: all such), and
    compare-and-sets ``expecting`` it.

    ``classes`` of crashed operations, and one more: ``kind``, ``expected``, ``new``; ``first`` of
    its members; the word of a configuration its count lies in, ``where``, by how many bits it is
    shifted there, ``shift``, and the mask of its bits, ``most``; the ``next`` class that expects
    the same value. ``members``, in order of class and then of call: ``opens``, ``row``.

    ``slots``: the ``owner`` of each; scratch: ``free``, ``heap``. ``crashed``, before they are
    sorted into classes (``group``). ``places``, for the linearization, by position: the row there,
    ``item``, and the last of the writes it ``hides`` just before it (-1: none); by operation the
    position it is hidden at, ``hider``, and the next one hidden there, ``hidden_next``.
    """

    operations: Array
    returns: Array
    values: Array
    pending: Array
    classes: Array
    members: Array
    slots: Array
    crashed: Array
    places: Array
    sizes: Array


RECORDS = {
    "operations": "kind expected new slot word bit rank opens row ret",
    "returns": "operation called",
    "values": "needed born write_class set_class negative stamp best",
    "pending": "reading differing expecting",
    "classes": "kind expected new first where shift most next",
    "members": "opens row",
    "slots": "owner free heap",
    "crashed": "kind expected new opens row group",
    "places": "item hides hider hidden_next",
}
"""The fields of the records of each array: int64 all of them."""


class Arena(NamedTuple):
    """The memory of one search.

    ``rows``: configurations, each ``width`` words: HEADER (rank, state, flag), TRACE (parent
    and move), LINK (next in its bucket), WORDS words each of required observers, required
    compare-and-sets, required writes and optional operations, and COUNTS words of counts of
    crashed operations used. ``heads``: a power of two of buckets. ``stack``: what is to be
    expanded. ``moves``: pairs (move, flag) that one expansion suggests. ``fronts``: for a search
    breadth first, the first row to expand at each rank; for a thrifty one what it puts off.
    """

    rows: Array
    heads: Array
    stack: Array
    moves: Array
    fronts: Array
    state: Array
