"""Refusals keep counts that never go backwards, whatever becomes of the rules."""

from collections.abc import Collection

from targets.hosts.rules import Refusals


class FakeTable:
    """Rules as a dict of counters; remembers every transaction."""

    def __init__(self) -> None:
        self.packets: dict[str, int] = {}
        self.transactions: list[tuple[list[str], list[str]]] = []

    def counts(self) -> dict[str, int]:
        return dict(self.packets)

    def change(self, remove: Collection[str], add: Collection[str]) -> None:
        self.transactions.append((list(remove), list(add)))
        for address in remove:
            del self.packets[address]
        for address in add:
            self.packets[address] = 0


def test_the_former_set_is_replaced_in_one_transaction():
    table = FakeTable()
    refusals = Refusals(table)
    refusals.refuse(["10.0.0.1", "10.0.0.2"])
    refusals.refuse(["10.0.0.2", "10.0.0.3"])
    assert table.transactions == [
        ([], ["10.0.0.1", "10.0.0.2"]),
        (["10.0.0.1"], ["10.0.0.3"]),
    ]


def test_a_rule_that_stays_is_not_touched():
    table = FakeTable()
    refusals = Refusals(table)
    refusals.refuse(["10.0.0.1"])
    table.packets["10.0.0.1"] = 7
    refusals.refuse(["10.0.0.1", "10.0.0.2"])
    assert table.packets == {"10.0.0.1": 7, "10.0.0.2": 0}


def test_counts_outlive_the_rules_they_came_from():
    table = FakeTable()
    refusals = Refusals(table)
    for packets in (3, 4):
        refusals.refuse(["10.0.0.1"])
        table.packets["10.0.0.1"] += packets
        refusals.refuse([])
    assert table.packets == {}
    assert refusals.dropped() == {"10.0.0.1": 7}


def test_standing_and_past_counts_add_up():
    table = FakeTable()
    refusals = Refusals(table)
    refusals.refuse(["10.0.0.1"])
    table.packets["10.0.0.1"] = 3
    refusals.refuse([])
    refusals.refuse(["10.0.0.1"])
    table.packets["10.0.0.1"] = 2
    assert refusals.dropped() == {"10.0.0.1": 5}
