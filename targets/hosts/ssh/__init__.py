"""The ssh host: machines that exist already, reached through SSH.

harness ── one SSH connection a machine ──► agent (``remote``), which makes the rules and
                                            │ is the parent of the node
                                            └─ guard (``guard``), which undoes it all when
                                               the agent is gone or hears nothing any more
"""

from targets.hosts.ssh.access import Access, Sudo
from targets.hosts.ssh.destination import Destination, parse_destinations
from targets.hosts.ssh.examination import examine_machine
from targets.hosts.ssh.host import SshHost
from targets.hosts.ssh.leftovers import undo_run

__all__ = [
    "Access",
    "Destination",
    "SshHost",
    "Sudo",
    "examine_machine",
    "parse_destinations",
    "undo_run",
]
