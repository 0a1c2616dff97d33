"""The kinds of fault there are: what each does, at what it can aim, what a host needs for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FaultKind:
    """A kind of fault. ``targets`` are the symbols it can aim at, ``capability`` the host's."""

    name: str
    summary: str
    targets: tuple[str, ...]
    capability: str


_PROCESSES = ("one", "minority", "majority", "all", "leader")

FAULTS: dict[str, FaultKind] = {
    kind.name: kind
    for kind in (
        FaultKind(
            "partition",
            "nodes refuse each other's packets, by rules in their own network namespaces",
            ("leader", "one", "halves", "ring", "bridge", "one-way"),
            "partition",
        ),
        FaultKind(
            "kill",
            "SIGKILL, then a restart from what is on disk",
            _PROCESSES,
            "kill",
        ),
        FaultKind(
            "pause",
            "SIGSTOP, then SIGCONT: the process keeps its state and misses time",
            _PROCESSES,
            "pause",
        ),
        FaultKind(
            "power-loss",
            "SIGKILL and the loss of every byte that was not fsynced, then a restart",
            _PROCESSES,
            "power-loss",
        ),
        FaultKind(
            "packets",
            "messages between nodes are delayed, lost, doubled or reordered",
            ("all", "one", "leader"),
            "packets",
        ),
        FaultKind(
            "clock",
            "clocks are stepped, or run a little too fast or too slow",
            ("one", "minority", "leader"),
            "clock",
        ),
        FaultKind(
            "disk",
            "fsync fails, so that the node has to stop; then a working disk and a restart",
            ("one", "leader"),
            "disk",
        ),
        FaultKind(
            "membership",
            "one member is removed and added back; as a fresh one it has lost its disk between",
            ("one", "leader", "fresh"),
            "membership",
        ),
    )
}


# A ring of three is everyone; a bridge needs somebody on each side of it.
_NODES_MIN = {"ring": 4, "bridge": 3, "halves": 2}
# Fewer cannot be cut in two, or would be left without a spare once a member is removed.
_KIND_NODES_MIN = {"partition": 2, "membership": 4}
_NUMBERS = {2: "two", 4: "four"}


class FaultTargetError(ValueError):
    """A fault target that no fault of the plan can aim at; the message says what there is."""


def targets_of(
    kinds: tuple[str, ...], wanted: tuple[str, ...], nodes: int
) -> dict[str, tuple[str, ...]]:
    """The targets each of ``kinds`` may aim at in a cluster of ``nodes``, narrowed by ``wanted``.

    An entry of ``wanted`` is ``target`` (narrows every kind that knows it) or
    ``kind:target`` (narrows that kind). A kind that nothing narrows keeps all its
    targets. Raises FaultTargetError when an entry narrows nothing, or when there are too few
    nodes for a kind.
    """
    for kind in kinds:
        if nodes < (least := _KIND_NODES_MIN.get(kind, 1)):
            raise FaultTargetError(
                f"a {kind} fault needs at least {_NUMBERS[least]} nodes: add --nodes or drop it"
            )
    usable = {
        kind: tuple(t for t in FAULTS[kind].targets if _NODES_MIN.get(t, 1) <= nodes)
        for kind in kinds
    }
    chosen: dict[str, list[str]] = {kind: [] for kind in kinds}
    for entry in wanted:
        kind_name, _, target = entry.rpartition(":")
        aimed = [kind for kind in kinds if target in usable[kind] and kind_name in ("", kind)]
        if not aimed:
            known = "; ".join(f"{kind}: {', '.join(usable[kind])}" for kind in kinds)
            raise FaultTargetError(
                f"no fault of this plan can aim at {entry!r} with {nodes} nodes. Targets: {known}"
            )
        for kind in aimed:
            chosen[kind].append(target)
    return {kind: tuple(chosen[kind]) or usable[kind] for kind in kinds}
