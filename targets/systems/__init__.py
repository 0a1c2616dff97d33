"""The systems that can be deployed, by name."""

from targets.systems.etcd import Etcd
from targets.systems.lock_service import LockService
from targets.systems.paxos import Paxos
from targets.systems.primary_backup import PrimaryBackup
from targets.systems.queue_service import QueueService
from targets.systems.raft import Raft
from targets.systems.two_phase_commit import TwoPhaseCommit
from targets.systems.zookeeper import ZooKeeper
from targets.target import System

SYSTEMS: dict[str, System] = {
    system.name: system
    for system in (
        Raft(),
        Paxos(),
        PrimaryBackup(),
        TwoPhaseCommit(),
        LockService(),
        QueueService(),
        Etcd(),
        ZooKeeper(),
    )
}

__all__ = ["SYSTEMS"]
