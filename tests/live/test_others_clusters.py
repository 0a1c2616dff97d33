"""Runs against clusters of others: nothing of theirs is touched, nothing of ours stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from certificates import Authority
from others_clusters import (
    PASSWORD,
    USER,
    EtcdMember,
    ZooKeeperServer,
    ended,
    etcd_cluster,
    etcd_member,
    killed,
    splitbrain,
    until,
    zookeeper_server,
)
from real_systems import need
from stepping import free_ports

from nemesis.ledger import claim_left, is_closed

pytestmark = [pytest.mark.live, pytest.mark.thorough]

# Long enough that a machine busy with other tests still does what a verdict needs.
SHORT = ("--time-limit", "6s", "--recovery", "0", "--rate", "200", "--concurrency", "4")
LONG = ("--time-limit", "60s", "--rate", "200", "--concurrency", "4", "--quiet")


@pytest.fixture(scope="module")
def etcd(request: pytest.FixtureRequest, tmp_path_factory) -> Iterator[EtcdMember]:
    need(request, "etcd", "sandbox")
    with etcd_member(tmp_path_factory.mktemp("etcd")) as member:
        member.put("a", "1")
        member.put("splitbrain/others", "2")
        member.put("splitbrain0", "3")
        yield member


@pytest.fixture(scope="module")
def zookeeper(request: pytest.FixtureRequest, tmp_path_factory) -> Iterator[ZooKeeperServer]:
    need(request, "zookeeper", "sandbox")
    with zookeeper_server(tmp_path_factory.mktemp("zookeeper")) as server:
        server.owner.create("/set/3", makepath=True)
        server.owner.create("/splitbrain-others/x", makepath=True)
        yield server


def only_run(store: Path) -> Path:
    (folder,) = store.glob("runs/2*")
    return folder


def test_etcd_is_left_as_it_was_by_two_runs_side_by_side(etcd, tmp_path):
    """Both add the same elements: who met the other would read what it has not added yet."""
    before = etcd.keys()
    arguments = ("test", "etcd", "--endpoints", etcd.url, "--workload", "set", *SHORT)
    beside = [splitbrain(tmp_path / name, *arguments, "--seed", "7") for name in "ab"]
    for code, told, said in map(ended, beside):
        assert (code, told["verdict"]) == (0, "valid"), (told["reason"], said)
        assert "Removed all that the run wrote" in said
        assert told["host"]["keys"]["removed"] > told["statistics"]["by_f"]["add"]["ok"] > 0
    assert etcd.keys() == before
    assert is_closed(only_run(tmp_path / "a") / "faults.jsonl")


def test_a_killed_runs_keys_and_leases_go_from_etcd_by_clean(etcd, tmp_path):
    granted = etcd.ask("lease/grant", TTL="600")["ID"]
    etcd.put("others/leased", "1", lease=granted)
    before = etcd.keys()
    run = splitbrain(
        tmp_path,
        *("test", "etcd", "--endpoints", etcd.url, "--workload", "lock", *LONG),
        *("--option", "lock-ttl-s=600", "--option", "lock-renewals=1000"),
    )
    killed(run, etcd.written)
    left = claim_left(only_run(tmp_path) / "faults.jsonl")
    assert left is not None and all(key.startswith(left.keys) for key in etcd.written())
    assert len(etcd.leases()) > 1
    code, told, said = ended(splitbrain(tmp_path, "clean"))
    assert code == 0 and told["removed"]["keys"], (told, said)
    assert etcd.keys() == before and etcd.leases() == {granted}
    assert is_closed(only_run(tmp_path) / "faults.jsonl")


def test_a_run_that_is_interrupted_takes_its_keys_along(etcd, tmp_path):
    before = etcd.keys()
    run = splitbrain(tmp_path, "test", "etcd", "--endpoints", etcd.url, *LONG)
    until(lambda: len(etcd.written()) > 2, "the run writes")
    run.terminate()
    code, _, said = ended(run)
    assert code == 130, said
    assert etcd.keys() == before


def test_keys_of_a_cluster_that_is_gone_are_told_until_we_give_up(request, tmp_path):
    need(request, "etcd", "sandbox")
    store, data = tmp_path / "store", tmp_path / "etcd"
    data.mkdir()
    with etcd_member(data) as member:
        killed(splitbrain(store, "test", "etcd", "--endpoints", member.url, *LONG), member.written)
    code, told, _ = ended(splitbrain(store, "clean"))
    assert code == 70 and "connection-refused" in told["failed"][0]
    assert "splitbrain clean --give-up" in told["failed"][0]
    code, told, _ = ended(splitbrain(store, "clean", "--give-up"))
    assert code == 0 and told["closed_ledgers"] == [only_run(store).name]


def test_who_we_are_to_an_etcd_that_asks_is_said_again_and_never_kept(request, tmp_path):
    need(request, "etcd", "sandbox")
    store, data, secret = tmp_path / "store", tmp_path / "etcd", tmp_path / "pass-word"
    data.mkdir()
    secret.write_text(PASSWORD + "\n")
    who = ("--tls-ca", f"{data}/ca.pem", "--user", USER, "--password-file", str(secret))
    with etcd_member(data, secured=True) as member:
        member.guard()
        before = member.keys()
        asked = ("test", "etcd", "--endpoints", member.url)
        for workload in ("lock", "watch"):
            code, told, said = ended(
                splitbrain(store, *asked, "--workload", workload, *who, *SHORT)
            )
            assert (code, told["verdict"]) == (0, "valid"), (told["reason"], said)
        assert member.keys() == before and member.leases() == set()
        code, _, said = ended(splitbrain(store, *asked, *who[:2], *SHORT))
        assert code == 70 and "does not let us write below splitbrain/" in said, said
        named = {"SPLITBRAIN_USER": USER, "SPLITBRAIN_PASSWORD": PASSWORD}
        killed(splitbrain(store, *asked, *who[:2], *LONG, **named), member.written)
        code, told, _ = ended(splitbrain(store, "clean"))
        assert code == 70, told
        again = f"splitbrain clean --endpoints {member.url} --tls-ca FILE --user NAME"
        assert again in told["failed"][0], told
        assert member.written()
        code, told, said = ended(splitbrain(store, "clean", "--endpoints", member.url, *who))
        assert code == 0 and told["removed"]["keys"], (told, said)
        assert member.keys() == before
    kept = [path for path in store.rglob("*") if path.is_file()]
    assert len(kept) > 10
    for path in kept:
        told_bytes = path.read_bytes()
        for word in (PASSWORD, USER, "pass-word", "ca.pem", "Authorization"):
            assert word.encode() not in told_bytes, (path, word)


def test_a_cluster_that_takes_only_who_shows_a_certificate_is_tested_and_left(request, tmp_path):
    need(request, "etcd", "sandbox")
    store, data = tmp_path / "store", tmp_path / "etcd"
    data.mkdir()
    authority = Authority(data)
    certificate, key = authority.issue("tester")
    expired, its_key = authority.issue("former", expired=True)
    with etcd_cluster(data, 3, authority.issue("server"), authority.issue("owner")) as members:
        before = members[0].keys()
        asked = ("test", "etcd", "--endpoints", ",".join(one.url for one in members), *SHORT)
        asked += ("--tls-ca", f"{data}/ca.pem")
        ours = ("--tls-cert", str(certificate), "--tls-key", str(key))
        for workload in ("list-append", "set"):
            code, told, said = ended(splitbrain(store, *asked, *ours, "--workload", workload))
            assert (code, told["verdict"]) == (0, "valid"), (told["reason"], said)
            assert told["host"]["keys"]["removed"] > 2
        assert members[0].keys() == before
        former = ("--tls-cert", str(expired), "--tls-key", str(its_key))
        for shown in ((), former):
            code, _, said = ended(splitbrain(store, *asked, *shown))
            assert code == 70, said
            for one in members:
                assert f"from {one.url}: it turns us down" in said, said
    for path in (path for path in store.rglob("*") if path.is_file()):
        for word in (b"PRIVATE KEY", b"tester.pem", b"tester-key.pem", b"ca.pem"):
            assert word not in path.read_bytes(), (path, word)


def test_a_certificate_that_has_expired_is_told_in_a_sentence(request, tmp_path):
    need(request, "etcd", "sandbox")
    authority = Authority(tmp_path)
    with etcd_cluster(tmp_path, 1, authority.issue("server", expired=True)) as (member,):
        asked = ("test", "etcd", "--endpoints", member.url, *SHORT)
        code, _, said = ended(splitbrain(tmp_path, *asked, "--tls-ca", f"{tmp_path}/ca.pem"))
        assert code == 70, said
        assert (
            f"no status answer of etcd from {member.url}: its certificate is not accepted "
            "(certificate has expired): set it up anew." in said
        )
        assert member.written() == []


def test_a_wrong_password_and_an_endpoint_that_does_not_answer_are_told_in_a_sentence(
    request, tmp_path
):
    need(request, "etcd", "sandbox")
    secret = tmp_path / "pass-word"
    secret.write_text("wrong\n")
    with etcd_member(tmp_path) as member:
        member.guard()
        asked = ("test", "etcd", "--endpoints", member.url, *SHORT)
        code, _, said = ended(
            splitbrain(tmp_path, *asked, "--user", USER, "--password-file", str(secret))
        )
        assert code == 70, said
        assert f"{member.url}: login-refused. Where it asks who we are, --user and" in said
        (gone,) = free_ports(1)
        both = f"{member.url},http://127.0.0.1:{gone}"
        code, _, said = ended(splitbrain(tmp_path, "test", "etcd", "--endpoints", both, *SHORT))
        assert code == 70, said
        assert f"from http://127.0.0.1:{gone}: nothing listens there: is it up?" in said
        assert member.url not in said.partition("no status answer")[2]


def test_zookeeper_is_left_as_it_was_by_two_runs_side_by_side(zookeeper, tmp_path):
    before = zookeeper.tree()
    arguments = ("test", "zookeeper", "--endpoints", zookeeper.endpoint, *SHORT, "--seed", "7")
    sets = (*arguments, "--workload", "set", "--option", "reads=quorum")
    beside = [splitbrain(tmp_path / name, *sets) for name in "ab"]
    locked = (*arguments, "--workload", "lock", "--time-limit", "3s")
    for code, told, said in (*map(ended, beside), ended(splitbrain(tmp_path / "c", *locked))):
        assert (code, told["verdict"]) == (0, "valid"), (told["reason"], said)
    assert zookeeper.tree() == before


def test_a_killed_runs_nodes_go_from_zookeeper_by_the_next_run(zookeeper, tmp_path):
    before = zookeeper.tree()
    arguments = ("test", "zookeeper", "--endpoints", zookeeper.endpoint)
    killed(splitbrain(tmp_path, *arguments, *LONG), zookeeper.written)
    code, told, said = ended(splitbrain(tmp_path, *arguments, "--workload", "counter", *SHORT))
    assert (code, told["verdict"]) == (0, "valid"), (told["reason"], said)
    assert "Removed keys: " in said
    assert zookeeper.tree() == before


def test_zookeeper_is_told_who_we_are_where_the_tree_is_guarded(zookeeper, tmp_path):
    from kazoo.security import make_acl, make_digest_acl

    before = zookeeper.tree()
    asked = ("test", "zookeeper", "--endpoints", zookeeper.secured, *SHORT)
    asked += ("--tls-ca", str(zookeeper.authority))
    code, _, said = ended(splitbrain(tmp_path, *asked))
    assert code == 70 and f"from {zookeeper.secured}: it turns us down" in said, said
    ours = [str(zookeeper.authority.with_name(name)) for name in ("tester.pem", "tester-key.pem")]
    asked += ("--tls-cert", ours[0], "--tls-key", ours[1])
    guarded = [make_acl("world", "anyone", read=True), make_digest_acl(USER, PASSWORD, all=True)]
    zookeeper.owner.set_acls("/", guarded)
    code, _, said = ended(splitbrain(tmp_path, *asked))
    assert code == 70 and "not-allowed" in said, said
    named = {"SPLITBRAIN_USER": USER, "SPLITBRAIN_PASSWORD": PASSWORD}
    code, told, said = ended(splitbrain(tmp_path, *asked, **named))
    assert (code, told["verdict"]) == (0, "valid"), (told["reason"], said)
    assert zookeeper.tree() == before
