"""The certificate of a valid verdict, and a verifier that shares nothing with the search.

    {"format": "splitbrain-linearization", "version": 2, "model": "cas-register",
     "reading": "splitbrain", "parts": [{"key": "x", "order": [0, 4, 2, …]}, …]}

``order`` holds the ``call`` indexes of one key's operations in an order that one copy of
the object, used by one client, could have run. Indeterminate operations that took no
effect, and failed ones that assert nothing, are absent.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from checker.models import MODELS
from checker.reading import SPLITBRAIN, Reading
from histories.canonical import canonical
from histories.event import Operation, Outcome

FORMAT = "splitbrain-linearization"
VERSION = 2


def certificate(
    model: str, reading: Reading, parts: Sequence[tuple[Any, Sequence[Operation]]]
) -> dict[str, Any]:
    """The certificate for ``parts``: (key, its operations in linearization order)."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "model": model,
        "reading": reading.name,
        "parts": [
            {"key": key, "order": [operation.call for operation in order]} for key, order in parts
        ],
    }


def verify(
    operations: Sequence[Operation],
    model: str,
    certificate: dict[str, Any],
    *,
    reading: Reading = SPLITBRAIN,
) -> str | None:
    """None if the certificate shows ``operations`` linearizable; else a sentence why not.

    Checks, in one pass over each part: every completed operation is there once, nothing
    else is but open operations of this key, none comes after one that began only after it
    had returned, and the model can take every step. Never raises on a malformed certificate.
    """
    for member, expected in (
        ("format", FORMAT),
        ("version", VERSION),
        ("model", model),
        ("reading", reading.name),
    ):
        if certificate.get(member) != expected:
            return f"the certificate's {member} is {certificate.get(member)!r}, not {expected!r}"
    groups: dict[Hashable, dict[int, Operation]] = {}
    for operation in operations:
        groups.setdefault(canonical(operation.key), {})[operation.call] = operation
    parts = certificate.get("parts")
    if not isinstance(parts, list):
        return "the certificate has no list of parts"
    for part in parts:
        if not isinstance(part, dict) or not isinstance(part.get("order"), list):
            return "a part of the certificate has no order"
        group = groups.pop(canonical(part.get("key")), None)
        if group is None:
            return f"key {part.get('key')!r} is not in the history, or occurs twice"
        if problem := _verify_part(group, model, part["order"], reading):
            return f"key {part.get('key')!r}: {problem}"
    for group in groups.values():
        key = next(iter(group.values())).key
        return f"key {key!r} has no part in the certificate"
    return None


def _verify_part(
    group: dict[int, Operation], model: str, order: Sequence[Any], reading: Reading
) -> str | None:
    definition = MODELS[model]
    missing = {
        call
        for call, operation in group.items()
        if operation.outcome is not Outcome.INFO
        and definition.effect(operation, reading) is not None
    }
    placed: set[int] = set()
    state: Hashable = definition.init
    latest_call = -1
    for call in order:
        operation = group.get(call) if isinstance(call, int) else None
        if operation is None:
            return f"operation {call!r} is not of this key"
        if call in placed:
            return f"operation {call} occurs twice"
        placed.add(call)
        effect = definition.effect(operation, reading)
        if effect is None:
            return f"operation {call} asserts nothing and has no place in an order"
        if operation.ret is not None and operation.ret < latest_call:
            return f"operation {call} had returned before operation {latest_call} began"
        latest_call = max(latest_call, call)
        after = definition.step(state, effect)
        if not after:
            return f"operation {call} ({operation.f}) is impossible when the state is {state!r}"
        (state,) = after
    if absent := missing - placed:
        return f"operation {min(absent)} completed but is not in the order"
    return None
