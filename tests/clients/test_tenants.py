"""A run's keys in a cluster of others: taken, and given back to the last."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

import pytest
from kazoo.protocol.serialization import Create, Delete, GetChildren, Sync

from clients import etcd_tenant, zookeeper_tenant
from clients.client import Completion, Invocation
from clients.etcd_errors import ERRORS
from clients.etcd_namespace import leases_of
from clients.etcd_steps import Refused
from clients.zookeeper_errors import NO_NODE, NOT_EMPTY
from clients.zookeeper_steps import Reads, Reply
from histories.event import Outcome

PREFIX, ROOT = "splitbrain/r-1/", "/splitbrain-r-1"
OWN = leases_of(PREFIX)


def coded(text: str) -> str:
    return b64encode(text.encode()).decode()


class Etcd:
    """Answers errands; ``leases`` are the keys of each. ``refuse``: paths that are not allowed."""

    def __init__(self, **leases: list[str]) -> None:
        self.keys = {"splitbrain/r-1/r/1", "splitbrain/r-1/run"}
        self.leases = {int(number[1:]): keys for number, keys in leases.items()}
        self.refuse: set[str] = set()
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def run(self, f: str) -> Completion:
        steps = etcd_tenant.tenant_steps(PREFIX)[f](Invocation(0, f, None, None))
        path, body = next(steps)
        try:
            while True:
                self.asked.append((path, body))
                if path in self.refuse:
                    path, body = steps.throw(Refused(ERRORS["not-permitted"]))
                else:
                    path, body = steps.send(self._told(path, body))
        except StopIteration as end:
            completion: Completion = end.value
            return completion

    def _told(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        told: dict[str, Any] = {"header": {"revision": "40"}}
        if path == "/v3/kv/deleterange":
            first, last = (b64decode(body[name]).decode() for name in ("key", "range_end"))
            gone = {key for key in self.keys if first <= key < last}
            self.keys -= gone
            told |= {"deleted": str(len(gone))} if gone else {}
        elif path == "/v3/lease/leases":
            told["leases"] = [{"ID": str(number)} for number in self.leases]
        elif path == "/v3/lease/timetolive":
            told["keys"] = [coded(key) for key in self.leases[int(body["ID"])]]
        elif path == "/v3/lease/revoke":
            del self.leases[int(body["ID"])]
        elif path == "/v3/kv/range":
            told |= {"count": str(len(self.keys))} if self.keys else {}
        return told


def test_etcd_forgets_the_runs_keys_and_leases_and_nobody_elses() -> None:
    own, odd = OWN[5], OWN[6]
    etcd = Etcd(**{f"_{own}": [], f"_{odd}": ["others/x"], "_77": []})
    etcd.keys |= {"splitbrain/r-1", "splitbrain/r-10/x", "splitbrain/r-10", "splitbrain0"}
    assert etcd.run("remove").value == (3, False)
    assert etcd.keys == {"splitbrain/r-1", "splitbrain/r-10/x", "splitbrain/r-10", "splitbrain0"}
    # One that holds a key of others is not ours, whatever its number.
    assert set(etcd.leases) == {odd, 77}
    assert etcd.run("remove").value == (0, False)


def test_leases_that_may_not_be_seen_are_left_to_end_by_themselves() -> None:
    etcd = Etcd()
    etcd.refuse = {"/v3/lease/leases"}
    assert etcd.run("remove").value == (2, False) and not etcd.keys


def test_a_claim_in_etcd_tells_the_first_revision_that_is_ours() -> None:
    etcd = Etcd()
    assert etcd.run("claim").error == "mismatch", "somebody is there"
    etcd.keys.clear()
    assert etcd.run("claim") == Completion(Outcome.OK, 41)
    path, body = etcd.asked[-1]
    assert path == "/v3/kv/put" and b64decode(body["key"]).startswith(PREFIX.encode())


class ZooKeeper:
    """A tree of paths."""

    def __init__(self, *paths: str) -> None:
        self.paths = {ROOT, *paths}

    def run(self, f: str) -> Completion:
        steps = zookeeper_tenant.tenant_steps(ROOT)[f](Invocation(0, f, None, None), Reads.SYNC)
        requests = next(steps)
        try:
            while True:
                requests = steps.send([self._told(request) for request in requests])
        except StopIteration as end:
            completion: Completion = end.value
            return completion

    def _told(self, request: Any) -> Reply:
        path = request.path
        below = [p.rpartition("/")[2] for p in self.paths if p.rpartition("/")[0] == path]
        if isinstance(request, Create):
            code = -110 if path in self.paths else 0
            self.paths.add(path)
            return Reply(code, path, 1)
        if isinstance(request, Sync):
            return Reply(0, path, 1)
        if path not in self.paths:
            return Reply(NO_NODE, None, 1)
        if isinstance(request, GetChildren):
            return Reply(0, below, 1)
        assert isinstance(request, Delete)
        if below:
            return Reply(NOT_EMPTY, None, 1)
        self.paths.remove(path)
        return Reply(0, None, 1)


def test_zookeeper_forgets_all_below_the_root_and_nothing_beside_it(monkeypatch) -> None:
    others = {"/set", "/set/1", "/splitbrain-r-10", "/splitbrain-r-10/x"}
    server = ZooKeeper(*others, f"{ROOT}/set", f"{ROOT}/a/b/c", f"{ROOT}/a/b", f"{ROOT}/a")
    server.paths |= {f"{ROOT}/set/{n}" for n in range(40)}
    monkeypatch.setattr(zookeeper_tenant, "AT_ONCE", 7)
    monkeypatch.setattr(zookeeper_tenant, "REMOVED_MAX", 20)
    counts = []
    for _ in range(10):
        removed, more = server.run("remove").value
        counts.append(removed)
        if not more:
            break
    assert server.paths == others
    assert sum(counts) == 45 and len(counts) > 1
    assert server.run("remove").value == (0, False), "it is gone, and that is no error"


def test_a_root_that_is_there_is_not_taken() -> None:
    server = ZooKeeper()
    assert server.run("claim").error == "node-exists"
    server.paths.clear()
    assert server.run("claim") == Completion(Outcome.OK, 0)


@pytest.mark.parametrize("prefix", ["", "/", "splitbrain/", "splitbrain//", "a/", "splitbrain/../"])
def test_what_is_no_runs_is_never_deleted(prefix: str) -> None:
    for module in (etcd_tenant, zookeeper_tenant):
        for seen in (prefix, f"/{prefix}", prefix.rstrip("/")):
            with pytest.raises(ValueError, match="of a run"):
                module.tenant_steps(seen)
