"""How far one key's operations can be put in order, and through which: what a reader is shown.

A *linearizable prefix* is a legal sequence of operations that leaves out none which had
returned before one of them was called. Of a linearizable key one prefix holds everything;
of a refuted one each operation is in some longest prefix, or in none, and after each of
those the model refuses what could come next in time:

    write 4, write 7      then nothing: read 4 needs 4, but the register holds 7

Prefixes share their beginnings, so they are kept as one tree.
"""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field

from checker.linearizability.broken import BrokenSearch
from checker.models.model import Model
from checker.reading import Reading
from histories.event import Operation
from histories.table import NEVER

WINDOW = 64
"""Operations before the end of the prefix found whose order is tried anew."""
OPEN_MAX = 24
"""Operations without an answer that are tried; those called last."""
EXPLORED_MAX = 30_000
ROOT = -1
WEIGHT_MAX = 5_000_000
"""Elements of all the states that are kept together (characters of a string)."""
UNKNOWN = ("state", "not known")
"""Stands for a state that was not computed or not kept, because time or room ran out."""


@dataclass(slots=True)
class Reach:
    """A tree of linearizable prefixes of one key's operations (numbered by position).

    Node v takes ``operations[v]`` from the state after ``parents[v]`` (ROOT: the model's first
    state) to ``states[v]``. ``best`` is the last node of the longest prefix found that has all
    that returned before the first completion without a place, ROOT when it is empty;
    ``through[i]`` that of the longest prefix with operation i, where ``best`` has it not.
    ``refused[v]`` are the completed operations which may come next in time after such a
    last node v, and which the model refuses there. ``exhaustive``: nothing longer exists.
    ``explored`` counts the configurations that were tried beside the prefix found first.
    """

    parents: list[int] = field(default_factory=list)
    operations: list[int] = field(default_factory=list)
    states: list[Hashable] = field(default_factory=list)
    best: int = ROOT
    through: dict[int, int] = field(default_factory=dict)
    refused: dict[int, list[int]] = field(default_factory=dict)
    exhaustive: bool = False
    explored: int = 0

    def path(self, node: int) -> list[int]:
        """The nodes from the first operation to ``node``."""
        nodes = []
        while node != ROOT:
            nodes.append(node)
            node = self.parents[node]
        return nodes[::-1]

    def state(self, node: int, model: Model) -> Hashable:
        """The state after a node."""
        return model.init if node == ROOT else self.states[node]


def along(
    operations: Sequence[Operation],
    order: Sequence[int],
    model: Model,
    reading: Reading,
    deadline: float,
) -> Reach:
    """The prefix that ``order`` (positions in ``operations``) spells, as far as it is legal.

    Where an answer is not known and several states may follow, one that the rest of the order
    allows. States past ``deadline`` (of ``time.perf_counter()``) are not computed, and of states
    that grow and grow only the last are kept: the others are UNKNOWN.
    """
    reach = Reach(exhaustive=True)
    layers: list[dict[Hashable, Hashable]] = []
    current: dict[Hashable, Hashable] = {model.init: None}
    late = False
    weight = forgotten = 0
    for number, position in enumerate(order):
        effect = model.effect(operations[position], reading)
        after: dict[Hashable, Hashable] = {}
        for state in current:
            for successor in model.step(state, effect) if effect is not None else (state,):
                after.setdefault(successor, state)
        if not after:
            break
        layers.append(after)
        current = after
        weight += sum(map(_weight, after))
        while weight > WEIGHT_MAX and forgotten < len(layers) - WINDOW:
            weight -= sum(map(_weight, layers[forgotten]))
            layers[forgotten] = {}
            forgotten += 1
        if not number % 256 and time.perf_counter() > deadline:
            late = True
            break
    chosen: list[Hashable] = []
    last: Hashable = next(iter(current))
    for layer in reversed(layers):
        chosen.append(last if layer else UNKNOWN)
        last = layer.get(last)
    reach.states = chosen[::-1]
    placed = list(order) if late else list(order[: len(layers)])
    reach.states += [UNKNOWN] * (len(placed) - len(chosen))
    reach.operations = placed
    reach.parents = list(range(-1, len(placed) - 1))
    reach.best = len(placed) - 1
    return reach


