"""The keys of one run in an etcd that others use as well: taken, and given back.

claim    nothing is there yet, and we may write there; tells the revision from which on
remove   all keys below the prefix in one request, then the leases that are the run's by
         their numbers (``clients.etcd_namespace``) and hold nobody else's keys
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable

from clients.client import Completion, Invocation
from clients.etcd_errors import ERRORS
from clients.etcd_namespace import leases_of
from clients.etcd_steps import PUT, RANGE, Refused, Steps, revision, text64
from histories.event import Outcome

DELETE, LEASES, LEASE, REVOKE = (
    *("/v3/kv/deleterange", "/v3/lease/leases"),
    *("/v3/lease/timetolive", "/v3/lease/revoke"),
)
PREFIX = re.compile(r"splitbrain/[A-Za-z0-9][A-Za-z0-9._-]*/")
CLAIM = "run"
"""The key that says whose the others are."""


def tenant_steps(prefix: str) -> dict[str, Callable[[Invocation], Steps]]:
    """``claim`` and ``remove`` of the run whose keys begin with ``prefix``.

    Raises ValueError for a prefix that is no run's: what is below it is going to be deleted.
    """
    if not PREFIX.fullmatch(prefix):
        raise ValueError(f"{prefix!r} is no prefix of a run")
    # All keys that begin with it: "0" is the byte after "/".
    ours = {"key": text64(prefix), "range_end": text64(prefix[:-1] + "0")}

    def claim(invocation: Invocation) -> Steps:
        found = yield RANGE, {**ours, "count_only": True}
        if int(found.get("count", 0)):
            return ERRORS["mismatch"].completion(is_read=False)
        told = yield PUT, {"key": text64(prefix + CLAIM), "value": text64("splitbrain")}
        return Completion(Outcome.OK, revision(told)["revision"] + 1)

    def remove(invocation: Invocation) -> Steps:
        told = yield DELETE, dict(ours)
        removed = int(told.get("deleted", 0))
        revoked = yield from _revoke(prefix)
        return Completion(Outcome.OK, (removed + revoked.value, False))

    return {"claim": claim, "remove": remove}


def _revoke(prefix: str) -> Steps:
    """End the run's leases; the completion's value is how many.

    Where we may not see leases they are left to end by themselves, as every lease does.
    """
    ended, own = 0, leases_of(prefix)
    try:
        listed = yield LEASES, {}
        for lease in (int(one["ID"]) for one in listed.get("leases", [])):
            if lease not in own:
                continue
            told = yield LEASE, {"ID": str(lease), "keys": True}
            keys = [b64decode(key) for key in told.get("keys", [])]
            if all(key.startswith(prefix.encode()) for key in keys):
                yield REVOKE, {"ID": str(lease)}
                ended += 1
    except Refused:
        pass
    return Completion(Outcome.OK, ended)
