"""The bundled Raft node as a system: how it is started, and how it is asked for its status."""

from __future__ import annotations

from collections.abc import Mapping

from targets.nodes.raft.options import Options
from targets.nodes.raft.vocabulary import Vocabulary
from targets.systems.bundled import Bundled


class Raft(Bundled):
    """A cluster of ``targets.nodes.raft``."""

    name = "raft"
    summary = (
        "our own Raft: snapshots, membership changes, ReadIndex or leases, sessions, fsynced log"
    )
    inapplicable: Mapping[str, str] = {}
    package = "targets.nodes.raft"
    options = Options
    vocabulary = Vocabulary()
