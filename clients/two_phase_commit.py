"""The client core of the bundled two-phase commit: transactions over the reference wire.

A transaction is answered whole, with what its reads saw. One that changes nothing needs no
session: asked twice, it reads twice. All the refusals below speak for the transaction itself
and not for one copy of its request: the node that coordinates it answers every copy alike, and
when it has started again, nothing is left of what it had not decided.
"""

from __future__ import annotations

from typing import Any

from clients import bank
from clients.client import Invocation
from clients.errors import Row, table
from clients.reference import ERRORS, ReferenceCore
from histories.event import Outcome

TRANSACTIONS = {
    "list-append": {"txn": "txn"},
    "rw-register": {"txn": "txn"},
    "long-fork": {"txn": "txn"},
    bank.BANK: bank.OPERATIONS,
}

REFUSALS = ERRORS | table(
    Row("aborted", Outcome.FAIL, ran=True),
    Row("refused", Outcome.FAIL, ran=True),
    Row("shard-unreachable", Outcome.FAIL, ran=True, unavailable=True),
)


class TransactionCore(ReferenceCore):
    """Requests and answers of one worker's client (see ReferenceCore)."""

    wires = TRANSACTIONS
    errors = REFUSALS

    def is_read(self, invocation: Invocation) -> bool:
        """Whether no step of it writes."""
        return all(f == "r" for f, _, _ in self._asked(invocation))

    def _asked(self, invocation: Invocation) -> Any:
        """The steps; those of a bank follow from what is done."""
        return bank.steps_of(invocation) if self._workload == bank.BANK else invocation.value

    def _told(self, invocation: Invocation, answer: dict[str, Any]) -> Any:
        told = answer.get("value")
        return bank.told(invocation, told) if self._workload == bank.BANK and told else told
