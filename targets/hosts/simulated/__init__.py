"""The simulated host: virtual time, network, disks and clocks, all from one seed."""

from targets.hosts.simulated.host import SimulatedHost
from targets.hosts.simulated.loop import Stuck, VirtualLoop, run_virtual

__all__ = ["SimulatedHost", "Stuck", "VirtualLoop", "run_virtual"]
