"""What a run takes from virtual time instead of from this machine."""

from splitbrain.simulation.clock import VirtualLoopClock
from splitbrain.simulation.ledger import LooseLedger

__all__ = ["LooseLedger", "VirtualLoopClock"]
