"""The kernels of transactions under bounds checks with a fresh cache, and without the JIT."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

SAMPLE = """
import sys, warnings
warnings.simplefilter("error")
from random import Random
from isolation_compared import compared
from transactions_drawn import drawn
from checker.transactions.deciding import decide
from checker.transactions.intake import transactions_of
from histories.table import table_of

compiled = sys.argv[2] == "compiled"
for seed in range(int(sys.argv[1])):
    rng = Random(seed)
    operations = drawn(rng, rng.randint(2, 4), lists=seed % 2 == 0)
    wrong, _ = compared(operations, lists=seed % 2 == 0, compiled=compiled)
    assert not wrong, (seed, wrong)
for seed in range(int(sys.argv[1]) // 20):
    # Long: chains of nodes in place of pairs, crowded tangles, several batches.
    lists = seed % 2 == 0
    operations = drawn(Random(seed), 250, lists=lists)
    columns = transactions_of(table_of(operations), "list-append" if lists else "rw-register")
    one, other = (decide(columns, compiled=mode) for mode in (compiled, False))
    assert one.refuted == other.refuted and one.holds == other.holds, seed
    assert [a.name for a in one.anomalies] == [a.name for a in other.anomalies], seed
print("agreed")
"""


@pytest.mark.parametrize(
    ("mode", "environment", "histories"),
    (
        # Compiles everything anew.
        pytest.param("compiled", {"NUMBA_BOUNDSCHECK": "1"}, 600, marks=pytest.mark.thorough),
        ("compiled", {"NUMBA_DISABLE_JIT": "1"}, 60),
    ),
    ids=("bounds-checked", "without-jit"),
)
def test_kernels_agree_with_brute_force_and_with_one_another(
    mode, environment, histories, tmp_path
):
    path = os.pathsep.join((str(ROOT), str(ROOT / "tests" / "oracle")))
    run = subprocess.run(
        [sys.executable, "-c", SAMPLE, str(histories), mode],
        env={**os.environ, "PYTHONPATH": path, "NUMBA_CACHE_DIR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.stdout == "agreed\n", run.stderr[-2000:]