def around(
    operations: Sequence[Operation],
    order: Sequence[int],
    end: int,
    model: Model,
    reading: Reading,
    deadline: float,
    *,
    refuted: bool = True,
) -> Reach:
    """The prefixes near the one that ``order`` spells, none of which gets past the event ``end``.

    Depth first from the end of ``order`` backwards, so what differs late is tried first; the
    order before its last WINDOW operations is left as it is. ``refuted``: that no linearizable
    prefix holds all that returned by ``end`` was shown before; finding one raises BrokenSearch.
    """
    reach = along(operations, order, model, reading, deadline)
    if reach.states and reach.states[-1] is UNKNOWN:
        reach.exhaustive = False
        return reach
    search = _Search(operations, reach, end, model, reading)
    search.run(deadline)
    search.keep()
    if refuted and search.contradicted:
        raise BrokenSearch(
            "a refuted prefix has a linearization after all: "
            f"{[operations[i].call for i in search.contradicted]}. "
            "This is an error in splitbrain, not in the system tested; please report it with the "
            "history."
        )
    return reach


@dataclass(slots=True)
class _Node:
    """A configuration: what is placed of the window (a bit each), and the state."""

    parent: int
    index: int
    placed: int
    state: Hashable


class _Search:
    """All orders of the operations of a window, under a budget.

    Operations of the window are numbered by return, the unanswered ones last, so that the
    lowest number not placed bounds what may come next: whatever was called before it returned.
    """

    def __init__(
        self,
        operations: Sequence[Operation],
        reach: Reach,
        end: int,
        model: Model,
        reading: Reading,
    ) -> None:
        self.reach = reach
        self.model = model
        self.start = max(0, len(reach.operations) - WINDOW)
        before = set(reach.operations[: self.start])
        order = reach.operations[self.start :]
        members = [
            (position, effect)
            for position, one in enumerate(operations)
            if one.call <= end
            and position not in before
            and (effect := model.effect(one, reading)) is not None
        ]
        answered = [m for m in members if operations[m[0]].ret is not None]
        unanswered = [m for m in members if operations[m[0]].ret is None]
        used = set(order)
        spare = [m for m in unanswered if m[0] not in used]
        self.narrowed = len(spare) > OPEN_MAX
        unanswered = [m for m in unanswered if m[0] in used] + spare[-OPEN_MAX:]
        answered.sort(key=lambda m: _ret(operations[m[0]]))
        self.members = [position for position, _ in answered + unanswered]
        self.effects = [effect for _, effect in answered + unanswered]
        self.answered = len(answered)
        calls = [operations[position].call for position in self.members]
        returns = [_ret(operations[position]) for position, _ in answered]
        self.due = sum(1 << number for number, ret in enumerate(returns) if ret <= end)
        self.due_before = sum(1 << number for number, ret in enumerate(returns) if ret < end)
        # may_come[i]: what was called before i returned, i being the first to return of the rest.
        self.may_come = [
            sum(1 << j for j, call in enumerate(calls) if call <= _ret(operations[position]))
            for position, _ in answered
        ]
        self.all = (1 << len(self.members)) - 1
        self.nodes: list[_Node] = []
        self.contradicted: list[int] = []
        self.best_of: dict[int, tuple[tuple[int, int], int]] = {}
        self.refused_at: dict[int, list[int]] = {}
        self.base: list[int] = [self._root()]
        number_of = {position: number for number, position in enumerate(self.members)}
        for offset, position in enumerate(order):
            number = number_of[position]
            last = self.nodes[self.base[-1]]
            self.nodes.append(
                _Node(
                    self.base[-1],
                    number,
                    last.placed | 1 << number,
                    reach.states[self.start + offset],
                )
            )
            self.base.append(len(self.nodes) - 1)

    def _root(self) -> int:
        self.nodes.append(_Node(ROOT, -1, 0, self.reach.state(self.start - 1, self.model)))
        return 0

    def run(self, deadline: float) -> None:
        """Depth first, the deepest node of the prefix found first."""
        nodes, step = self.nodes, self.model.step
        seen = {(node.placed, node.state) for node in nodes}
        todo = list(self.base)
        turns = 0
        while todo:
            turns += 1
            if len(nodes) > EXPLORED_MAX or (not turns % 64 and time.perf_counter() > deadline):
                break
            number = todo.pop()
            node = nodes[number]
            further = False
            refused = []
            for index in self._next(node.placed):
                after = step(node.state, self.effects[index])
                if not after:
                    if index < self.answered:
                        refused.append(index)
                    continue
                further = further or index < self.answered
                placed = node.placed | 1 << index
                for state in after:
                    if (placed, state) not in seen:
                        seen.add((placed, state))
                        nodes.append(_Node(number, index, placed, state))
                        todo.append(len(nodes) - 1)
            if not further:
                self._note(number, refused)
        self.reach.explored = len(nodes) - len(self.base)
        self.reach.exhaustive = not todo and not self.start and not self.narrowed

    def _next(self, placed: int) -> Iterator[int]:
        """What may come next in time, unanswered ones first and early returns last.

        The last to be put on the stack is the first to be taken from it.
        """
        rest = self.all & ~placed
        lowest = (rest & -rest).bit_length() - 1
        may = rest & self.may_come[lowest] if 0 <= lowest < self.answered else rest
        while may:
            index = may.bit_length() - 1
            may ^= 1 << index
            yield index

    def _note(self, number: int, refused: list[int]) -> None:
        """A prefix that no answered operation can follow: the longest yet for some, perhaps."""
        placed = self.nodes[number].placed
        if placed & self.due == self.due and not self.contradicted:
            self.contradicted = self._positions(number)
        answered = placed & ((1 << self.answered) - 1)
        # An unanswered operation adds nothing by itself: fewer of them tell the same more plainly.
        score = (answered.bit_count(), -(placed.bit_count() - answered.bit_count()))
        self.refused_at[number] = refused
        complete = placed & self.due_before == self.due_before
        for index in (*((ROOT,) if complete else ()), *_bits(placed)):
            held = self.best_of.get(index)
            if held is None or score > held[0]:
                self.best_of[index] = (score, number)

    def _positions(self, number: int) -> list[int]:
        positions = []
        while number > 0:
            positions.append(self.members[self.nodes[number].index])
            number = self.nodes[number].parent
        return self.reach.operations[: self.start] + positions[::-1]

    def keep(self) -> None:
        """Put the longest prefixes into the tree, and nothing else."""
        if not self.best_of:
            return
        reach = self.reach
        for column in (reach.parents, reach.operations, reach.states):
            del column[self.start :]
        node_of = {0: self.start - 1}
        best = self.best_of.pop(ROOT, None) or max(self.best_of.values())
        terminals = {best[1]: None, **{number: None for _, number in self.best_of.values()}}
        for terminal in terminals:
            path = []
            number = terminal
            while number not in node_of:
                path.append(number)
                number = self.nodes[number].parent
            for number in reversed(path):
                node = self.nodes[number]
                node_of[number] = len(reach.operations)
                reach.parents.append(node_of[node.parent])
                reach.operations.append(self.members[node.index])
                reach.states.append(node.state)
            reach.refused[node_of[terminal]] = [self.members[i] for i in self.refused_at[terminal]]
        reach.best = node_of[best[1]]
        placed = set(_bits(self.nodes[best[1]].placed))
        reach.through = {
            self.members[index]: node_of[number]
            for index, (_, number) in self.best_of.items()
            if index not in placed
        }


def _weight(state: Hashable) -> int:
    return len(state) if isinstance(state, (str, tuple, frozenset)) else 1


def _bits(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _ret(operation: Operation) -> int:
    return NEVER if operation.ret is None else operation.ret
