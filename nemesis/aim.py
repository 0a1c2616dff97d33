"""Whom an aimed fault hits: symbols relative to the moment it waited for.

    node        where it happened: the voter, the new leader, who acknowledged
    peer        the other one: the candidate, the predecessor, the receiver
    leader      who leads by then, in the highest term seen; former-leader: who led before
    node-side   the largest minority that has the node in it, and preferably its peer
    fresh-side  the largest minority that has the node in it, and preferably none but members
                that have not led lately
    far-side    the largest minority without the node, and preferably without its peer
    holders     all that are known to have stored what the moment is about
    held-side   the largest minority of them with the node in it, and preferably without its
                peer and the former leader: with luck one is left
    others      all but the node
    bystander   a member that is neither the node nor its peer, and does not lead
    outside     the node and all that are no members
    pair        the node and its peer

A target may begin with a manner, which the kind of fault understands: ``deaf node`` is cut
off one way, ``apart pair`` hears all but each other, ``late others`` are delayed past the next
election, what an ``echo node`` says is heard twice, and ``crown node`` is a fault of all the
others that leaves nobody but the node to be elected.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from nemesis.moments import Moment, Moments

AIMS = (
    "node",
    "peer",
    "leader",
    "former-leader",
    "node-side",
    "fresh-side",
    "far-side",
    "holders",
    "held-side",
    "others",
    "bystander",
    "outside",
    "pair",
)


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
    minority = max(1, (len(nodes) - 1) // 2)
    shuffled = random.Random(choice).sample(nodes, len(nodes))
    rest = [node for node in shuffled if node != moment.node]
    strangers = [node for node in rest if node not in moments.members]
    if aim == "peer":
        chosen = [moment.peer]
    elif aim == "leader":
        chosen = [moments.leader]
    elif aim == "former-leader":
        chosen = [moments.former_leader]
    elif aim == "holders":
        chosen = list(moment.holders)
    elif aim == "held-side":
        held = [node for node in rest if node in moment.holders]
        chosen = [moment.node, *_last(held, moment.peer, moments.former_leader)][:minority]
    elif aim == "pair":
        chosen = [moment.node, moment.peer]
    elif aim == "others":
        chosen = rest
    elif aim == "far-side":
        chosen = _last(rest, moment.peer)[:minority]
    elif aim == "node-side":
        far = [node for node in rest if node != moment.peer]
        near = [] if moment.peer is None else [moment.peer]
        chosen = [moment.node, *near, *far][:minority]
    elif aim == "fresh-side":
        led = (moment.peer, moments.leader, moments.former_leader)
        chosen = [moment.node, *_last(rest, *led, *strangers)][:minority]
    elif aim == "bystander":
        chosen = _last(rest, moment.peer, moments.leader, *strangers)[:1]
    elif aim == "outside":
        chosen = [moment.node, *strangers]
    else:
        chosen = [moment.node]
    known = {node for node in chosen if node is not None} or {moment.node}
    return [node for node in nodes if node in known]


def _last(nodes: Sequence[str], *unwanted: str | None) -> list[str]:
    """``nodes`` with those that are rather not wanted at the end."""
    return sorted(nodes, key=lambda node: node in unwanted)
