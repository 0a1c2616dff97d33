"""A bank's promise: transfers move money and make none, so every read has the same total.

    open {"a": 10, "b": 10}
    transfer 3 from a to b     |----------|
    read {"a": 7, "b": 10}          |---|          17: a transfer half done

Whatever becomes of a transfer, acknowledged, failed, or of unknown outcome, the total does not
depend on it: so what is accused of a read needs no guess. Of a read is asked

    wrong total        its balances add up to what some ``open`` put in that had not failed
    missing account    all accounts are there, once that is known (an open was acknowledged, or a
                       read has shown them before this one began)
    negative balance   no balance is below zero

A history without ``open`` (Jepsen's) had its total before it began: the first read that ended says
which. After Jepsen's tests ``bank``; that a read is not only of the right total but of one moment
is what linearizability of the model asks.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from checker.linearizability.fit import check_fit
from checker.models.bank import BANK, OPEN, READ, TRANSFER, accounts_of, balances_of
from checker.verdict import Result, Verdict, Violation
from checker.wording import plural, seconds, show
from histories.event import Operation, Outcome
from histories.table import Table, table_of

KINDS = ("wrong total", "missing account", "negative balance")
BESIDE_MAX = 3
"""Transfers told beside a read with a wrong total: those that overlap it."""
ACCOUNTS_SHOWN = 8


def check_bank(operations: Sequence[Operation]) -> Result:
    """Judge a history of ``open``, ``transfer`` and ``read``: a violation a kind and key, told by
    its first read; ``details["reads"]`` counts them. VACUOUS when no read ever saw an account, or
    no transfer was acknowledged. Raises HistoryError for other operations. Linear.
    """
    return _checked(operations, KINDS)


def check_bank_total(operations: Sequence[Operation]) -> Result:
    """The same where balances may be negative (Jepsen's ``:negative-balances?``)."""
    return _checked(operations, KINDS[:2])


def _checked(operations: Sequence[Operation], kinds: Sequence[str]) -> Result:
    began = time.perf_counter()
    table = table_of(operations)
    check_fit(table, BANK)
    violations: list[Violation] = []
    banks = []
    for key, rows in zip(table.keys, table.rows_by_key(), strict=True):
        if len(rows):
            banks.append(_Bank(key, [table.operation(row) for row in rows.tolist()]))
            violations += [one for one in banks[-1].violations() if one.kind in kinds]
    violations.sort(key=lambda one: (kinds.index(one.kind), one.culprit))
    reads = sum(len(bank.reads) for bank in banks)
    seen = sum(bool(held) for bank in banks for _, held in bank.reads)
    moved = sum(len(bank.acknowledged) for bank in banks)
    if violations:
        verdict, reason = Verdict.INVALID, violations[0].sentence
    elif not seen or not moved:
        verdict = Verdict.VACUOUS
        reason = "no transfer was acknowledged" if seen else "no read ever saw an account"
    else:
        verdict = Verdict.VALID
        reason = (
            f"{plural(seen, 'read')} of the right total, beside {plural(moved, 'transfer')} that "
            f"{'was' if moved == 1 else 'were'} acknowledged"
        )
    return Result(
        verdict,
        BANK.name,
        "totals",
        len(table),
        len(banks),
        reason,
        time.perf_counter() - began,
        violations=tuple(violations),
        statistics={"banks": len(banks), "reads": reads, "transfers_acknowledged": moved},
    )


def unknown_beginning(table: Table) -> str | None:
    """Why it is not known what accounts held at first: no ``open`` says so, and reads saw them."""
    check_fit(table, BANK)
    names = table.functions
    for key, rows in zip(table.keys, table.rows_by_key(), strict=True):
        done = [names[f] for f in table.f[rows]]
        if OPEN not in done and any(_saw_accounts(table.operation(row)) for row in rows.tolist()):
            of = "" if key is None else f" of key {show(key)}"
            return (
                f"nothing says what the accounts{of} held at first, for no open of them is there; "
                "the promise bank can be decided"
            )
    return None


def _saw_accounts(one: Operation) -> bool:
    return one.f == READ and one.outcome is Outcome.OK and bool(balances_of(one.output))


@dataclass(slots=True)
class _Wrong:
    """The reads that break one rule, in order of their calls, and what the first one breaks."""

    reads: list[Operation] = field(default_factory=list)
    told: str = ""
    beside: tuple[Operation, ...] = ()

    def add(self, read: Operation, told: str, beside: Sequence[Operation] = ()) -> None:
        if not self.reads:
            self.told, self.beside = told, tuple(beside)
        self.reads.append(read)


class _Bank:
    """One key's accounts: what was done to them, and what was seen of them."""

    def __init__(self, key: Any, operations: Sequence[Operation]) -> None:
        self.key = key
        self.opens = [o for o in operations if o.f == OPEN and o.outcome is not Outcome.FAIL]
        self.transfers = [
            o for o in operations if o.f == TRANSFER and o.outcome is not Outcome.FAIL
        ]
        self.acknowledged = [o for o in self.transfers if o.outcome is Outcome.OK]
        self.reads = [
            (o, balances_of(o.output))
            for o in operations
            if o.f == READ and o.outcome is Outcome.OK
        ]

    def violations(self) -> list[Violation]:
        """What reads saw that they cannot have seen, one a kind."""
        wrong = {kind: _Wrong() for kind in KINDS}
        first = self._first()
        since = self._there_since()
        for read, held in self.reads:
            missing = self._missing(read, held, since, first)
            if missing:
                wrong["missing account"].add(read, missing)
            elif held and (told := self._misses(held, read, first)):
                wrong["wrong total"].add(read, told, self._beside(read))
            below = sorted(name for name, amount in held.items() if amount < 0)
            if below:
                names = ", ".join(f"{_name(name)} {held[name]}" for name in below)
                wrong["negative balance"].add(read, f"saw a balance below zero: {names}")
        return [self._violation(kind, one) for kind, one in wrong.items() if one.reads]

    def _first(self) -> Operation | None:
        """The read that says what there is, where nothing else does."""
        if self.opens:
            return None
        seen = (read for read, held in self.reads if held)
        return min(seen, key=lambda read: read.ret or 0, default=None)

    def _there_since(self) -> int | None:
        """The event from which on accounts are known to be there."""
        known = [o.ret for o in self.opens if o.outcome is Outcome.OK and o.ret is not None]
        known += [read.ret or 0 for read, held in self.reads if held]
        return min(known, default=None)

    def _missing(
        self, read: Operation, held: dict[str, int], since: int | None, first: Operation | None
    ) -> str:
        """Which accounts a read lacks, whatever was opened; empty where none."""
        if since is None or (not held and read.call <= since):
            return ""
        opened = [balances_of(o.input) for o in self.opens if o.call < (read.ret or 0)]
        if first is not None:
            opened = [balances_of(first.output)]
        gone = [balances.keys() - held.keys() for balances in opened]
        if not gone or not all(gone):
            return ""
        fewest = min(gone, key=lambda accounts: len(accounts))
        names = ", ".join(map(_name, sorted(fewest)[:ACCOUNTS_SHOWN]))
        if not held:
            return f"saw no account at all, though {names} were known to be there"
        return f"saw no {names} beside {_balances(held)}"

    def _misses(self, held: dict[str, int], read: Operation, first: Operation | None) -> str:
        """What is wrong with a total; empty where it is right."""
        total = sum(held.values())
        right = {sum(balances_of(o.input).values()) for o in self.opens if o.call < (read.ret or 0)}
        if first is not None:
            right = {sum(balances_of(first.output).values())}
        if total in right:
            return ""
        if not right:
            return f"saw {_balances(held)} before anybody had opened an account"
        wanted = " or ".join(map(str, sorted(right)))
        told = f"saw balances that add up to {total}, not {wanted}: {_balances(held)}"
        if first is not None:
            told += f" ({wanted} is what process {first.process} read first)"
        return told

    def _beside(self, read: Operation) -> list[Operation]:
        """Transfers that overlap a read, or may."""
        end = read.ret or 0
        over = [o for o in self.transfers if o.call < end and (o.ret or end) > read.call]
        return over[-BESIDE_MAX:]

    def _violation(self, kind: str, wrong: _Wrong) -> Violation:
        read = wrong.reads[0]
        node = f" on {read.node}" if read.node else ""
        when = f"at {seconds(read.ret_ns)}" if read.ret_ns else f"at event {read.ret}"
        sentence = f"process {read.process}'s read {when}{node} {wrong.told}"
        if wrong.beside:
            doing = "; ".join(map(_transfer, wrong.beside))
            sentence += f"; it overlaps {doing}"
        if len(wrong.reads) > 1:
            sentence += f" (so it is with {plural(len(wrong.reads), 'read')})"
        told = sentence if self.key is None else f"key {show(self.key)}: {sentence}"
        shown = sorted({read.call, *(o.call for o in wrong.beside), *self._opened_by(read)})
        details = {"reads": len(wrong.reads)}
        return Violation(kind, told, tuple(shown), read.call, self.key, details)

    def _opened_by(self, read: Operation) -> list[int]:
        return [o.call for o in self.opens if o.call < (read.ret or 0)][:1]


def _name(account: str) -> str:
    return account if account.isascii() and account.isalnum() else show(account)


def _balances(held: dict[str, int]) -> str:
    shown = [f"{_name(name)} {held[name]}" for name in sorted(held)]
    more = [f"and {len(shown) - ACCOUNTS_SHOWN} more"] if len(shown) > ACCOUNTS_SHOWN else []
    return ", ".join([*shown[:ACCOUNTS_SHOWN], *more])


def _transfer(one: Operation) -> str:
    source, target, amount = accounts_of(one.input)
    outcome = "" if one.outcome is Outcome.OK else ", whose outcome is not known"
    return (
        f"process {one.process}'s transfer of {amount} from {_name(source)} to "
        f"{_name(target)}{outcome}"
    )
