"""The systems that can be deployed, by name."""

from targets.systems.paxos import Paxos
from targets.systems.raft import Raft
from targets.target import System

SYSTEMS: dict[str, System] = {"raft": Raft(), "paxos": Paxos()}

__all__ = ["SYSTEMS"]
