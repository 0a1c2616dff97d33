"""Error tables: what each error says of the operation that met it.

A table is data, one row an error, so that every row can be tested. The rule for pure reads
is not a row: a read that errs is ``fail`` whatever the error, for it changed nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from clients.client import Completion
from histories.event import Outcome


@dataclass(frozen=True, slots=True)
class Row:
    """An error and the outcome of a mutation that met it.

    ``ran`` says that the command was executed and this is its result; ``unavailable`` that
    the node cannot serve just now (see Completion).
    """

    error: str
    outcome: Outcome
    unavailable: bool = False
    ran: bool = False

    def completion(self, is_read: bool) -> Completion:
        """The completion of an operation that met this error."""
        outcome = Outcome.FAIL if is_read else self.outcome
        return Completion(outcome, None, self.error, self.unavailable)


def table(*rows: Row) -> dict[str, Row]:
    """The rows by error."""
    return {row.error: row for row in rows}


TRANSPORT = table(
    # Nothing of the operation was ever sent: it definitely did not happen.
    Row("connection-refused", Outcome.FAIL, unavailable=True),
    Row("unreachable", Outcome.FAIL, unavailable=True),
    Row("tls", Outcome.FAIL, unavailable=True),
    Row("connect-timeout", Outcome.FAIL),
    Row("no-greeting", Outcome.FAIL, unavailable=True),
    # Something was sent: it may have happened.
    Row("connection-lost", Outcome.INFO, unavailable=True),
    Row("garbled-answer", Outcome.INFO, unavailable=True),
    Row("timeout", Outcome.INFO),
)
"""What can happen to an operation on its way, the same for every wire."""
