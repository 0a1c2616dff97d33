"""What can be shown of each key of a judged history: how its operations can be ordered."""

from __future__ import annotations

import time
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from checker.linearizability.certificate import Certificate
from checker.linearizability.decision import Budget, Decision, Status
from checker.linearizability.reach import Reach, along, around
from checker.models.model import Model
from checker.reading import Reading
from checker.verdict import Result, Verdict, Violation
from histories.canonical import canonical
from histories.event import Operation
from histories.table import NEVER, Int64, Table

SECONDS_MAX = 10.0
SHARE_MAX = 0.5
"""Of the time that is left, one decision takes no more."""
ATTEMPTS_MAX = 8
"""Prefixes tried, each shorter, until one is linearizable."""


@dataclass(slots=True)
class Account:
    """A key's part of the story.

    ``rows``: rows of the table, in order of call; positions in ``reach`` index them. ``reach``
    is None where no order is known. ``stuck``: position of the first completed operation that
    no linearizable prefix takes in together with all that returned before it.
    """

    key: Any
    rows: Int64
    verdict: Verdict
    reach: Reach | None = None
    stuck: int | None = None


def accounts(
    table: Table,
    result: Result,
    model: Model,
    reading: Reading,
    *,
    seconds_max: float = SECONDS_MAX,
) -> list[Account]:
    """One account a key, in the order in which keys first occur; one for all if not by key.

    Orders come from the certificate of ``result`` where there is one; else each key is decided
    anew, within ``seconds_max`` over all. A refuted key gets the longest prefixes through the
    operations near its end. ``result`` must be that of ``table`` under ``model``.
    """
    teller = _Teller(table, model, reading, time.perf_counter() + seconds_max)
    own = teller.accounts
    if isinstance(result.certificate, Certificate) and result.verdict is not Verdict.INVALID:
        teller.certified(result.certificate.to_json()["parts"])
        return own
    for violation in result.violations:
        teller.refuted(violation)
    teller.rest(result.verdict)
    return own


