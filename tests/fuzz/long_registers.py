"""How many histories over registers are decided: `python tests/fuzz/long_registers.py`.

Histories of busy clients (`tests/oracle/registers_simulated.py`) from stores that keep a promise
and break the next: what becomes of each level is counted, every order and every anomaly is put
before the verifier, and what the store promises has to be found. It stops where one of these is
not so, with the command that plays that history again.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1] / "oracle"))

from registers_simulated import PROMISED, Asked, simulated

from checker.transactions.choosing import versions_for
from checker.transactions.deciding import decide
from checker.transactions.evidence import IsolationRefutation, SerialOrder, VersionOrder
from checker.transactions.findings import Findings
from checker.transactions.intake import transactions_of
from checker.transactions.showing import evidence_of
from checker.transactions.verifying import verify_isolation
from histories.event import Operation
from histories.table import table_of

TOLD = ("strict-serializable", "serializable", "snapshot-isolation", "causal", "read-committed")
MODEL = "rw-register"


def main() -> int:
    """Count; 1 where something is wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=0, help="the first of as many seeds")
    parser.add_argument("--histories", type=int, default=20, metavar="N", help="of each kind")
    parser.add_argument("--store", choices=tuple(PROMISED), action="append")
    parser.add_argument("--transactions", type=int, action="append", metavar="N")
    parser.add_argument("--clients", type=int, action="append", metavar="N")
    asked = parser.parse_args()
    print(f"{'':32} {'valid / invalid / undecided':^27}")
    print(f"{'store':9} {'txns':>6} {'clients':>8} {'CPU s':>6}", *(f"{x:>19}" for x in TOLD))
    for store in asked.store or PROMISED:
        for transactions in asked.transactions or (100, 500, 2_000):
            for clients in asked.clients or (10, 20):
                kind = Asked(transactions, clients, 10, store)
                if not count(kind, range(asked.seed, asked.seed + asked.histories)):
                    return 1
    return 0


def count(kind: Asked, seeds: range) -> bool:
    """Whether all is as it should be; prints a line."""
    seen: Counter[tuple[str, str]] = Counter()
    spent = 0.0
    for seed in seeds:
        operations = simulated(Random(seed), kind)
        columns = transactions_of(table_of(operations), MODEL)
        began = time.process_time()
        findings = decide(columns)
        spent += time.process_time() - began
        for level in TOLD:
            seen[level, str(findings.verdict(level))] += 1
        if wrong := wrong_with(findings, operations, PROMISED[kind.store]):
            print(*wrong, sep="\n")
            print(f"again: python {sys.argv[0]} --seed {seed} --histories 1 --store {kind.store} "
                  f"--transactions {kind.transactions} --clients {kind.clients}")  # fmt: skip
            return False
    told = (
        "/".join(str(seen[level, verdict]) for verdict in ("valid", "invalid", "unknown"))
        for level in TOLD
    )
    print(
        f"{kind.store:9} {kind.transactions:6,} {kind.clients:8} {spent / len(seeds):6.3f}",
        *(f"{x:>19}" for x in told),
        flush=True,
    )
    return True


def wrong_with(findings: Findings, operations: list[Operation], promised: str) -> list[str]:
    """What the verifier does not accept, and what should have been found, in sentences."""
    wrong = []
    call = findings.inferred.transactions.call
    if findings.verdict(promised) != "valid":
        wrong.append(f"{promised} is {findings.verdict(promised)}")
    proofs: list[SerialOrder | VersionOrder | IsolationRefutation] = []
    if findings.order is not None and findings.serial is not None:
        proofs.append(SerialOrder(MODEL, findings.serial, call[findings.order]))
    elif promised in findings.holds and (shown := versions_for(findings, promised, None)):
        proofs.append(VersionOrder(MODEL, promised, shown))
    for one in findings.anomalies:
        evidence = evidence_of(findings.inferred, one)
        proofs += [IsolationRefutation(MODEL, at, one.name, evidence) for at in one.refutes]
    for proof in proofs:
        if problem := verify_isolation(operations, proof):
            wrong.append(f"{type(proof).__name__} for {proof.level}: {problem}")
    return wrong


if __name__ == "__main__":
    raise SystemExit(main())
