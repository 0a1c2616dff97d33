"""Any certificate there is, read back and checked by the verifier of its kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from checker.consistency.order import FORMAT as ORDER
from checker.consistency.order import SequentialOrder
from checker.consistency.refutation import FORMAT as NO_ORDER
from checker.consistency.refutation import SequentialRefutation, verify_sequential_refutation
from checker.consistency.replay import verify_order
from checker.linearizability.certificate import Certificate
from checker.linearizability.refutation import (
    Refutation,
    certificate_from_json,
    verify_refutation,
)
from checker.linearizability.verifier import verify
from checker.models.model import Model
from checker.reading import Reading
from checker.transactions.evidence import (
    ORDER_FORMAT,
    REFUTATION_FORMAT,
    VERSIONS_FORMAT,
    IsolationRefutation,
    SerialOrder,
    VersionOrder,
)
from checker.transactions.verifying import verify_isolation
from histories.event import Operation
from histories.table import Operations, Table

Isolation = SerialOrder | VersionOrder | IsolationRefutation
Proof = Certificate | Refutation | SequentialOrder | SequentialRefutation | Isolation


def proof_from_json(data: Any) -> Proof:
    """Whichever kind ``data`` is. Raises CertificateError when it is none."""
    kind = data.get("format") if isinstance(data, dict) else None
    if kind == ORDER:
        return SequentialOrder.from_json(data)
    if kind == NO_ORDER:
        return SequentialRefutation.from_json(data)
    if kind == ORDER_FORMAT:
        return SerialOrder.from_json(data)
    if kind == VERSIONS_FORMAT:
        return VersionOrder.from_json(data)
    if kind == REFUTATION_FORMAT:
        return IsolationRefutation.from_json(data)
    return certificate_from_json(data)


def problem_of(
    operations: Sequence[Operation] | Table, model: Model | None, proof: Proof, reading: Reading
) -> str | None:
    """None if the proof holds of ``operations``; else a sentence why not.

    ``model``: the one it speaks of, but for levels of isolation, which name theirs.
    """
    if isinstance(proof, Isolation):
        told = Operations(operations) if isinstance(operations, Table) else operations
        return verify_isolation(told, proof)
    assert model is not None
    if isinstance(proof, Certificate):
        return verify(operations, model, proof, reading=reading)
    if isinstance(proof, Refutation):
        return verify_refutation(operations, model, proof, reading=reading)
    if isinstance(proof, SequentialOrder):
        return verify_order(operations, model, proof, reading=reading)
    return verify_sequential_refutation(operations, model, proof, reading=reading)


def claim_of(proof: Proof) -> tuple[str, str]:
    """The promise that it speaks of, and the verdict that it is of."""
    if isinstance(proof, Isolation):
        return proof.level, "invalid" if isinstance(proof, IsolationRefutation) else "valid"
    promise = "linearizable" if isinstance(proof, (Certificate, Refutation)) else "sequential"
    valid = isinstance(proof, (Certificate, SequentialOrder))
    return promise, "valid" if valid else "invalid"
