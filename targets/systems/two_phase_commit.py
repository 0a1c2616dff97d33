"""The bundled two-phase commit as a system: how it is started, and asked for its status."""

from __future__ import annotations

from targets.nodes.two_phase_commit.options import Options
from targets.nodes.two_phase_commit.vocabulary import Vocabulary
from targets.systems.bundled import Bundled


class TwoPhaseCommit(Bundled):
    """A cluster of ``targets.nodes.two_phase_commit``."""

    name = "two-phase-commit"
    summary = (
        "our own two-phase commit: keys sharded over the nodes, strict two-phase locking, "
        "presumed abort"
    )
    workloads: tuple[str, ...] = ("list-append", "rw-register", "bank", "long-fork")
    has_leader = False
    package = "targets.nodes.two_phase_commit"
    options = Options
    vocabulary = Vocabulary()
