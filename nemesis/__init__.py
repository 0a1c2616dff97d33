"""Faults: what there is, how they are scheduled, done, undone and written down."""

from nemesis.fault import Effect, Fault, SymbolicFault
from nemesis.kinds import FAULTS, FaultKind, FaultTargetError
from nemesis.schedule import schedule

__all__ = [
    "FAULTS",
    "Effect",
    "Fault",
    "FaultKind",
    "FaultTargetError",
    "SymbolicFault",
    "schedule",
]
