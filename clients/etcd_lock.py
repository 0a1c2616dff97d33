"""etcd's lock service: a lease, a lock that lives as long as it, and a resource to work on.

The service queues who wants the lock by revision, and answers when it is theirs (etcd:
api/v3lock). The lease ends when it is not renewed, and the lock with it; the holder is not
told. A token for fencing is the revision at which the holder's key was made.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from clients.client import Completion, Invocation
from clients.etcd_steps import RANGE, Refused, Request, Steps, text64
from clients.locking import ERRORS, Locking, untouched
from clients.resource import Fenced, Resource
from histories.event import Outcome

GRANT, RENEW, REVOKE = "/v3/lease/grant", "/v3/lease/keepalive", "/v3/lease/revoke"
LOCK = "/v3/lock/lock"
NAME = "resource"


def lock_steps(resource: Resource, locking: Locking) -> dict[str, Callable[[Invocation], Steps]]:
    """The operation "add": an element into the resource, under the lock."""

    def add(invocation: Invocation) -> Steps:
        try:
            lease = (yield _grant(locking))["ID"]
            key = (yield LOCK, {"name": text64(NAME), "lease": lease})["key"]
            token = None
            if locking.fencing:
                found = (yield RANGE, {"key": key}).get("kvs")
                if not found:
                    return untouched(ERRORS["lock-lost"])
                token = int(found[0]["create_revision"])
            elements = resource.read(token)
            for _ in range(locking.renewals):
                left = (yield RENEW, {"ID": lease})["result"].get("TTL", "0")
                if locking.watchful and int(left) <= 0:
                    return untouched(ERRORS["lock-lost"])
            resource.write(elements | {invocation.value}, token)
        except Refused as refused:
            return untouched(refused.row)
        except Fenced:
            return untouched(ERRORS["fenced"])
        with suppress(Refused):
            yield REVOKE, {"ID": lease}
        return Completion(Outcome.OK, extra=None if token is None else {"token": token})

    return {"add": add}


def _grant(locking: Locking) -> Request:
    return GRANT, {"TTL": str(locking.ttl_s)}
