"""The general engine's kernels under bounds checks with a fresh cache, and without the JIT."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

SAMPLE = """
import random, sys, warnings
warnings.simplefilter("error")
import oracle
from checker.linearizability.decision import Budget, Status
from checker.linearizability.objects.decide import decide
from checker.models import MODELS
from checker.reading import SPLITBRAIN
from histories.table import table_of

def valid(name, operations):
    table = table_of(operations)
    decision = decide(
        table, MODELS[name], SPLITBRAIN, Budget(), monitors=False, compiled=True
    )
    return bool((decision.status == Status.LINEARIZED).all())

for name in ("append", "counter", "unordered-queue", "multi-register", "lock"):
    for seed in range(int(sys.argv[1])):
        operations = oracle.small_history(random.Random(seed), name, 8)
        expected = oracle.is_linearizable(name, operations)
        assert valid(name, operations) == expected, (name, seed)
# Crowded: several words of slots, and an arena that has to grow.
operations = oracle.concurrent(
    random.Random(1), "unordered-queue", 200, processes=90, values=0, crashed=0, eager=0.02
)
assert valid("unordered-queue", operations)
print("agreed")
"""


@pytest.mark.parametrize(
    ("environment", "histories"),
    (
        # Compiles everything anew.
        pytest.param({"NUMBA_BOUNDSCHECK": "1"}, 60, marks=pytest.mark.thorough),
        ({"NUMBA_DISABLE_JIT": "1"}, 20),
    ),
    ids=("bounds-checked", "without-jit"),
)
def test_kernels_agree_with_the_oracles(environment, histories, tmp_path):
    path = os.pathsep.join((str(ROOT), str(ROOT / "tests" / "oracle")))
    run = subprocess.run(
        [sys.executable, "-c", SAMPLE, str(histories)],
        env={**os.environ, "PYTHONPATH": path, "NUMBA_CACHE_DIR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.stdout == "agreed\n", run.stderr[-2000:]
