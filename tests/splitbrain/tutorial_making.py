"""Makes what lies in ``docs/making`` importable, and says which page it makes."""

import sys
from pathlib import Path

MAKING = Path(__file__).resolve().parents[2] / "docs" / "making"
sys.path.insert(0, str(MAKING))
