"""The lock service: tokens that grow, leases that end by the log, a resource that fences."""

from __future__ import annotations

from typing import Any

import pytest
from lock_stories import Client, service

from targets.nodes.command import BadRequest, Command
from targets.nodes.lock_service.__main__ import LOCK_SERVICE
from targets.nodes.lock_service.locks import EXPIRE, Locks
from targets.nodes.lock_service.messages import decode, encode
from targets.nodes.raft.messages import TimeoutNow
from targets.systems import SYSTEMS


class Machine:
    """One session's commands, applied one after another."""

    def __init__(self) -> None:
        self.locks = Locks()
        self.seq = 0

    def do(self, f: str, value: Any = None, key: str = "a") -> Any:
        self.seq += 1
        request = {"f": f, "key": key, "value": value, "session": "s", "seq": self.seq}
        answer = self.locks.apply(Locks.command(request))
        return answer["value"] if answer["ok"] else answer["error"]

    def expire(self, token: int, renewals: int, key: str = "a") -> None:
        self.locks.apply(Command(EXPIRE, key, [token, renewals], None, None))

    def read(self, key: str = "a") -> Any:
        return self.locks.read(Locks.command({"f": "resource.read", "key": key}))["value"]


def test_tokens_grow_over_all_locks_and_a_held_lock_is_refused() -> None:
    machine = Machine()
    assert machine.do("lock.acquire", 500) == 1
    assert machine.do("lock.acquire", 500) == "held"
    assert machine.do("lock.acquire", 500, "b") == 2
    assert machine.do("lock.release", 1) is None
    assert machine.do("lock.acquire", 500) == 3


def test_only_the_token_that_holds_the_lock_renews_and_releases_it() -> None:
    machine = Machine()
    machine.do("lock.acquire", 500)
    assert machine.do("lock.renew", 1) is None
    assert machine.do("lock.release", 1) is None
    assert machine.do("lock.release", 1) == "not-held"
    assert machine.do("lock.renew", 1) == "not-held"
    machine.do("lock.acquire", 500)
    assert machine.do("lock.release", 1) == "not-held"
    assert machine.do("lock.renew", 2) is None


def test_a_lease_that_was_renewed_does_not_end_by_an_earlier_proposal() -> None:
    machine = Machine()
    machine.do("lock.acquire", 500)
    machine.do("lock.renew", 1)
    machine.expire(1, 0)
    assert machine.do("lock.acquire", 500) == "held"
    machine.expire(1, 1)
    assert machine.do("lock.renew", 1) == "not-held"
    assert machine.do("lock.acquire", 500) == 2
    machine.expire(1, 1)
    assert machine.do("lock.renew", 2) is None


def test_the_resource_turns_away_who_comes_with_an_older_token_than_it_has_seen() -> None:
    machine = Machine()
    assert machine.read() is None
    assert machine.do("resource.write", [5, "x"]) is None
    assert machine.do("resource.write", [4, "y"]) == "fenced"
    assert machine.do("resource.write", [5, "z"]) is None
    assert machine.do("resource.write", [1, "w"], "b") is None
    assert (machine.read(), machine.read("b")) == (["z", 5], ["w", 1])


def test_what_is_restored_goes_on_as_if_nothing_had_happened() -> None:
    machine = Machine()
    machine.do("lock.acquire", 500)
    machine.do("lock.renew", 1)
    machine.do("resource.write", [1, "x"])
    other = Machine()
    other.locks.restore(machine.locks.dump())
    other.seq = machine.seq
    assert other.locks.dump() == machine.locks.dump()
    assert other.do("resource.write", [0, "y"]) == "fenced"
    other.expire(1, 0)
    assert other.do("lock.acquire", 500) == "held"
    other.expire(1, 1)
    assert other.do("lock.acquire", 500) == 2


