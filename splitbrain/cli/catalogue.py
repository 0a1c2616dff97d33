"""What there is to choose from: systems, workloads, faults, bugs, hosts and models.

The registries live with what they describe; this gathers them, and gives the command
line one value to validate against (and its tests one value to replace).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Protocol

HOSTS = {
    "docker": "containers of a local engine",
    "sandbox": "processes in network namespaces of their own; needs neither engine nor root",
    "ssh": "machines that exist already (--ssh), or a cluster that runs already (--endpoints)",
    "simulated": "the nodes' own cores in virtual time; the same seed gives the same bytes",
}


class SystemEntry(Protocol):
    """What the command line needs of a system."""

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def workloads(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def simulated(self) -> bool: ...  # noqa: D102

    @property
    def resends(self) -> bool: ...  # noqa: D102

    @property
    def has_leader(self) -> bool: ...  # noqa: D102

    @property
    def inapplicable(self) -> Mapping[str, str]: ...  # noqa: D102


class WorkloadEntry(Protocol):
    """What the command line needs of a workload."""

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def summary(self) -> str: ...  # noqa: D102

    @property
    def model(self) -> str: ...  # noqa: D102

    @property
    def resend_s(self) -> float | None: ...  # noqa: D102

    @property
    def consistency(self) -> tuple[str, ...]: ...  # noqa: D102


class FaultEntry(Protocol):
    """What the command line needs of a kind of fault."""

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def summary(self) -> str: ...  # noqa: D102

    @property
    def targets(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def capability(self) -> str: ...  # noqa: D102


class BugEntry(Protocol):
    """What the command line needs of a seeded bug: its names, and how it is best exposed."""

    @property
    def id(self) -> str: ...  # noqa: D102

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def mutation(self) -> str: ...  # noqa: D102

    @property
    def seen_as(self) -> str: ...  # noqa: D102

    @property
    def workload(self) -> str: ...  # noqa: D102

    @property
    def faults(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def fault_targets(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def overlap(self) -> bool: ...  # noqa: D102

    @property
    def resend(self) -> bool: ...  # noqa: D102

    @property
    def options(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def interval(self) -> tuple[float, float] | None: ...  # noqa: D102

    @property
    def rate(self) -> float | None: ...  # noqa: D102

    @property
    def consistency(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def tier(self) -> str: ...  # noqa: D102

    @property
    def source(self) -> str: ...  # noqa: D102

    @property
    def note(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All the registries. ``bugs`` is keyed by readable name (``raft.stale-leader-read``)."""

    systems: Mapping[str, SystemEntry]
    workloads: Mapping[str, WorkloadEntry]
    faults: Mapping[str, FaultEntry]
    bugs: Mapping[str, BugEntry]
    hosts: Mapping[str, str] = field(default_factory=lambda: HOSTS)
    own: str | None = None
    """The name of the system in the file that was named, if one was (``--target``)."""

    def bug(self, text: str) -> BugEntry | None:
        """The bug with this id or readable name; case is ignored."""
        wanted = text.lower()
        for bug in self.bugs.values():
            if wanted in (bug.id.lower(), bug.name.lower()):
                return bug
        return None

    def bug_names(self, system: str | None = None) -> list[str]:
        """The readable names of the bugs of a system, or of all."""
        return [n for n in self.bugs if system is None or system_of_bug(n) == system]


def system_of_bug(name: str) -> str:
    """The system a bug belongs to: what stands before the dot of its name."""
    return name.partition(".")[0]


class Offered(Mapping[str, SystemEntry]):
    """Our systems, those of installed packages, each loaded when it is asked for, and a file's.

    Raises TargetRefused where somebody else's is none.
    """

    def __init__(self, others: Mapping[str, SystemEntry]) -> None:
        from splitbrain.plugins import installed
        from targets.systems import SYSTEMS

        self._here: dict[str, SystemEntry] = {**SYSTEMS, **others}
        self._names = dict.fromkeys((*self._here, *installed()))

    def __getitem__(self, name: str) -> SystemEntry:
        from splitbrain.plugins import found_named

        if name not in self._names:
            raise KeyError(name)
        return self._here[name] if name in self._here else found_named(name).system

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def load_catalogue(system: str = "", target: str | None = None) -> Catalogue:
    """Gather the registries of this installation, and what a file (``target``) or the installed
    package that ``system`` names adds to them. Raises TargetRefused where that is no target.
    """
    from nemesis import FAULTS
    from splitbrain.plugins import found_at, found_named, installed
    from splitbrain.workloads import WORKLOADS

    own = found_at(target) if target else found_named(system) if system in installed() else None
    return Catalogue(
        systems=Offered({own.system.name: own.system} if own is not None else {}),
        workloads=WORKLOADS if own is None else own.workloads,
        faults=FAULTS,
        own=own.system.name if own is not None and target else None,
        bugs={bug.name: bug for bug in bugs_of(WITH_BUGS)},
    )


