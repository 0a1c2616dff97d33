"""Whom an aimed fault hits: symbols relative to the moment it waited for.

    node        where it happened: the voter, the new leader, who acknowledged
    peer        the other one: the candidate, the predecessor, the receiver
    leader      who leads by then, in the highest term seen; former-leader: who led before
    node-side   the largest minority that has the node in it, and preferably its peer
    far-side    the largest minority without the node
    holders     all that are known to have stored what the moment is about
    others      all but the node

A target may begin with a manner, which the kind of fault understands: ``deaf node`` is cut
off one way, ``late others`` are delayed past the next election, and ``crown node`` is a fault
of all the others that leaves nobody but the node to be elected.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from nemesis.moments import Moment, Moments

AIMS = ("node", "peer", "leader", "former-leader", "node-side", "far-side", "holders", "others")


def split_target(target: str) -> tuple[str, str]:
    """(manner, aim): ``late others`` is ("late", "others"), ``node`` is ("", "node")."""
    manner, _, aim = target.rpartition(" ")
    return manner, aim


def nodes_aimed_at(
    aim: str, moment: Moment, moments: Moments, nodes: Sequence[str], choice: float
) -> list[str]:
    """The nodes that ``aim`` means at this moment, in the order of ``nodes``.

    Where nobody is known (no peer, no former leader, no holders) the node itself.
    """
    chosen: Sequence[str | None]
    if aim == "peer":
        chosen = [moment.peer]
    elif aim == "leader":
        chosen = [moments.leader]
    elif aim == "former-leader":
        chosen = [moments.former_leader]
    elif aim == "holders":
        chosen = list(moment.holders)
    elif aim == "others":
        chosen = [node for node in nodes if node != moment.node]
    elif aim == "far-side":
        rest = [node for node in nodes if node != moment.node]
        chosen = random.Random(choice).sample(rest, max(1, (len(nodes) - 1) // 2))
    elif aim == "node-side":
        size = max(1, (len(nodes) - 1) // 2)
        rest = [node for node in nodes if node not in (moment.node, moment.peer)]
        shuffled = random.Random(choice).sample(rest, len(rest))
        near = [node for node in (moment.node, moment.peer) if node is not None]
        chosen = [*near, *shuffled][:size]
    else:
        chosen = [moment.node]
    known = {node for node in chosen if node is not None} or {moment.node}
    return [node for node in nodes if node in known]