class _Teller:
    def __init__(self, table: Table, model: Model, reading: Reading, deadline: float) -> None:
        self.table = table
        self.model = model
        self.reading = reading
        self.deadline = deadline
        groups = table.rows_by_key() if model.by_key else [np.arange(len(table))]
        groups = sorted((rows for rows in groups if len(rows)), key=lambda rows: int(rows[0]))
        self.accounts = [Account(self._key(rows), rows, Verdict.UNKNOWN) for rows in groups]
        self._by_key = {canonical(account.key): account for account in self.accounts}

    def _key(self, rows: Int64) -> Any:
        return self.table.keys[int(self.table.key[rows[0]])] if self.model.by_key else None

    def certified(self, parts: Sequence[dict[str, Any]]) -> None:
        """A valid history: the certificate's orders, with the states along them."""
        for part in parts:
            account = self._by_key.get(canonical(part["key"]))
            if account is None:
                continue
            position = {call: i for i, call in enumerate(self.table.call[account.rows].tolist())}
            order = [position[call] for call in part["order"]]
            self._linearized(account, order)

    def _linearized(self, account: Account, order: Sequence[int]) -> None:
        account.verdict = Verdict.VALID
        account.reach = along(
            self._operations(account), order, self.model, self.reading, self.deadline
        )

    def _operations(self, account: Account) -> list[Operation]:
        return [self.table.operation(row) for row in account.rows.tolist()]

    def refuted(self, violation: Violation) -> None:
        """A refuted key: the longest prefixes near its end."""
        account = self._by_key.get(canonical(violation.key if self.model.by_key else None))
        if account is None or account.verdict is Verdict.INVALID:
            return
        account.verdict = Verdict.INVALID
        row = _row_of(self.table, account.rows, violation.culprit)
        if row is not None:
            self._until(account, row, Verdict.INVALID)

    def _until(self, account: Account, row: int, verdict: Verdict) -> None:
        """The prefixes of a key whose completion ``row`` no linearizable one is known to reach."""
        deadline = self._share()
        for _ in range(ATTEMPTS_MAX):
            end = int(self.table.ret[row])
            if end == NEVER:
                return
            prefix, rows = self._prefix(account.rows, end - 1)
            decision = self._decide(prefix, deadline)
            status = int(decision.status.max()) if len(rows) else Status.LINEARIZED
            if int(decision.status.min(initial=1)) == Status.REFUTED:
                # What a monitor accuses need not be the first completion without a place.
                number = int(np.flatnonzero(decision.status == Status.REFUTED)[0])
                row = int(rows[decision.stuck[number]])
                continue
            if status != Status.LINEARIZED:
                return
            at = {row: position for position, row in enumerate(account.rows.tolist())}
            account.stuck = at[row]
            account.reach = around(
                self._operations(account),
                [at[int(rows[one])] for one in decision.order.tolist()],
                end,
                self.model,
                self.reading,
                deadline,
                refuted=verdict is Verdict.INVALID,
            )
            return

    def _prefix(self, rows: Int64, end: int) -> tuple[Table, Int64]:
        """The history of some rows up to an event; what is open then happened or did not.

        Sound: see ``Relaxer.prefix``. What is known of an answer still holds if it happened, and
        an observer that is open says nothing.
        """
        rows = rows[self.table.call[rows] <= end]
        open_ = np.flatnonzero(self.table.ret[rows] > end)
        silent = [i for i in open_.tolist() if self._silent(int(rows[i]))]
        rows = np.delete(rows, silent)
        cut = self.table.take(rows)
        late = cut.ret > end
        ret, ret_ns = np.where(late, NEVER, cut.ret), np.where(late, NEVER, cut.ret_ns)
        return replace(cut, ret=ret, ret_ns=ret_ns), rows

    def _share(self) -> float:
        """When what is begun now must have ended, so that something is left for the rest."""
        now = time.perf_counter()
        return now + (self.deadline - now) * SHARE_MAX

    def _silent(self, row: int) -> bool:
        effect: Hashable = self.model.effect(self.table.operation(row), self.reading)
        return effect is None or self.model.observes(effect)

    def _decide(self, table: Table, deadline: float) -> Decision:
        if self.model.family == "register":
            from checker.linearizability.registers.decide import decide

            return decide(table, self.model, self.reading, Budget(deadline=deadline))
        from checker.linearizability.objects.decide import decide as decide_object

        return decide_object(table, self.model, self.reading, Budget(deadline=deadline))

    def rest(self, verdict: Verdict) -> None:
        """The keys that are not refuted: decided anew, together, refuted ones set apart."""
        left = [account for account in self.accounts if account.verdict is Verdict.UNKNOWN]
        while left and time.perf_counter() < self.deadline:
            rows = np.sort(np.concatenate([account.rows for account in left]))
            decision = self._decide(self.table.take(rows), self._share())
            again = []
            for account in left:
                number = int(self.table.key[account.rows[0]]) if self.model.by_key else 0
                status = Status(int(decision.status[number]))
                if status is Status.LINEARIZED:
                    at = {row: position for position, row in enumerate(account.rows.tolist())}
                    order = decision.order[decision.starts[number] : decision.starts[number + 1]]
                    self._linearized(account, [at[int(rows[one])] for one in order.tolist()])
                elif status is Status.REFUTED:
                    account.verdict = Verdict.INVALID
                    self._until(account, int(rows[decision.stuck[number]]), Verdict.INVALID)
                elif status is Status.SKIPPED:
                    again.append(account)
                elif decision.stuck[number] >= 0:
                    self._until(account, int(rows[decision.stuck[number]]), Verdict.UNKNOWN)
            if len(again) == len(left) or verdict is Verdict.UNKNOWN:
                break
            left = again


def _row_of(table: Table, rows: Int64, call: int | None) -> int | None:
    if call is None:
        return None
    found = rows[table.call[rows] == call]
    return int(found[0]) if len(found) else None
