"""What drives the interpreter: an event loop, or virtual time."""

from splitbrain.drivers.asyncio_driver import AsyncioDriver, JournalWriter, Nemesis, drive
from splitbrain.drivers.clocks import LoopClock, VirtualClock
from splitbrain.drivers.virtual import Stuck, VirtualDriver, drive_virtual

__all__ = [
    "AsyncioDriver",
    "JournalWriter",
    "LoopClock",
    "Nemesis",
    "Stuck",
    "VirtualClock",
    "VirtualDriver",
    "drive",
    "drive_virtual",
]
