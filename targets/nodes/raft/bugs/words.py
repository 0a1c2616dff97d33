"""What rows of the catalogue say again and again."""

from __future__ import annotations

HERE = "targets.nodes.raft.bugs."

_REFUSES = "a node refuses to overwrite what it knows to be committed"
NO_REWIND = f"{_REFUSES}: here it starts over without it"
NO_OVERWRITE = f"{_REFUSES}: here it goes on with the state it has"