WITH_BUGS = {
    "raft": "targets.nodes.raft.bugs",
    "paxos": "targets.nodes.paxos.bugs",
    "primary-backup": "targets.nodes.primary_backup.bugs",
    "two-phase-commit": "targets.nodes.two_phase_commit.bugs",
    "queue-service": "targets.nodes.queue_service.bugs",
    "lock-service": "targets.nodes.lock_service.bugs",
}
"""System → the module of its seeded bugs."""


def bugs_of(systems: Iterable[str]) -> Iterator[BugEntry]:
    """The seeded bugs of these systems, each in the order of its catalogue."""
    for system in systems:
        yield from import_module(WITH_BUGS[system]).BUGS


MODELS = {
    "register": "a value that is read and written; nil at first",
    "cas-register": "a register with compare-and-set, [expected, new]",
    "multi-register": "registers read and written in one transaction",
    "mutex": "acquired while free, released while held, by anybody",
    "lock": "a mutex that only who acquired it releases",
    "fifo-queue": "a queue, first in, first out; empty at first",
    "unordered-queue": "a queue that gives its elements in any order",
    "set": "elements are added, the whole set is read",
    "counter": "integers are added, the sum is read; 0 at first",
    "append": "a string or list that is appended to and read whole",
    "list-append": "lists appended to and read in one transaction",
    "bank": "amounts are transferred between accounts, all balances are read at once",
}
"""Names and summaries as in ``checker.models``, which takes too long to load for a help text."""


WHOLE = {
    "unique-ids": "ids that are asked for; no two are the same",
    "rw-register": "registers written and read in one transaction; levels of isolation are judged",
    "watch": "puts, and watches that tell each change once, in order and without a gap",
    "total-queue": "elements go in, are received and acknowledged, or dequeued",
    "fenced-lock": "locks with leases and growing tokens, and a resource that refuses stale ones",
}
"""What is no object with states: a history is judged as a whole."""


ISOLATED = ("list-append", "rw-register")
"""Models of transactions, which are judged by levels of isolation."""


def models() -> Collection[str]:
    """The models a history can be judged by."""
    return (*MODELS, *WHOLE)


PROMISES = {
    "linearizable": "each operation takes effect at one moment between its call and its answer",
    "sequential": (
        "one order of all operations explains every answer and keeps each process's own order"
    ),
    "causal": "who has seen something sees all that it depends on, and all agree on what is newer",
    "read-your-writes": "a process never reads what is older than its own writes",
    "monotonic-reads": "a process never reads what is older than it has read",
    "monotonic-writes": "who has seen a write sees what its process wrote before it",
    "writes-follow-reads": "who has seen a write sees what its process had read before it",
    "set-full": "what was once in a set, or acknowledged, is not gone for good",
    "set-full-linearizable": "… and every read that begins later has it",
    "unique-ids": "no two that asked for an id were given the same",
    "bank": "every read of all accounts has the total that was put in, and none is below zero",
    "bank-total": "… and a balance may be below zero",
    "long-fork": "no two reads disagree about which of two writes came first",
    "causal-reverse": (
        "a write is not seen without one that was acknowledged before it was asked for"
    ),
    "at-least-once": "what goes into a queue comes out, and stays until somebody is done with it",
    "exactly-once": (
        "what somebody is done with (acknowledged, dequeued) is never handed out again"
    ),
    "mutual-exclusion": "a lock is one client's until it lets go of it, or its lease has run out",
    "fencing": (
        "tokens grow from grant to grant, and what they protect refuses older ones than it saw"
    ),
}
"""Names and summaries as in ``checker.consistency.promise``."""


LEVELS = (
    "read-uncommitted",
    "read-committed",
    "read-atomic",
    "causal",
    "parallel-snapshot-isolation",
    "snapshot-isolation",
    "repeatable-read",
    "serializable",
    "strong-session-read-uncommitted",
    "strong-session-read-committed",
    "strong-session-causal",
    "strong-session-parallel-snapshot-isolation",
    "strong-session-snapshot-isolation",
    "strong-session-serializable",
    "strong-read-uncommitted",
    "strong-read-committed",
    "strong-snapshot-isolation",
    "strict-serializable",
)
"""Levels of isolation as in ``checker.transactions.levels``."""


READINGS = {
    "splitbrain": "a cas that failed with 'mismatch' saw another value; a nil read saw nil",
    "porcupine": "every failed cas saw another value; a nil read saw nil",
    "knossos": "what failed says nothing; a nil read says nothing",
}
"""How outcomes are read where tools differ (``checker/reading.py``)."""
