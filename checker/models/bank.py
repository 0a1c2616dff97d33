"""A bank: amounts are transferred between accounts, and all balances are read at once.

    open      {"a": 10, "b": 10}
    transfer  {"from": "a", "to": "b", "amount": 3}
    read      {"a": 7, "b": 13}

``open`` says what all accounts hold, whatever they held; before it there is none, a read sees
nothing but nil, and nothing can be transferred.

* a transfer that failed did not happen; one of unknown outcome took effect once or never;
* whether a balance may be below zero is no matter of this model, but of the promise ``bank``.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, NamedTuple

from checker.models.model import Model
from checker.reading import Reading
from histories.event import Operation, Outcome

OPEN, TRANSFER, READ = "open", "transfer", "read"
Amounts = frozenset[tuple[str, int]]
State = Amounts
"""What each account holds; empty before any was opened."""
MEMBERS = {"from", "to", "amount"}
OTHERS = ("", 0)
"""What is lacking where only another ``open`` makes the right accounts."""


class BankEffect(NamedTuple):
    """``amounts``: what was read or opened, by account; of a transfer, what is added to each."""

    f: str
    amounts: Amounts


def balances_of(value: dict[Any, int | None]) -> dict[str, int]:
    """Balances by account as a text, as JSON has it; what is nil is no account."""
    return {str(account): held for account, held in value.items() if held is not None}


def accounts_of(transfer: dict[str, Any]) -> tuple[str, str, int]:
    """From which account, to which, how much."""
    return str(transfer["from"]), str(transfer["to"]), transfer["amount"]


def _effect(operation: Operation, reading: Reading) -> BankEffect | None:
    if operation.outcome is Outcome.FAIL:
        return None
    if operation.f == READ:
        if operation.outcome is not Outcome.OK:
            return None
        return BankEffect(READ, frozenset(balances_of(operation.output).items()))
    if operation.f == OPEN:
        return BankEffect(OPEN, frozenset(balances_of(operation.input).items()))
    source, target, amount = accounts_of(operation.input)
    if source == target or not amount:
        return None
    return BankEffect(TRANSFER, frozenset(((source, -amount), (target, amount))))


def _step(state: State, effect: BankEffect) -> tuple[Hashable, ...]:
    if effect.f == OPEN:
        return (effect.amounts,)
    if effect.f == READ:
        return (state,) if state == effect.amounts else ()
    if not state:
        return ()
    held = dict(state)
    for account, amount in effect.amounts:
        held[account] = held.get(account, 0) + amount
    return (frozenset(held.items()),)


def _misfit(operation: Operation) -> str | None:
    if operation.f == TRANSFER:
        return _no_transfer(operation.input)
    if operation.f == OPEN:
        given = operation.input
        if not isinstance(given, dict) or not given or None in given.values() or _odd(given):
            return f"an open of {given!r}: an object of integers by account is expected"
        return None
    if operation.f != READ:
        return f"'{operation.f}' is no operation of the model 'bank' (open, transfer, read)"
    answered = operation.outcome is Outcome.OK
    if answered and (not isinstance(operation.output, dict) or _odd(operation.output)):
        return (
            f"a read of the bank answered {operation.output!r}: an object of integers or nil by "
            "account is expected"
        )
    return None


def _odd(balances: dict[Any, Any]) -> bool:
    return any(not (held is None or type(held) is int) for held in balances.values())


def _no_transfer(given: Any) -> str | None:
    if not isinstance(given, dict) or set(given) != MEMBERS or type(given["amount"]) is not int:
        return f'a transfer of {given!r}: {{"from": …, "to": …, "amount": integer}} is expected'
    if given["from"] is None or given["to"] is None:
        return f"a transfer of {given!r}, from or to nobody"
    return None


def _observes(effect: BankEffect) -> bool:
    return effect.f == READ


def _independent(a: BankEffect, b: BankEffect) -> bool:
    """Transfers add up in any order, reads change nothing."""
    return a.f == b.f != OPEN


def _lack(state: State, effect: BankEffect) -> tuple[str, int]:
    """An account that holds too much or too little, and the sign of what is to be added."""
    held, seen = dict(state), dict(effect.amounts)
    if not held or effect.f == TRANSFER or held.keys() - seen.keys():
        return OTHERS
    account = min(name for name, amount in seen.items() if held.get(name) != amount)
    return account, 1 if seen[account] >= held.get(account, 0) else -1


def _supplies(lack: tuple[str, int], effect: BankEffect) -> bool:
    if effect.f == OPEN:
        return True
    account, sign = lack
    return any(name == account and amount * sign > 0 for name, amount in effect.amounts)


BANK = Model(
    "bank",
    frozenset(),
    (OPEN, TRANSFER, READ),
    _effect,
    _misfit,
    _step,
    _observes,
    summary="amounts are transferred between accounts, all balances are read at once",
    outcomes="a transfer that failed did not happen; a read of nil saw no account",
    independent=_independent,
    lack=_lack,
    supplies=_supplies,
)
