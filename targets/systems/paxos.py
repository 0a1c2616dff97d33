"""The bundled Multi-Paxos node as a system: how it is started, and asked for its status."""

from __future__ import annotations

from targets.nodes.paxos.options import Options
from targets.nodes.paxos.vocabulary import Vocabulary
from targets.systems.bundled import Bundled


class Paxos(Bundled):
    """A cluster of ``targets.nodes.paxos``."""

    name = "paxos"
    summary = "our own Multi-Paxos: stable leader, quorum reads or leases, sessions, snapshots"
    package = "targets.nodes.paxos"
    options = Options
    vocabulary = Vocabulary()
