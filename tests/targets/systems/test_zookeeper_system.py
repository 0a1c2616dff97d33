"""How a ZooKeeper server is configured and started, and what its status answer says."""

import pytest

from targets.systems import SYSTEMS
from targets.systems.zookeeper import Options, told

ADDRESSES = {"n1": "10.0.0.1", "n2": "10.0.0.2", "n3": "10.0.0.3"}
SRVR = """\
Zookeeper version: 3.8.0-${mvngit.commit.id}, built on 2024-06-16 13:53 UTC
Latency min/avg/max: 0/0.0/0
Received: 1
Sent: 0
Connections: 1
Outstanding: 0
Zxid: 0x200000007
Mode: follower
Node count: 5
"""


def launched(*options: str):
    return SYSTEMS["zookeeper"].launch("n2", ADDRESSES, (), options)


def test_a_server_knows_all_servers_and_its_own_number():
    launch = launched()
    files = {path: content.decode() for path, content in launch.files_in("/d").items()}
    assert files["zookeeper/myid"] == "2\n"
    lines = files["zoo.cfg"].splitlines()
    assert {"server.2=10.0.0.2:2888:3888", "server.3=10.0.0.3:2888:3888"} <= set(lines)
    assert {"dataDir=/d/zookeeper", "clientPort=2181", "tickTime=2000", "syncLimit=5"} <= set(lines)
    assert launch.told("/d")[-1] == "/d/zoo.cfg"
    assert launch.ports == (2181,) and launch.core is None


def test_timers_can_be_tight_or_named():
    tight = launched("timers=tight").files["zoo.cfg"]
    assert "tickTime=500\n" in tight and "syncLimit=4\n" in tight
    named = launched("timers=tight", "tick-ms=300").files["zoo.cfg"]
    assert "tickTime=300\n" in named and "syncLimit=4\n" in named


def test_tight_elections_go_with_tight_timers():
    option = "-Dzookeeper.fastleader.maxNotificationInterval=1000"
    assert option in launched("timers=tight").arguments
    assert option not in launched().arguments


def test_it_needs_a_java_machine_and_the_jars_of_its_class_path():
    java, *jars = launched().needs
    assert java.what == "java" and java.tree == 2 and "default-jre-headless" in java.install
    assert "/usr/share/java/zookeeper.jar" in {jar.what for jar in jars}
    assert all("apt-get install zookeeper" in jar.install for jar in jars)
    needed = [jar.what.rpartition("/")[2] for jar in jars if not jar.optional]
    assert needed == ["zookeeper.jar", "zookeeper-jute.jar", "slf4j-api.jar"]
    arguments = launched().arguments
    path = arguments[arguments.index("-cp") + 1].split(":")
    assert path == [jar.what for jar in jars]


def test_an_unpacked_release_can_be_named(tmp_path):
    (tmp_path / "lib").mkdir()
    for name in ("zookeeper-3.9.2.jar", "netty.jar"):
        (tmp_path / "lib" / name).touch()
    _, *jars = launched(f"home={tmp_path}", "java=/opt/java/bin/java").needs
    assert [jar.what.rpartition("/")[2] for jar in jars] == ["netty.jar", "zookeeper-3.9.2.jar"]
    _, missing = launched("home=/no/where").needs
    assert missing.what == "/no/where/lib/zookeeper.jar"


def test_all_that_is_wrong_with_options_is_told():
    with pytest.raises(ValueError, match="reads=fast: expected plain or sync or quorum"):
        Options.from_texts(["reads=fast"])
    with pytest.raises(ValueError, match="goes with reads=plain"):
        Options.from_texts(["read-session=own"])
    with pytest.raises(ValueError, match="no seeded bugs"):
        SYSTEMS["zookeeper"].launch("n1", ADDRESSES, ["raft.stale-leader-read"])


def test_a_status_answer_tells_role_and_epoch_and_no_leader_where_it_is_not_known():
    assert told(SRVR) == {
        "role": "follower",
        "term": 2,
        "applied_index": 7,
        "version": "3.8.0-${mvngit.commit.id}",
    }
    assert told(SRVR.replace("follower", "leader"))["role"] == "leader"
    assert told(SRVR.replace("follower", "standalone"))["role"] == "leader"


@pytest.mark.parametrize(
    "answer", ["", "This ZooKeeper instance is not currently serving requests\n", "Mode: leader\n"]
)
def test_a_server_that_serves_nobody_says_nothing(answer):
    assert told(answer) is None
