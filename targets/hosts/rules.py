"""Refuse traffic from chosen addresses, and count what was refused.

The rules live in a table of our own (``splitbrain``, or one that is named after the run where
the namespace is shared with others) in the network namespace of
the process that makes them; nothing else is read or touched. They are set over
netlink, so that neither the ``nft`` nor the ``iptables`` binary is needed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Protocol

TABLE = "splitbrain"
CHAIN = "refuse"
OWNER_FLAG = 2
"""NFT_TABLE_F_OWNER: the table goes when the socket that made it does (Linux 5.12 and newer)."""


class RuleTable(Protocol):
    """One drop rule with a counter for each refused source address."""

    def counts(self) -> Mapping[str, int]:
        """Packets dropped by each rule that stands now, by source address."""

    def change(self, remove: Collection[str], add: Collection[str]) -> None:
        """Take rules away and make new ones, in one transaction."""


class Refusals:
    """The set of refused addresses, with counts that survive the rules they came from."""

    def __init__(self, table: RuleTable) -> None:
        self._table = table
        self._past: dict[str, int] = {}

    def refuse(self, addresses: Collection[str]) -> None:
        """Drop what comes from ``addresses`` and from no one else; empty heals.

        A rule that stays is not touched, so nothing slips through while the set changes.
        """
        wanted = set(addresses)
        standing = self._table.counts()
        gone = sorted(set(standing) - wanted)
        self._table.change(gone, sorted(wanted - set(standing)))
        # Counted from the reading before the change: a packet dropped in between is
        # missed, never counted twice, and the sum never goes backwards.
        for address in gone:
            self._past[address] = self._past.get(address, 0) + standing[address]

    def dropped(self) -> dict[str, int]:
        """Packets dropped since this object was made, by source address."""
        total = dict(self._past)
        for address, packets in self._table.counts().items():
            total[address] = total.get(address, 0) + packets
        return total


class NoTable:
    """A RuleTable where no rules can be made: for a machine on which we are not root."""

    def counts(self) -> Mapping[str, int]:
        """None."""
        return {}

    def change(self, remove: Collection[str], add: Collection[str]) -> None:
        """Refuses what would need a rule."""
        if add:
            raise PermissionError("no rules can be made here: that needs root")

    def close(self) -> None:
        """There is nothing to close."""


class NetfilterTable:
    """A RuleTable of nf_tables on the input hook of this process's network namespace.

    With ``owned`` the kernel takes the table away when this process ends, where it can.
    """

    def __init__(self, name: str = TABLE, *, owned: bool = False) -> None:
        # Imported here: it takes 0.2 s, and only the process that makes rules needs it.
        from pyroute2.netlink.exceptions import NetlinkError
        from pyroute2.nftables.main import NFTables

        self._name = name
        self._nft: Any = NFTables(nfgen_family=2)
        self._open = True
        self._owned = owned
        if owned:
            try:
                # Inside a dictionary, or the library takes it for a flag of the message.
                self._nft.table("add", kwarg={"name": name, "flags": OWNER_FLAG})
            except NetlinkError:
                self._owned = False
        if not self._owned:
            self._nft.table("add", name=name)
        self._nft.chain(
            "add", table=name, name=CHAIN, hook="input", type="filter", policy=1, priority=-150
        )
        self._handles: dict[str, int] = {}

    def close(self) -> None:
        """Take the table away. A second time there is nothing to do."""
        if self._open:
            self._open = False
            if not self._owned:
                self._nft.table("del", name=self._name)
            self._nft.close()

    def counts(self) -> Mapping[str, int]:
        """One dump of our chain: about 0.5 ms. Empty after ``close``."""
        packets: dict[str, int] = {}
        self._handles.clear()
        if not self._open:
            return packets
        for rule in self._nft.get_rules():
            if _attribute(rule, "NFTA_RULE_TABLE") != self._name:
                continue
            address, count = _source_and_count(rule)
            packets[address] = count
            self._handles[address] = int(_attribute(rule, "NFTA_RULE_HANDLE"))
        return packets

    def change(self, remove: Collection[str], add: Collection[str]) -> None:
        """One netlink batch: the kernel applies all of it or nothing (about 2 ms)."""
        if not remove and not add:
            return
        from pyroute2.nftables.expressions import genex, ipv4addr, verdict

        self._nft.begin()
        for address in remove:
            self._nft.rule("del", table=self._name, chain=CHAIN, handle=self._handles[address])
        for address in add:
            drop = (ipv4addr(src=address), (genex("counter", {}),), verdict(code=0))
            self._nft.rule("add", table=self._name, chain=CHAIN, expressions=drop)
        self._nft.commit()
        standing = set(self.counts())
        if missing := sorted(set(add) - standing) or sorted(set(remove) & standing):
            raise RuntimeError(
                f"the kernel accepted a change of rules but did not make it, for {missing}"
            )


def _attribute(message: Any, name: str) -> Any:
    return message.get_attr(name)


def _source_and_count(rule: Any) -> tuple[str, int]:
    """The address a rule of ours compares with, and the packets its counter saw."""
    address, packets = "", 0
    for expression in _attribute(rule, "NFTA_RULE_EXPRESSIONS"):
        kind = _attribute(expression, "NFTA_EXPR_NAME")
        data = _attribute(expression, "NFTA_EXPR_DATA")
        if kind == "cmp":
            value = _attribute(_attribute(data, "NFTA_CMP_DATA"), "NFTA_DATA_VALUE")
            address = ".".join(str(byte) for byte in bytes(value))
        elif kind == "counter":
            packets = int(_attribute(data, "NFTA_COUNTER_PACKETS"))
    return address, packets
