"""Grudges: who refuses whom, as pure functions of node names.

A grudge maps a node to the set of nodes whose packets it refuses. Any directed set
of links can be said; the functions here make the shapes that have found bugs before
(names after Jepsen's ``nemesis`` namespace).

    isolate n1        halves             majorities ring          bridge
    n1 | n2 n3 n4 n5  n1 n2 | n3 n4 n5   each node sees the two   n3 sees both halves,
                                         beside it on a ring      which do not see each other
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

Grudge = Mapping[str, frozenset[str]]


def components(parts: Sequence[Collection[str]]) -> Grudge:
    """Nodes of different ``parts`` refuse each other; inside a part all is well."""
    everyone = frozenset(node for part in parts for node in part)
    return {node: everyone - frozenset(part) for part in parts for node in part}


def isolate(nodes: Sequence[str], alone: Collection[str]) -> Grudge:
    """Cut ``alone`` (together) off from the rest, in both directions."""
    rest = [node for node in nodes if node not in set(alone)]
    return components([list(alone), rest])


def halves(order: Sequence[str]) -> Grudge:
    """Split a shuffled ``order`` in a minority and a majority."""
    middle = len(order) // 2
    return components([order[:middle], order[middle:]])


def bridge(order: Sequence[str]) -> Grudge:
    """Two halves that refuse each other and one node, in the middle of ``order``, that sees all."""
    middle = len(order) // 2
    left, right = frozenset(order[:middle]), frozenset(order[middle + 1 :])
    # In the order of the nodes, not of a set: that differs from one process to the next.
    return {
        node: right if node in left else left if node in right else frozenset() for node in order
    }


def majorities_ring(order: Sequence[str]) -> Grudge:
    """Every node sees a majority, and no two nodes see the same one.

    On the ring ``order`` each node keeps its nearest neighbours, as many as make a
    majority with itself; being near is mutual, so every refusal is too. A majority that
    needs an odd number of neighbours is rounded up to the next even one. With fewer than
    four nodes the neighbours are everyone, and nobody refuses anybody.
    """
    count = len(order)
    reach = (count // 2 + 1) // 2
    return {
        node: frozenset(
            other for j, other in enumerate(order) if min((i - j) % count, (j - i) % count) > reach
        )
        for i, node in enumerate(order)
    }


def one_way(nodes: Sequence[str], deaf: Collection[str]) -> Grudge:
    """``deaf`` nodes hear none of the others, who still hear them."""
    others = frozenset(nodes) - frozenset(deaf)
    return {node: (others if node in set(deaf) else frozenset()) for node in nodes}


def star(nodes: Sequence[str], centre: str) -> Grudge:
    """Every node sees ``centre`` and nobody else: only it can have a majority behind it."""
    return {
        node: frozenset(nodes) - {node, centre} if node != centre else frozenset() for node in nodes
    }


def union(grudges: Sequence[Grudge], nodes: Sequence[str]) -> Grudge:
    """All refusals of several grudges together, with an entry for every node."""
    return {
        node: frozenset().union(*(grudge.get(node, frozenset()) for grudge in grudges))
        for node in nodes
    }
