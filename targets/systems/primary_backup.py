"""The bundled primary-backup node as a system: how it is started, and asked for its status."""

from __future__ import annotations

from collections.abc import Sequence

from targets.nodes.primary_backup.options import ASYNC, SESSION, Options
from targets.nodes.primary_backup.vocabulary import Vocabulary
from targets.systems.bundled import Bundled
from targets.target import Departure

LOST_AT_PROMOTION = Departure(
    "lost-at-promotion",
    "with replication=async, what the primary had acknowledged and not shipped is lost when "
    "somebody else is promoted",
    breaks=(
        "linearizable",
        "sequential",
        "causal",
        "read-your-writes",
        "monotonic-reads",
        "monotonic-writes",
        "writes-follow-reads",
        "set-full",
        "set-full-linearizable",
        "unique-ids",
    ),
    # A compare-and-set that was lost leaves its value to another one.
    kinds=(
        "lost write",
        "stale read",
        "lost update",
        "duplicate id",
        "causally stale read",
        "diverging reads",
        "impossible compare-and-set",
        # What was read before a lost write, and is read again after it.
        "conflicting values",
        "not linearizable",
        "counter too low",
        "own write not read",
        "read went back",
        "writes seen out of order",
        "write seen without what it follows",
    ),
    at_promotions=True,
)
STALE_IN_SESSIONS = Departure(
    "stale-reads",
    "with reads=session, a node reads what it has, which may be old: that is sequentially "
    "consistent, and not linearizable",
    breaks=("linearizable", "set-full-linearizable"),
    kinds=("stale read", "lost write", "counter too low"),
)


class PrimaryBackup(Bundled):
    """A cluster of ``targets.nodes.primary_backup``."""

    name = "primary-backup"
    summary = (
        "our own primary-backup: epochs and fencing, promotion by a configuration service on our "
        "Raft; replication=async loses what was not shipped when a backup is promoted"
    )
    package = "targets.nodes.primary_backup"
    options = Options
    vocabulary = Vocabulary()
    variants = (("replication=async",),)
    """Options under which it keeps other promises, and is scored by itself."""

    def departures(self, options: Sequence[str]) -> tuple[Departure, ...]:
        """Where it falls short of linearizability under these options, by design."""
        chosen = Options.from_texts(options)
        departures = []
        if chosen.replication == ASYNC:
            departures.append(LOST_AT_PROMOTION)
        if chosen.reads == SESSION:
            departures.append(STALE_IN_SESSIONS)
        return tuple(departures)
