"""etcd's errors, and what each says of a mutation that met it.

The JSON interface of a member hands on the code and message of its gRPC service
(etcd: api/v3rpc/rpctypes/error.go). A message is known by how it begins, for some go on to
say why. What is not here may have happened.
"""

from __future__ import annotations

from clients.errors import Row, table
from histories.event import Outcome

ERRORS = table(
    Row("mismatch", Outcome.FAIL, ran=True),
    # Written in between by others, time and again: our writes were all refused.
    Row("contended", Outcome.FAIL, ran=True),
    # There is not as much as was to be taken: nothing was written.
    Row("refused", Outcome.FAIL, ran=True),
    # Refused before anything was proposed.
    Row("invalid-argument", Outcome.FAIL),
    Row("no-such-interface", Outcome.FAIL, unavailable=True),
    Row("too-many-requests", Outcome.FAIL, unavailable=True),
    Row("no-leader", Outcome.FAIL, unavailable=True),
    Row("not-capable", Outcome.FAIL, unavailable=True),
    # Who asks is looked at before anything is proposed, and once more when it is applied.
    Row("login-refused", Outcome.FAIL, unavailable=True),
    Row("no-users", Outcome.FAIL, unavailable=True),
    Row("token-refused", Outcome.FAIL, unavailable=True),
    Row("token-old", Outcome.FAIL, unavailable=True),
    Row("not-permitted", Outcome.FAIL),
    # Refused when it was applied: every member refuses it alike.
    Row("lease-not-found", Outcome.FAIL, ran=True),
    Row("compacted", Outcome.FAIL, ran=True),
    # Proposed, perhaps, and perhaps still on its way.
    Row("timed-out", Outcome.INFO),
    Row("leader-changed", Outcome.INFO, unavailable=True),
    Row("stopped", Outcome.INFO, unavailable=True),
    # A put that fills the quota is applied, and refused all the same (etcd: quotaApplierV3).
    Row("no-space", Outcome.INFO),
    # The JSON interface is a gRPC client of its own member, and its connection can break.
    Row("interface-lost", Outcome.INFO, unavailable=True),
    Row("unknown-error", Outcome.INFO),
)

MESSAGES = (
    ("etcdserver: request timed out", "timed-out"),
    ("context deadline exceeded", "timed-out"),
    ("etcdserver: too many requests", "too-many-requests"),
    ("etcdserver: no leader", "no-leader"),
    ("etcdserver: not capable", "not-capable"),
    ("etcdserver: leader changed", "leader-changed"),
    ("etcdserver: server stopped", "stopped"),
    ("etcdserver: mvcc: database space exceeded", "no-space"),
    ("etcdserver: mvcc: required revision has been compacted", "compacted"),
    ("etcdserver: requested lease not found", "lease-not-found"),
    ("etcdserver: authentication failed", "login-refused"),
    ("etcdserver: user name is empty", "login-refused"),
    ("etcdserver: user name not found", "login-refused"),
    ("etcdserver: authentication is not enabled", "no-users"),
    ("etcdserver: invalid auth token", "token-refused"),
    ("etcdserver: revision of auth store is old", "token-old"),
    ("auth: revision in header is old", "token-old"),
    ("etcdserver: permission denied", "not-permitted"),
)
"""How a message begins → its row."""

INVALID_ARGUMENT, UNAVAILABLE = 3, 14
"""Codes of gRPC."""


def row_of(status: int, code: object, message: object) -> Row:
    """The row of an answer with this HTTP status, gRPC code and message."""
    text = message if isinstance(message, str) else ""
    for beginning, error in MESSAGES:
        if text.startswith(beginning):
            return ERRORS[error]
    if code == INVALID_ARGUMENT:
        return ERRORS["invalid-argument"]
    if code == UNAVAILABLE:
        return ERRORS["interface-lost"]
    if status == 404 and code is None:
        return ERRORS["no-such-interface"]
    return ERRORS["unknown-error"]
