"""The bundled queue service as a system: how it is started, and asked for its status."""

from __future__ import annotations

from collections.abc import Mapping

from targets.nodes.queue_service.options import Options
from targets.nodes.queue_service.queues import Queues
from targets.nodes.raft.vocabulary import Vocabulary
from targets.systems.bundled import Bundled


class QueueService(Bundled):
    """A cluster of ``targets.nodes.queue_service``."""

    name = "queue-service"
    summary = (
        "our own queues on our Raft: delivered at least once under receipts, redelivered when "
        "their time is over, done with once by acknowledgement"
    )
    workloads: tuple[str, ...] = ("queue", "fifo-queue")
    inapplicable: Mapping[str, str] = {}
    package = "targets.nodes.queue_service"
    options = Options
    vocabulary = Vocabulary(Queues.reads)
