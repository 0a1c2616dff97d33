"""ZooKeeper's errors, and what each says of a mutation that met it.

Codes are those of org.apache.zookeeper.KeeperException.Code. A server answers only what it
has processed, so most of its errors are results; what is not here may have happened.
"""

from __future__ import annotations

from clients.errors import Row, table
from histories.event import Outcome

NO_NODE, BAD_VERSION, NODE_EXISTS, NOT_EMPTY = -101, -103, -110, -111

ERRORS = table(
    # Of a compare-and-set in two steps, read and conditional write: it asserts nothing of the
    # value, for what was read may be old.
    Row("other-value", Outcome.FAIL),
    Row("no-node", Outcome.FAIL, ran=True),
    Row("bad-version", Outcome.FAIL, ran=True),
    Row("node-exists", Outcome.FAIL, ran=True),
    Row("not-empty", Outcome.FAIL, ran=True),
    Row("not-allowed", Outcome.FAIL),
    Row("bad-request", Outcome.FAIL),
    Row("quota-exceeded", Outcome.FAIL),
    # The transaction is ordered as an error, which changes nothing.
    Row("session-expired", Outcome.FAIL, unavailable=True),
    Row("session-moved", Outcome.FAIL, unavailable=True),
    Row("read-only", Outcome.FAIL, unavailable=True),
    Row("throttled", Outcome.FAIL, unavailable=True),
    # Said by clients of themselves, and by a server of what it passes on: perhaps it happened.
    Row("connection-loss", Outcome.INFO, unavailable=True),
    Row("request-timeout", Outcome.INFO),
    Row("contended", Outcome.FAIL),
    Row("unknown-error", Outcome.INFO),
)

CODES = {
    NO_NODE: "no-node",
    BAD_VERSION: "bad-version",
    NODE_EXISTS: "node-exists",
    NOT_EMPTY: "not-empty",
    -102: "not-allowed",
    -108: "not-allowed",
    -114: "not-allowed",
    -115: "not-allowed",
    -5: "bad-request",
    -6: "bad-request",
    -8: "bad-request",
    -125: "quota-exceeded",
    -112: "session-expired",
    -118: "session-moved",
    -119: "read-only",
    -127: "throttled",
    -4: "connection-loss",
    -7: "request-timeout",
    -122: "request-timeout",
}
"""Code → row."""


def row_of(code: int) -> Row:
    """The row of an error code."""
    return ERRORS[CODES.get(code, "unknown-error")]
