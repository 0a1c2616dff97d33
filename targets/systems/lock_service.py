"""The bundled lock service as a system: how it is started, and asked for its status."""

from __future__ import annotations

from collections.abc import Mapping

from targets.nodes.lock_service.locks import READS
from targets.nodes.raft.options import Options
from targets.nodes.raft.vocabulary import Vocabulary
from targets.systems.bundled import Bundled


class LockService(Bundled):
    """A cluster of ``targets.nodes.lock_service``."""

    name = "lock-service"
    summary = (
        "our own lock service on our Raft: leases that end by the log, fencing tokens, and a "
        "resource that turns stale ones away"
    )
    workloads: tuple[str, ...] = ("fenced-lock",)
    inapplicable: Mapping[str, str] = {}
    package = "targets.nodes.lock_service"
    options = Options
    vocabulary = Vocabulary(READS)
