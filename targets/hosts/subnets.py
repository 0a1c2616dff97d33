"""Private subnets for a run's network, for an engine that has none left in its own pools."""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Sequence
from pathlib import Path

POOL = ipaddress.ip_network("10.64.0.0/10")


def candidates(
    count: int, routes: Path = Path("/proc/net/route"), choose: random.Random | None = None
) -> Sequence[str]:
    """``count`` random /24 subnets of 10.64.0.0/10 that no route of this machine leads to.

    Random, because two runs may look for one at the same time.
    """
    choose = choose or random.Random()
    taken = routed(routes)
    found: list[str] = []
    for number in choose.sample(range(2 ** (24 - POOL.prefixlen)), k=8 * count):
        base = ipaddress.ip_address(int(POOL.network_address) + number * 256)
        subnet = ipaddress.ip_network(f"{base}/24")
        if not any(subnet.overlaps(other) for other in taken):
            found.append(str(subnet))
        if len(found) == count:
            break
    return found


def routed(routes: Path) -> list[ipaddress.IPv4Network]:
    """The networks this machine has routes to, the default route left out."""
    try:
        lines = routes.read_text().splitlines()[1:]
    except OSError:
        return []
    found = []
    for line in lines:
        fields = line.split()
        # The kernel prints both as little-endian hexadecimal numbers.
        destination, mask = (int.from_bytes(bytes.fromhex(fields[n]), "little") for n in (1, 7))
        if mask:
            prefix = mask.bit_count()
            found.append(ipaddress.IPv4Network((destination & mask, prefix)))
    return found
