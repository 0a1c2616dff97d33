"""A bank on a store of transactions: what its operations are as steps, and what steps tell.

open {"a": 10, "b": 10}             w a 10, w b 10
transfer 3 from a to b              add a -3, add b 3      refused where a would be below zero
read                                r a, r b               {"a": 7, "b": 13}
"""

from __future__ import annotations

from typing import Any

from clients.client import Invocation

ACCOUNTS = ("a", "b", "c", "d", "e")
"""The accounts of a bank, all of which a read looks at."""
BANK = "bank"
ADD = "add"
OPERATIONS = {"open": "txn", "transfer": "txn", "read": "txn"}
"""What they are called on the wire."""


def steps_of(invocation: Invocation) -> list[list[Any]]:
    """The steps [f, account, value] of an operation."""
    if invocation.f == "open":
        return [["w", account, held] for account, held in invocation.value.items()]
    if invocation.f == "read":
        return [["r", account, None] for account in ACCOUNTS]
    source, target, amount = (invocation.value[name] for name in ("from", "to", "amount"))
    return [[ADD, source, -amount], [ADD, target, amount]]


def told(invocation: Invocation, answered: list[list[Any]]) -> dict[str, int | None] | None:
    """What a read tells: the balances; other operations tell nothing."""
    if invocation.f != "read":
        return None
    return {account: held for _, account, held in answered}
