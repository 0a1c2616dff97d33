"""What the files of a run's folder are called; see ``histories.archive`` for the whole picture."""

from __future__ import annotations

import re

from histories.archive import JOURNAL, PACKED_JOURNAL

MANIFEST, VERDICT, CERTIFICATE = "run.json", "verdict.json", "certificate.json"
LEDGER, LOGS, TAGS = "faults.jsonl", "logs", "tags.json"
ROLES = "nodes.jsonl"
"""What the nodes said of themselves while the run went on (``splitbrain.sampling``)."""
SHRUNK = "shrunk.json"
"""What a run was shrunk from, and how (``splitbrain.archive.shrunk``)."""
RUN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,139}", re.ASCII)
"""What a run is called: nothing that a shell, a path or a page could take for more."""
PAGE, EXPLANATION = "report.html", "explanation.html"
LOCK = "lock"
NODES = "nodes"
"""Where a sandbox keeps its nodes' disks while it runs; gone afterwards."""

__all__ = [
    "CERTIFICATE",
    "EXPLANATION",
    "JOURNAL",
    "LEDGER",
    "LOCK",
    "LOGS",
    "MANIFEST",
    "NODES",
    "PACKED_JOURNAL",
    "PAGE",
    "ROLES",
    "RUN_NAME",
    "SHRUNK",
    "TAGS",
    "VERDICT",
]
