"""What could be inferred of a history: who depends on whom, and which reads cannot be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from checker.transactions.columns import Transactions
from histories.table import Int8, Int32, Int64


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """Edges one by one: int32 ``source`` and ``target``, int8 ``sort`` (``edges.py``) and int32
    ``key`` that each is due to. Nodes up to the number of transactions are these, others up to
    ``nodes`` stand for several of them."""

    source: Int32
    target: Int32
    sort: Int8
    key: Int32
    nodes: int

    def __len__(self) -> int:
        return len(self.source)

    def joined(self, source: Int32, target: Int32, sort: int, key: Int32 | None = None) -> Edges:
        """These and some more, all of one sort."""
        many = len(source)
        if key is None:
            key = np.full(many, -1, np.int32)
        return Edges(
            np.concatenate((self.source, source)),
            np.concatenate((self.target, target)),
            np.concatenate((self.sort, np.full(many, sort, np.int8))),
            np.concatenate((self.key, key)),
            self.nodes,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Inferred:
    """What could be inferred of ``transactions``.

    ``happened``: int8[n], 1 for what was acknowledged, and for what is of unknown outcome but was
    seen by somebody. ``owner``: int32[m], the transaction of each step. ``flags``: int8[m], what
    is wrong with each read (``edges.py``). ``place``: int32[m], of an append its place in the
    order of its list, -1 where nobody read it; ``at``, ``by``: the order itself, of key k the
    steps ``by[at[k] : at[k + 1]]``. ``dirty``: int32[keys], the place in that order where
    something that failed was built upon, or -1. ``lost``: int32[keys, 2], two reads of the same
    version by two transactions that both went on to write it, or -1.
    ``torn``: int64, appends that are in a list though one that their transaction made to it before
    is not, or only behind them.
    ``unordered``: int64[k, 2], pairs of key and transaction that wrote it in no known order.
    ``undecided``: why something was left out of the inference, in words; empty where it is whole.
    Of registers only, ``writer``: int32[m], the step that wrote what a read saw, -1 for nil;
    ``external``: int8[m], 1 for reads of what others wrote, where it can be told who.
    """

    transactions: Transactions
    edges: Edges
    happened: Int8
    owner: Int32
    flags: Int8
    place: Int32
    at: Int64
    by: Int32
    spine: Int32
    dirty: Int32
    lost: Int32
    torn: Int64
    unordered: Int64
    undecided: tuple[str, ...] = ()
    writer: Int32 | None = None
    external: Int8 | None = None


def owners(transactions: Transactions) -> Int32:
    """int32[m]: the transaction of each step."""
    counts = np.diff(transactions.first)
    return np.repeat(np.arange(len(transactions), dtype=np.int32), counts)
