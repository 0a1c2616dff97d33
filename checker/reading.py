"""How outcomes are read where tools differ: the semantics of a verdict, named.

| reading | a failed compare-and-set | a read that answered nil |
| --- | --- | --- |
| splitbrain | found another value iff its error is ``mismatch`` | saw nil |
| porcupine | found another value, always (Porcupine's etcd model) | saw nil |
| knossos | says nothing, like every failure | says nothing (Knossos drops it) |

In all of them: any other failure did not happen and says nothing; an indeterminate read says
nothing; an indeterminate mutation took effect once, at any time after its call, or never.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MISMATCH = "mismatch"
"""The error of a compare-and-set that ran and found another value than it expected."""


@dataclass(frozen=True, slots=True)
class Reading:
    """``failed_cas``: which failed compare-and-sets observed that the value differed.

    ``nil_read``: what a read asserts that answered nil.
    """

    name: str
    failed_cas: Literal["mismatch", "always", "never"]
    nil_read: Literal["nil", "anything"]

    def observes_mismatch(self, error: str | None) -> bool:
        """Whether a compare-and-set that failed with ``error`` saw another value."""
        if self.failed_cas == "mismatch":
            return error == MISMATCH
        return self.failed_cas == "always"


SPLITBRAIN = Reading("splitbrain", "mismatch", "nil")
PORCUPINE = Reading("porcupine", "always", "nil")
KNOSSOS = Reading("knossos", "never", "anything")

READINGS = {reading.name: reading for reading in (SPLITBRAIN, PORCUPINE, KNOSSOS)}
