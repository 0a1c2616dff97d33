"""The long fuzz of transactions: `python tests/fuzz/long_isolation.py [--seed N] [--histories N]`.

Small histories over lists and over registers, from stores that keep more or less of their
promises, against brute force over every order of commits and every snapshot; each order and each
anomaly found is put before the verifier. It prints what it tried, and how many histories that have
a level, or do not, are left undecided without trying every order of transactions; it stops at the
first disagreement with the history that shows it and the command that plays it again.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1] / "oracle"))

from isolation_compared import compared, missed
from transactions_drawn import drawn

from checker.transactions import deciding


def main() -> int:
    """Compare; 1 at the first disagreement."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=0, help="the first of as many seeds")
    parser.add_argument("--histories", type=int, default=20_000, metavar="N")
    parser.add_argument("--transactions", type=int, default=5, metavar="N", help="at most")
    parser.add_argument("--model", choices=("list-append", "rw-register"), action="append")
    parser.add_argument(
        "--exact", action="store_true", help="let small histories be decided by every order, too"
    )
    parser.add_argument("--jit", choices=("on", "off"), default="off")
    asked = parser.parse_args()
    if not asked.exact:
        deciding.every_order = lambda inferred, within: (False, None)
    for model in asked.model or ("list-append", "rw-register"):
        if not compare(model, asked):
            return 1
    return 0


def compare(model: str, asked: argparse.Namespace) -> bool:
    """Whether all agree; prints what was seen."""
    seen: Counter[tuple[str, str, str]] = Counter()
    began = time.monotonic()
    for seed in range(asked.seed, asked.seed + asked.histories):
        rng = Random(seed)
        operations = drawn(rng, rng.randint(2, asked.transactions), lists=model == "list-append")
        wrong, levels = compared(
            operations, lists=model == "list-append", compiled=asked.jit == "on"
        )
        seen += levels
        if wrong:
            print(f"{model}, seed {seed}:", *wrong, sep="\n  ")
            for one in operations:
                told = one.output or one.input
                print(f"  {one.call}–{one.ret} process {one.process} {one.outcome} {told}")
            print(f"again: python {sys.argv[0]} --seed {seed} --histories 1 --model {model} "
                  f"--transactions {asked.transactions}")  # fmt: skip
            return False
    took = time.monotonic() - began
    print(f"{model}: {asked.histories:,} histories in {took:.0f} s, nobody accused falsely")
    print(f"  {'level':36} {'valid':>7} {'undecided':>10} {'invalid':>8} {'undecided':>10}")
    for level, (left, of) in missed(seen).items():
        open_too = seen[level, "unknown", "valid"]
        valid = seen[level, "valid", "valid"] + open_too
        print(f"  {level:36} {valid:7,} {open_too:10,} {of:8,} {left:10,}")
    return True


if __name__ == "__main__":
    raise SystemExit(main())
