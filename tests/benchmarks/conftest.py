"""Makes the parts of the benchmarks importable: ``from deciding.registers import …``."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "tests" / "oracle")]