@pytest.mark.parametrize(
    ("f", "value"),
    [
        *(("lock.acquire", value) for value in (None, 0, 1.5, True, 3_600_001)),
        *(("lock.renew", value) for value in (None, "1", [1])),
        *(("lock.release", value) for value in (None, True)),
        *(("resource.write", value) for value in (None, [1], ["1", 2], 1)),
        (EXPIRE, [1, 0]),
        ("write", 1),
    ],
)
def test_what_no_client_may_ask_is_refused(f: str, value: Any) -> None:
    with pytest.raises(BadRequest):
        Locks.command({"f": f, "key": "a", "value": value, "session": "s", "seq": 1})


@pytest.mark.parametrize("seed", range(3))
def test_a_lease_ends_a_tenth_later_than_asked_and_renewals_put_that_off(seed: int) -> None:
    cluster = service(seed)
    one, two = Client(cluster), Client(cluster)
    token = one.acquire(1000)
    cluster.run(0.9)
    assert one.do("lock.renew", token).ok
    cluster.run(1.05)
    assert two.do("lock.acquire", 1000).error == "held"
    cluster.run(0.15)
    assert one.do("lock.renew", token).error == "not-held"
    assert two.acquire() == token + 1


@pytest.mark.parametrize("seed", range(3))
def test_a_new_leader_gives_every_lease_its_full_time_again(seed: int) -> None:
    cluster = service(seed)
    one, two = Client(cluster), Client(cluster)
    token = one.acquire(2000)
    cluster.run(1.9)
    leader = cluster.settled_leader()
    cluster.kill(leader)
    cluster.run(0.01)
    successor = cluster.settled_leader()
    assert successor != leader
    # 2.2 s after the grant it would have been over.
    cluster.run(1.0)
    assert two.do("lock.acquire", 1000).error == "held"
    cluster.run(1.5)
    assert two.acquire() == token + 1


@pytest.mark.parametrize("seed", range(3))
def test_tokens_grow_over_restarts_from_snapshots(seed: int) -> None:
    cluster = service(seed, options=("snapshot-entries=5",))
    client, tokens = Client(cluster), []
    for _ in range(3):
        for _ in range(4):
            tokens.append(client.acquire())
            assert client.do("lock.release", tokens[-1]).ok
        for name in cluster.names:
            cluster.kill(name)
        for name in cluster.names:
            cluster.start(name)
    assert tokens == list(range(1, 13))


def test_an_old_leader_that_is_cut_off_grants_nothing_and_ends_no_lease() -> None:
    cluster = service(1)
    one, two = Client(cluster), Client(cluster)
    token = one.acquire(500)
    leader = cluster.settled_leader()
    cluster.isolate(leader)
    lost = two.ask("lock.acquire", 500, node=leader)
    cluster.run(3.0)
    assert lost.answer is None or not lost.ok
    others = [name for name in cluster.leaders() if name != leader]
    assert Client(cluster).do("lock.acquire", 500, node=others[0]).value == token + 1
    cluster.heal()
    cluster.settled_leader()
    states = {str(cluster.nodes[name].raft.machine.dump()) for name in cluster.names}
    cluster.run(1.0)
    states = {str(cluster.nodes[name].raft.machine.dump()) for name in cluster.names}
    assert len(states) == 1


def test_its_status_tells_of_tokens_and_locks_beside_what_raft_tells() -> None:
    cluster = service(2)
    Client(cluster).acquire()
    status = cluster.nodes[cluster.settled_leader()].raft.status()
    assert (status["granted"], status["held"], status["role"]) == (1, 1, "leader")


def test_it_is_a_system_with_a_command_line_and_messages_of_raft() -> None:
    system = SYSTEMS["lock-service"]
    launch = system.launch("n1", {"n1": "10.0.0.1"}, ["lock-service.anybody-releases"])
    assert launch.module == LOCK_SERVICE.module
    assert "lock-service.anybody-releases" in launch.arguments
    assert decode({"type": "timeout-now", "term": 3}) == TimeoutNow(3)
    assert encode(TimeoutNow(3)) == b'{"type":"timeout-now","term":3}'
