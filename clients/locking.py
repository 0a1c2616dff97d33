"""How a client uses a lock that may be taken from it: what it heeds, and how long it works."""

from __future__ import annotations

from dataclasses import dataclass

from clients.client import Completion
from clients.errors import Row, table
from histories.event import Outcome

ERRORS = table(
    # The resource was not written, and will not be.
    Row("lock-lost", Outcome.FAIL),
    Row("fenced", Outcome.FAIL),
)
"""What ends an operation under a lock before it has changed anything."""


@dataclass(frozen=True, slots=True)
class Locking:
    """``ttl_s``: how long a lock outlives a holder that is not heard of.

    While it works, a holder renews the lock ``renewals`` times, one after another. A
    ``watchful`` one gives up when it is told that the lock is gone; a trusting one does not
    look. With ``fencing`` it shows the resource its token.
    """

    ttl_s: int = 2
    renewals: int = 5
    watchful: bool = False
    fencing: bool = False


def untouched(row: Row) -> Completion:
    """The end of an operation that met an error before it had written the resource."""
    return Completion(Outcome.FAIL, None, row.error, row.unavailable)
