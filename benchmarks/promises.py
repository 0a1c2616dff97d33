"""What deciding promises costs: `python benchmarks/promises.py [--operations N] [--case NAME]`.

Each case is a store with one order of writes and replicas that lag behind (``replicas.py`` of
the tests' oracles), so a valid one is valid by construction; in the invalid ones replicas answer
though their session has seen more, or catch up key by key. Printed are seconds of CPU time from
columns in memory to a verdict on sequential consistency, with its checked certificate, and to
those on all four session guarantees.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "oracle"))

from replicas import apart, lagging

from checker.consistency import GUARANTEES
from checker.consistency.sequential import decide_sequential
from checker.consistency.sessions import Sessions
from checker.consistency.violated import guarantee
from checker.models import CAS_REGISTER
from checker.reading import SPLITBRAIN
from histories.event import Operation
from histories.table import table_of

Case = Callable[[Random, int], list[Operation]]
CASES: dict[str, tuple[str, Case]] = {
    "five keys, 10 clients": ("valid", lambda rng, n: lagging(rng, n)),
    "without compare-and-set": ("valid", lambda rng, n: lagging(rng, n, cas=0.0, lag=200)),
    "2 % of writes crashed": ("valid", lambda rng, n: lagging(rng, n, crashed=0.02)),
    "50 clients": ("valid", lambda rng, n: lagging(rng, n, clients=50)),
    "one key throughout": ("valid", lambda rng, n: lagging(rng, n, keys=1, per_key=n)),
    "nine reads of ten": ("valid", lambda rng, n: lagging(rng, n, reads=0.9, cas=0.05, lag=500)),
    "forgetful replicas": ("invalid", lambda rng, n: lagging(rng, n, forgetful=0.3, hops=0.1)),
    "keys that lag apart": ("invalid", apart),
}


def main() -> int:
    """Print a line a case; 1 when a verdict is not what the case promises."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--operations", type=int, default=20_000, metavar="N")
    parser.add_argument("--case", choices=CASES, action="append")
    arguments = parser.parse_args()
    print(f"{'case':26} {'verdict':8} {'sequential':>10} {'sessions':>10} {'processes':>10}")
    wrong = 0
    for name in arguments.case or CASES:
        expected, make = CASES[name]
        table = table_of(make(Random(0), arguments.operations))
        began = time.process_time()
        sessions = Sessions.of(table, CAS_REGISTER, SPLITBRAIN)
        found = decide_sequential(sessions)
        decided = time.process_time()
        for promise in GUARANTEES:
            guarantee(sessions, promise)
        done = time.process_time()
        print(
            f"{name:26} {found.verdict:8} {decided - began:8.2f} s {done - decided:8.2f} s "
            f"{len(sessions.steps):10,}"
        )
        wrong += found.verdict != expected
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
