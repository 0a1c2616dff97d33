"""The same kernels under bounds checks with a fresh cache, and without the JIT."""

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
from checker.linearizability import kernels
from checker.linearizability.engine import Search, Status, compiled_kernels
from checker.linearizability.part import compile_part
from checker.models import CAS_REGISTER

functions = compiled_kernels() if sys.argv[2] == "compiled" else kernels
for seed in range(int(sys.argv[1])):
    operations = random_histories.mixed(random.Random(seed), 8)
    search = Search.over(compile_part(operations, CAS_REGISTER))
    search.run(functions, 10**6, 1 << 30)
    assert (search.status is Status.LINEARIZED) == brute.is_linearizable(operations), seed
for seed in range(5):
    # Crowded: several words of slots, and an arena that has to grow.
    operations = random_histories.concurrent(random.Random(seed), 300, 90, 6, 0.02, 0.0, 0.3, 0.02)
    search = Search.over(compile_part(operations, CAS_REGISTER))
    assert search.run(functions, 10**5, 1 << 30) is not Status.REFUTED, seed
print("agreed")
"""


@pytest.mark.parametrize(
    ("mode", "environment", "histories"),
    (
        ("compiled", {"NUMBA_BOUNDSCHECK": "1"}, 1500),
        ("compiled", {"NUMBA_DISABLE_JIT": "1"}, 300),
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
