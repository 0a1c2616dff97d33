"""Make the network of a sandbox: one bridge, and one agent in a namespace of its own per node.

Run inside the sandbox by its host as ``python -m targets.hosts.nursery PREFIX FD…``: one
connected socket is inherited for each node. The agents are forked from this one process,
because importing the netlink library once takes 0.2 s and five times would take a second.
Node ``i`` (from 1) gets the interface ``eth0``, joined to the bridge; its agent then gives
itself the address it is told. One line, ``ready``, is written when all links are made; at
the end of the last connection the bridge is taken away.
"""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import socket
import sys
from typing import Any, NoReturn

from targets.hosts.agent import TOKEN_VARIABLE, Agent
from targets.hosts.rules import NetfilterTable, Refusals

BRIDGE = "splitbrain0"
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1


def unshare_network() -> None:
    """Move this process into a new network namespace."""
    # os.unshare came with Python 3.12.
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"cannot make a network namespace: {os.strerror(code)}")


def raise_agent(connection: socket.socket, others: list[socket.socket], token: str) -> int:
    """Fork an agent for ``connection``; returns its pid once its namespace is there."""
    made_read, made_write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(made_read)
        for other in others:
            other.close()
        _live(connection, made_write, token)
    os.close(made_write)
    made = os.read(made_read, 1)
    os.close(made_read)
    if made != b"+":
        raise OSError("an agent died before its network namespace was made")
    return pid


def _live(connection: socket.socket, made: int, token: str) -> NoReturn:
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        unshare_network()
        os.write(made, b"+")
        os.close(made)
        agent = Agent(Refusals(NetfilterTable()), token)
        agent.serve(connection)
    except Exception as error:
        sys.stderr.write(f"agent: {type(error).__name__}: {error}\n")
        sys.stderr.flush()
        os._exit(1)
    # No clean-up of the parent's objects in a forked child: the kernel does it.
    os._exit(0)


def _take_away(links: Any) -> None:
    """Take away the bridge and its ports: ours, and those of one that was killed.

    The kernel takes the ports away by itself once their nodes' namespaces are gone, but in its
    own time: the next cluster of this harness would find their names taken.
    """
    from pyroute2.netlink.exceptions import NetlinkError

    for link in links.get_links():
        if not link.get_attr("IFLA_IFNAME").startswith(BRIDGE):
            continue
        try:
            links.link("del", index=link["index"])
        except NetlinkError as error:
            if error.code != errno.ENODEV:  # the kernel was quicker
                raise


def main() -> None:
    """Make bridge ``PREFIX.254/24`` and an agent for every inherited socket."""
    import pyroute2.nftables.expressions
    import pyroute2.nftables.main  # noqa: F401  (imported before the forks, so that they share it)
    from pyroute2 import IPRoute

    prefix = sys.argv[1]
    token = os.environ[TOKEN_VARIABLE]
    connections = [socket.socket(fileno=int(fd)) for fd in sys.argv[2:]]
    agents = []
    for number, connection in enumerate(connections):
        others = [c for n, c in enumerate(connections) if n != number]
        agents.append(raise_agent(connection, others, token))
    for connection in connections:
        connection.close()
    with IPRoute() as links:
        links.link("set", index=links.link_lookup(ifname="lo")[0], state="up")
        _take_away(links)
        links.link("add", ifname=BRIDGE, kind="bridge")
        bridge = links.link_lookup(ifname=BRIDGE)[0]
        links.addr("add", index=bridge, address=f"{prefix}.254", prefixlen=24)
        links.link("set", index=bridge, state="up")
        for number, pid in enumerate(agents, start=1):
            near = f"{BRIDGE}n{number}"
            links.link("add", ifname=near, kind="veth", peer={"ifname": "eth0", "net_ns_pid": pid})
            index = links.link_lookup(ifname=near)[0]
            links.link("set", index=index, master=bridge, state="up")
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        for pid in agents:
            os.waitpid(pid, 0)
        _take_away(links)


if __name__ == "__main__":
    main()
