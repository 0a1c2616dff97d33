"""A whole run against a cluster of others, of which only the answers are made up."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clients.client import Completion
from histories.event import Outcome
from histories.source import Source
from nemesis.ledger import claim_left, is_closed
from splitbrain import run_files, tenancy, workforce
from splitbrain.credentials import Credentials
from splitbrain.plan import Plan
from splitbrain.progress import SilentProgress
from splitbrain.run import execute
from targets.target import NodeFailed

PLAN = Plan(
    *("etcd", "ssh", "register"),
    nodes=1,
    concurrency=2,
    rate=50.0,
    time_limit_s=0.2,
    recovery_s=0.0,
    endpoints=("http://h1",),
    faults=(),
)
MEMBER = {
    "/v3/maintenance/status": {"header": {"member_id": "1"}, "leader": "1", "raftTerm": "2"},
    "/v3/cluster/member/list": {"members": [{"ID": "1", "name": "m"}]},
}
OK, FAIL = Outcome.OK, Outcome.FAIL
REFUSED = Completion(FAIL, None, "not-permitted")
GONE = Completion(OK, (0, False))


class Told(SilentProgress):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def line(self, text: str) -> None:
        self.lines.append(text)


class Cluster:
    """Notes what is asked, and whether the ledger already spoke of keys when it was."""

    def __init__(self, store: Path, claim: Completion, remove: Completion) -> None:
        self.answers = {"claim": claim, "remove": remove}
        self.asked: list[tuple[str, bool]] = []
        self._store = store

    @property
    def ledger(self) -> Path:
        (path,) = self._store.glob(f"runs/2*/{run_files.LEDGER}")
        return path

    def client(self, *_: Any, **__: Any) -> Any:
        cluster = self

        class Client:
            def invoke(self, invocation: Any, complete: Any) -> None:
                cluster.asked.append((invocation.f, claim_left(cluster.ledger) is not None))
                answer = cluster.answers.get(invocation.f, REFUSED)
                asyncio.get_running_loop().call_soon(complete, answer)

            async def close(self) -> None:
                pass

        return Client()


def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, claim: Completion, remove: Completion = GONE
) -> tuple[Cluster, Told]:
    async def answered(*_: Any) -> Any:
        return MEMBER

    monkeypatch.setattr("targets.systems.etcd.post_json", answered)
    cluster, told = Cluster(tmp_path, claim, remove), Told()
    for module in (tenancy, workforce):
        monkeypatch.setattr(module, "TcpClient", cluster.client)
    monkeypatch.setattr(tenancy, "PAUSE_S", 0)
    secret = tmp_path / "secret"
    secret.write_text("hush")
    credentials = Credentials(user="somebody", password_file=secret)
    try:
        execute(PLAN, store=tmp_path, progress=told, credentials=credentials)
    except NodeFailed as error:
        told.lines.append(str(error))
    return cluster, told


def test_the_ledger_tells_of_keys_before_any_is_written_and_until_all_are_gone(
    tmp_path, monkeypatch
):
    cluster, told = run(tmp_path, monkeypatch, Completion(OK, 41))
    assert cluster.asked[0] == ("claim", True) and cluster.asked[-1] == ("remove", True)
    assert {f for f, _ in cluster.asked[1:-2]} & {"write", "read", "cas"}
    assert all(on_record for _, on_record in cluster.asked)
    assert is_closed(cluster.ledger) and claim_left(cluster.ledger) is None
    assert any(line.startswith("Removed all that the run wrote: 0 keys") for line in told.lines)
    files = [path for path in cluster.ledger.parent.iterdir() if path.is_file()]
    kept = [b"".join(Source(path).blocks()) for path in files if path.stat().st_size]
    assert any(b'"type": "invoke"' in data for data in kept), "packed files are looked into, too"
    assert not any(b"hush" in data or b"somebody" in data for data in kept)


def test_what_cannot_be_removed_stays_on_record_and_is_told(tmp_path, monkeypatch):
    lost = Completion(FAIL, None, "connection-refused")
    cluster, told = run(tmp_path, monkeypatch, Completion(OK, 41), lost)
    assert not is_closed(cluster.ledger)
    left = claim_left(cluster.ledger)
    assert left is not None and left.needs == ("--user", "--password-file")
    (line,) = (line for line in told.lines if line.startswith("Could not take away"))
    assert left.keys in line and "connection-refused" in line and "splitbrain clean" in line


def test_a_cluster_that_does_not_let_us_is_not_written_to(tmp_path, monkeypatch):
    cluster, told = run(tmp_path, monkeypatch, REFUSED)
    assert cluster.asked == [("claim", True)]
    assert is_closed(cluster.ledger)
    assert "does not let us write below splitbrain/" in told.lines[-1]


def test_a_system_whose_clients_keep_to_no_keys_of_their_own_is_refused(tmp_path, monkeypatch):
    from splitbrain.hosts import make_host
    from splitbrain.run import PlanError, check

    monkeypatch.delitem(tenancy._PREFIXES, "etcd")
    with pytest.raises(PlanError, match="keys of others would be overwritten"):
        check(PLAN, make_host(PLAN, SilentProgress()))
    check(replace(PLAN, system="raft", endpoints=("h1",)), make_host(PLAN, SilentProgress()))
