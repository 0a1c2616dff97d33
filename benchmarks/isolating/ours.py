"""Our side, in a process of its own: ``python ours.py CASE REPETITIONS``, CASE being JSON.

Prints the protocol of peers (benchmarks/README.md): one object of JSON a repetition. The time is
that from columns in memory to the verdict on every level, with all anomalies, their evidence,
and the order of all transactions, replayed.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from deciding.limits import resident_mb_max

from checker.transactions.columns import Transactions
from checker.transactions.deciding import decide
from checker.transactions.intake import transactions_of
from checker.transactions.showing import evidence_of
from histories.history import read_history
from isolating.drawing import Drawn, draw, plant


def columns_of(case: dict[str, object]) -> Transactions:
    """The history of a case."""
    if case["path"] is not None:
        return transactions_of(read_history(str(case["path"]), named=True).table, "list-append")
    drawn = Drawn(**case["drawn"])  # type: ignore[arg-type]
    columns = draw(drawn)
    plant(columns, int(str(case["planted"])), drawn.seed)
    return columns


def main() -> None:
    """Load, warm up on next to nothing, and decide as often as asked."""
    case, repetitions = json.loads(sys.argv[1]), int(sys.argv[2])
    small = draw(Drawn(2_000))
    decide(small, compiled=True)
    plant(small, 20, 1)
    decide(small, compiled=True)
    columns = columns_of(case)
    loaded = resident_mb_max()
    for _ in range(repetitions):
        began, spent = time.perf_counter(), time.process_time()
        findings = decide(columns, compiled=True)
        for anomaly in findings.anomalies:
            evidence_of(findings.inferred, anomaly)
        took, spent = time.perf_counter() - began, time.process_time() - spent
        answer = {
            "verdict": str(findings.verdict("strict-serializable")),
            "search_seconds": took,
            "cpu_seconds": spent,
            "peak_mb": resident_mb_max(),
            "loaded_mb": loaded,
            "transactions": len(columns),
            "edges": len(findings.inferred.edges),
            "anomalies": [one.name for one in findings.anomalies],
        }
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
