"""The register kernels under bounds checks with a fresh cache, and without the JIT."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

SAMPLE = """
import random, sys, warnings
warnings.simplefilter("error")
import brute, random_histories
from checker.linearizability.decision import Budget, Status
from checker.linearizability.registers import turns
from checker.linearizability.registers.decide import decide
from checker.models import CAS_REGISTER
from checker.reading import SPLITBRAIN
from histories.table import table_of

def decided(operations, budget, small=False):
    compiled = sys.argv[2] == "compiled"
    table = table_of(operations)
    return decide(table, CAS_REGISTER, SPLITBRAIN, budget, monitored=small, compiled=compiled)

turns.PATIENCE = 1  # Windows at once.
for seed in range(int(sys.argv[1])):
    operations = random_histories.mixed(random.Random(seed), 8)
    valid = decided(operations, Budget()).status[0] == Status.LINEARIZED
    assert valid == brute.is_linearizable(operations), seed
    if seed % 3 == 0:
        again = decided(operations, Budget(), small=True)
        assert valid == (again.status[0] == Status.LINEARIZED), seed
for seed in range(5):
    # Crowded: several words of slots, and memory that has to grow.
    operations = random_histories.concurrent(random.Random(seed), 300, 90, 6, 0.02, 0.0, 0.3, 0.02)
    decision = decided(operations, Budget(configurations=20_000))
    assert decision.status[0] != Status.REFUTED, seed
print("agreed")
"""


@pytest.mark.parametrize(
    ("mode", "environment", "histories"),
    (
        # Compiles everything anew.
        pytest.param("compiled", {"NUMBA_BOUNDSCHECK": "1"}, 1500, marks=pytest.mark.thorough),
        ("compiled", {"NUMBA_DISABLE_JIT": "1"}, 150),
        ("plain", {}, 300),
    ),
    ids=("bounds-checked", "without-jit", "plain"),
)
def test_kernels_agree_with_brute_force(mode, environment, histories, tmp_path):
    path = os.pathsep.join((str(ROOT), str(ROOT / "tests" / "oracle")))
    run = subprocess.run(
        [sys.executable, "-c", SAMPLE, str(histories), mode],
        env={**os.environ, "PYTHONPATH": path, "NUMBA_CACHE_DIR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.stdout == "agreed\n", run.stderr[-2000:]
