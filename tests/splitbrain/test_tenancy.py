"""What a run claims in a cluster of others is on record first, and stays so until it is gone."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from clients.client import Completion
from histories.archive import Store
from histories.event import Outcome
from nemesis.ledger import Claim, Ledger, claim_left, is_closed, read_ledger
from splitbrain import run_files, tenancy
from splitbrain.cli import front
from splitbrain.credentials import Credentials, read_credentials
from splitbrain.leftovers import Known, clean
from splitbrain.plan import Plan
from splitbrain.tenancy import Tenancy, key_prefix, tenancy_of
from targets.target import NodeFailed

PLAN = Plan("etcd", "ssh", "register", nodes=2, endpoints=("http://h1", "http://h2"), faults=())
PREFIX = "splitbrain/r-1/"
OK, FAIL, INFO = Outcome.OK, Outcome.FAIL, Outcome.INFO
GONE = Completion(OK, (0, False))


class Cluster:
    """Two endpoints in the place of connections; ``answers`` by host, the last one for ever."""

    def __init__(self, **answers: list[Completion]) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.logins: list[Any] = []

    def client(self, core: Any, endpoint: tuple[str, int], *_: Any, **__: Any) -> Any:
        cluster, left = self, self.answers[endpoint[0]]

        class Client:
            def invoke(self, invocation: Any, complete: Any) -> None:
                cluster.asked.append(f"{invocation.f} {endpoint[0]}")
                cluster.logins.append(core._login)
                complete(left.pop(0) if len(left) > 1 else left[0])

            async def close(self) -> None:
                pass

        return Client()


@pytest.fixture
def cluster(monkeypatch) -> Cluster:
    made = Cluster(h1=[Completion(OK, (3, False)), GONE], h2=[GONE])
    monkeypatch.setattr(tenancy, "TcpClient", made.client)
    monkeypatch.setattr(tenancy, "PAUSE_S", 0)
    return made


def test_a_claim_is_asked_of_one_endpoint_after_another_until_one_may_have_taken_it(cluster):
    cluster.answers = {
        "h1": [Completion(FAIL, None, "connection-refused")],
        "h2": [Completion(OK, 41)],
    }
    claimed = Tenancy(PLAN, PREFIX)
    assert asyncio.run(claimed.claim()) == 41 and not claimed.untouched
    cluster.answers["h2"] = [Completion(FAIL, None, "not-permitted")]
    refused = Tenancy(PLAN, PREFIX)
    with pytest.raises(NodeFailed, match=r"write below splitbrain/r-1/: http://h2: not-permitted"):
        asyncio.run(refused.claim())
    assert refused.untouched, "nothing was written, so nothing is to be removed"
    cluster.answers["h1"] = [Completion(INFO, None, "timeout")]
    open_ = Tenancy(PLAN, PREFIX)
    with pytest.raises(NodeFailed, match="timeout"):
        asyncio.run(open_.claim())
    assert not open_.untouched and cluster.asked[-1] == "claim h1"


def test_a_claim_that_is_interrupted_may_have_been_made(monkeypatch):
    claimed = Tenancy(PLAN, PREFIX)

    async def scenario() -> None:
        asking = asyncio.Event()

        async def silent(number: int, f: str, timeout_s: float) -> Any:
            asking.set()
            await asyncio.Event().wait()

        monkeypatch.setattr(claimed, "_ask", silent)
        claim = asyncio.create_task(claimed.claim())
        await asking.wait()
        claim.cancel()
        await asyncio.wait([claim])

    asyncio.run(scenario())
    assert not claimed.untouched, "so it is removed"


def test_removing_goes_on_until_a_pass_finds_nothing(cluster):
    cluster.answers["h1"] = [
        *(Completion(OK, (5000, True)), Completion(OK, (7, False)), Completion(OK, (1, False))),
        GONE,
    ]
    assert asyncio.run(Tenancy(PLAN, PREFIX).remove()) == tenancy.Removed(5008)
    assert cluster.asked == ["remove h1"] * 4
    # A single look is not enough: what was sent last may be on its way still.
    assert asyncio.run(Tenancy(PLAN, PREFIX).remove()).keys == 0
    assert cluster.asked == ["remove h1"] * 6


def test_another_endpoint_does_as_well_and_where_none_does_that_is_told(cluster):
    cluster.answers["h1"] = [Completion(INFO, None, "timeout")]
    assert asyncio.run(Tenancy(PLAN, PREFIX).remove()).trouble is None
    cluster.answers["h2"] = [Completion(FAIL, None, "connection-refused")]
    told = asyncio.run(Tenancy(PLAN, PREFIX).remove()).trouble
    assert told == "http://h1: timeout; http://h2: connection-refused"


def test_what_cannot_be_removed_has_no_tenancy():
    nobody = Credentials()
    assert tenancy_of(PLAN, "r-1", nobody) is not None
    raft = Plan("raft", "ssh", "register", endpoints=("h1",))
    assert tenancy_of(raft, "r-1", nobody) is None
    assert tenancy_of(Plan("etcd", "docker", "register"), "r-1", nobody) is None


def test_a_claim_stands_in_the_ledger_until_it_is_released(tmp_path):
    path = tmp_path / "faults.jsonl"
    assert claim_left(path) is None
    ledger = Ledger(path, {"pid": 1})
    assert claim_left(path) is None
    ledger.claim(PREFIX, ("--user", "--password-file"))
    assert claim_left(path) == Claim(PREFIX, ("--user", "--password-file"))
    with path.open("a") as file:
        file.write('{"act":"rele')
    assert claim_left(path) == Claim(PREFIX, ("--user", "--password-file"))
    with path.open("a") as file:
        file.write("\n")
    ledger.released(3)
    assert claim_left(path) is None


def dead_run(store: Path, *needs: str, plan: Plan = PLAN) -> Path:
    run = Store(store).create(plan.system, plan.workload)
    run_files.write_manifest(run.path, plan, "now", state="running")
    ledger = Ledger(run.path / run_files.LEDGER, {"pid": 1})
    ledger.claim(key_prefix(plan, run.path.name), needs)
    run.close()
    return run.path


def test_a_dead_runs_keys_are_removed_and_its_ledger_is_closed(cluster, tmp_path):
    folder = dead_run(tmp_path)
    done = clean(tmp_path, engine=False)
    below = f"3 below splitbrain/{folder.name}/ of etcd at http://h1,http://h2"
    assert done.removed["keys"] == [below] and done.failed == []
    assert done.closed_ledgers == [folder.name] and is_closed(folder / run_files.LEDGER)
    assert read_ledger(folder / run_files.LEDGER) == []
    asked = len(cluster.asked)
    assert not clean(tmp_path, engine=False) and len(cluster.asked) == asked


def test_a_cluster_that_is_silent_keeps_the_ledger_open_until_we_give_up(cluster, tmp_path):
    cluster.answers = {host: [Completion(FAIL, None, "unreachable")] for host in ("h1", "h2")}
    folder = dead_run(tmp_path)
    for _ in range(2):
        (failed,) = clean(tmp_path, engine=False).failed
        assert "http://h1: unreachable; http://h2: unreachable" in failed
        assert failed.endswith("(to try no more: splitbrain clean --give-up)")
        assert not is_closed(folder / run_files.LEDGER)
    done = clean(tmp_path, engine=False, give_up=True)
    assert done.failed == [] and folder.name in done.left[0] and "unreachable" in done.left[0]
    assert is_closed(folder / run_files.LEDGER)


def test_who_we_are_is_told_to_the_cluster_it_was_said_of_and_to_no_other(cluster, tmp_path):
    secret = tmp_path / "password"
    secret.write_text("hush\n")
    who = Credentials(user="me", password_file=secret)
    store = tmp_path / "store"
    folder = dead_run(store, "--user", "--password-file")
    again = "splitbrain clean --endpoints http://h1,http://h2 --user NAME --password-file FILE"
    for known in (None, Known(("http://h1",), who), Known(("http://h9", "http://h2"), who)):
        (failed,) = clean(store, engine=False, outside=known).failed
        assert again in failed and cluster.asked == []
    open_to_all = dead_run(store)
    done = clean(store, engine=False, outside=Known(("http://h9",), who))
    assert done.closed_ledgers == [open_to_all.name] and set(cluster.logins) == {None}
    done = clean(store, engine=False, outside=Known((*PLAN.endpoints, "http://h3"), who))
    assert done.closed_ledgers == [folder.name]
    assert cluster.logins[-1].password == "hush"


def test_a_prefix_that_is_no_runs_is_not_deleted(cluster, tmp_path):
    run = Store(tmp_path).create("etcd", "register")
    run_files.write_manifest(run.path, PLAN, "now", state="running")
    Ledger(run.path / run_files.LEDGER, {"pid": 1}).claim("app/", ())
    run.close()
    (failed,) = clean(tmp_path, engine=False).failed
    assert "'app/' is no prefix of a run" in failed and cluster.asked == []


def test_credentials_come_from_the_environment_where_they_are_not_said(tmp_path):
    file = tmp_path / "file"
    file.write_text("from the file\n")
    told = {"SPLITBRAIN_USER": "me", "SPLITBRAIN_PASSWORD": "from the environment"}
    found, problems = read_credentials(None, None, None, None, None, told)
    login = found.login()
    assert problems == [] and login is not None
    assert (login.user, login.password) == ("me", "from the environment")
    assert "from the" not in repr(found) and "from the" not in repr(login)
    assert found.options == ("--user", "SPLITBRAIN_PASSWORD")
    # What is said weighs more.
    found, _ = read_credentials(None, None, None, "you", str(file), told)
    assert (found.user, found.password()) == ("you", "from the file")
    told = {"SPLITBRAIN_USER": "me", "SPLITBRAIN_PASSWORD_FILE": str(file)}
    assert read_credentials(None, None, None, None, None, told)[0].password() == "from the file"
    _, problems = read_credentials(None, None, None, None, None, {"SPLITBRAIN_PASSWORD": "x"})
    assert "go together" in problems[0]
    assert not read_credentials(None, None, None, None, None)[0]


def test_clean_wants_to_know_to_whom_it_is_to_say_who_we_are(tmp_path, capsys, monkeypatch):
    (tmp_path / "password").write_text("hush")
    who = ["--user", "me", "--password-file", str(tmp_path / "password")]
    assert front.run(["clean", "--store", str(tmp_path / "store"), *who]) == 2
    assert "say to whom, with --endpoints" in " ".join(capsys.readouterr().err.split())
    monkeypatch.setenv("SPLITBRAIN_USER", "me")
    monkeypatch.setenv("SPLITBRAIN_PASSWORD", "hush")
    assert front.run(["clean", "--store", str(tmp_path / "store"), "--json"]) == 0
    assert "failed" in json.loads(capsys.readouterr().out)
