"""Faults in words: what was done to whom, when, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nemesis.fault import Effect, Fault

NS_PER_S = 1_000_000_000
_SHAPES = ("bridge", "ring")
"""Partitions without sides: a bridge is cut in halves but for one node, which reaches both."""


_AIMS = {"node": "the node itself", "peer": "the other node", "others": "all other nodes"}


def seconds(time_ns: int) -> str:
    """A moment of the run: ``12.34 s``."""
    return f"{time_ns / NS_PER_S:.2f} s"


def band_label(fault: Fault) -> str:
    """The shortest name that says what was done to whom: ``partition n3 | n1 n2 n4 n5``."""
    shape = fault.symbolic.target if fault.symbolic.target in _SHAPES else ""
    return " ".join(part for part in (fault.symbolic.kind, shape, resolved_text(fault)) if part)


def resolved_text(fault: Fault) -> str:
    """The nodes a symbol meant: the sides of a partition, or the nodes that were hit."""
    grudge = fault.resolved.get("grudge")
    nodes = [str(node) for node in fault.resolved.get("nodes", ())]
    if isinstance(grudge, Mapping):
        sides = partition_sides(grudge)
        if sides is not None:
            return " | ".join(" ".join(side) for side in sides)
        # In a ring every node sees some majority: naming all of them says nothing.
        return "" if fault.symbolic.target == "ring" else " ".join(nodes)
    return " ".join(nodes)


def partition_sides(grudge: Mapping[str, Any]) -> list[list[str]] | None:
    """The sides of a partition, smallest first, if everyone refuses exactly the other sides."""
    nodes = sorted(grudge, key=_natural)
    sides: dict[frozenset[str], list[str]] = {}
    for node in nodes:
        reachable = frozenset(nodes) - frozenset(grudge[node])
        sides.setdefault(reachable, []).append(node)
    if any(frozenset(side) != reachable for reachable, side in sides.items()):
        return None
    return sorted(sides.values(), key=len)


def _natural(node: str) -> tuple[str, int]:
    head = node.rstrip("0123456789")
    return head, int(node[len(head) :] or 0)


def fault_title(fault: Fault) -> str:
    """``partition of the leader: n3 | n1 n2 n4 n5``, and whether the leader was known."""
    target = {"leader": "the leader", "one": "one node", "all": "all nodes"}.get(
        fault.symbolic.target, fault.symbolic.target
    )
    title = f"{fault.symbolic.kind} of {target}"
    if fault.symbolic.trigger:
        title = f"{fault.symbolic.kind} of {_AIMS.get(fault.symbolic.target, target)}"
        title += f", on {fault.symbolic.trigger}"
    elif fault.symbolic.target in ("minority", "majority"):
        title = f"{fault.symbolic.kind} of a {fault.symbolic.target}"
    elif fault.symbolic.target in (*_SHAPES, "halves", "one-way"):
        title = f"{fault.symbolic.kind}, {fault.symbolic.target}"
    resolved = resolved_text(fault)
    if resolved:
        title += f": {resolved}"
    if fault.resolved.get("leader_known") is False:
        title += " (no leader was known: a random node)"
    return title


def fault_times(fault: Fault) -> str:
    """From when to when it was in force."""
    if fault.healed_ns is None:
        return f"{seconds(fault.start_ns)} – never healed"
    return f"{seconds(fault.start_ns)} – {seconds(fault.healed_ns)}"


def effect_text(fault: Fault) -> str:
    """What the fault really did. Begins with NO EFFECT when it never took hold."""
    effect = fault.effect
    parts = [] if effect.mechanical else ["NO EFFECT: it never took hold"]
    if fault.resolved.get("came") is False:
        parts = [f"NO EFFECT: its moment ({fault.symbolic.trigger}) did not come"]
    if effect.packets_dropped:
        total = sum(effect.packets_dropped.values())
        parts.append(f"{_many(total, 'packet')} dropped")
    if effect.packets_disturbed:
        counts = (f"{number:,} {what}" for what, number in effect.packets_disturbed.items())
        parts.append(f"packets: {', '.join(counts)}")
    parts += [f"clock of {n} off by {e:+.3g} s" for n, e in effect.clock_error_s_max.items()]
    parts += [f"{_many(c, 'fsync')} of {n} failed" for n, c in effect.syncs_failed.items()]
    parts += _members(fault)
    parts += _processes(effect)
    parts.append(_leadership(effect))
    meanwhile = []
    if effect.operations_failed:
        meanwhile.append(f"{effect.operations_failed:,} failed")
    if effect.operations_stalled:
        meanwhile.append(f"{effect.operations_stalled:,} stalled")
    if meanwhile:
        parts.append(f"operations: {', '.join(meanwhile)}")
    if fault.error:
        parts.append(f"error: {fault.error}")
    return "; ".join(part for part in parts if part)


def _members(fault: Fault) -> list[str]:
    effect = fault.effect
    if effect.members_during is None:
        return []
    told = f"members {' '.join(effect.members_during)}"
    if effect.members_after is not None:
        told += f", then {' '.join(effect.members_after)}"
    return [told]


def _processes(effect: Effect) -> list[str]:
    by_state: dict[str, list[str]] = {}
    for node, state in sorted(effect.processes.items(), key=lambda item: _natural(item[0])):
        by_state.setdefault(state, []).append(node)
    return [f"{' '.join(nodes)} {state}" for state, nodes in by_state.items()]


def _leadership(effect: Effect) -> str:
    before, after = effect.leader_before, effect.leader_after
    if before is None and after is None:
        return ""
    if (before, effect.term_before) == (after, effect.term_after):
        return f"leader {before} stayed"
    return (
        f"leader {before or 'none'}{_term(effect.term_before)} → "
        f"{after or 'none'}{_term(effect.term_after)}"
    )


def _term(term: int | None) -> str:
    return "" if term is None else f" (term {term})"


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
