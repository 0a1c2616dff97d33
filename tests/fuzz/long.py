"""The long fuzz: `python tests/fuzz/long.py [--seed N] [--minutes M] [--model MODEL]…`.

With ``--small`` the histories are those that every order is tried of, and of each it is only asked
whether checker and engines say what is true, the rules of the engines on and off: thousands a
minute, where the others are hundreds.

Random histories of every model are judged by oracles that share nothing with the checker (every
order tried where a history is small, an unpruned frontier elsewhere), and the checker is asked
about each in many ways (``fuzz_checks.py``). Stops at the first disagreement, writes the history
it shrank it to as a journal, and says how to see it again. The seed is always printed; a round
depends on the seed and its number alone.
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import random
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).parent), str(ROOT / "tests" / "oracle"), str(ROOT)]

if TYPE_CHECKING:
    from fuzz_checks import Check
    from fuzz_drawing import Drawn

TELL_S = 30.0
"""How often it says how far it is."""
HANGS_S = 120.0
"""A round that takes longer hangs: the fuzz says which, and where, and ends."""
SHRINK_S = 60.0
GENERATORS = 4
SHOWN_MAX = 20
ESSENTIAL = ("verdict", "engine")
"""The checks that ``--small`` makes."""


class Tally:
    """Rounds counted by class."""

    def __init__(self) -> None:
        self.rounds = self.skipped = self.invalid = self.indeterminate = 0
        self.classes: Counter[tuple[str, str, str, str]] = Counter()
        self.checks: Counter[str] = Counter()
        self.undecided: Counter[str] = Counter()

    def count(self, drawn: Drawn) -> None:
        self.rounds += 1
        self.invalid += not drawn.valid
        self.indeterminate += drawn.indeterminate
        valid = "valid" if drawn.valid else "invalid"
        crashed = "crashed" if drawn.indeterminate else ""
        self.classes[drawn.model, drawn.size, valid, crashed] += 1

    def line(self) -> str:
        of = max(self.rounds, 1)
        return (
            f"{self.rounds:,} histories, {self.invalid / of:.0%} invalid, "
            f"{self.indeterminate / of:.0%} with indeterminate operations, "
            f"{self.skipped:,} too hard for the oracles; {sum(self.checks.values()):,} checks"
        )

    def table(self) -> str:
        lines = [f"{'model':16} {'small':>8} {'long':>8} {'invalid':>8} {'indeterminate':>14}"]
        for model in sorted({key[0] for key in self.classes}):
            mine = {key: n for key, n in self.classes.items() if key[0] == model}
            total = sum(mine.values())
            small = sum(n for key, n in mine.items() if key[1] == "small")
            invalid = sum(n for key, n in mine.items() if key[2] == "invalid")
            crashed = sum(n for key, n in mine.items() if key[3])
            lines.append(
                f"{model:16} {small:8,} {total - small:8,} {invalid / total:8.0%} "
                f"{crashed / total:14.0%}"
            )
        made = ", ".join(f"{name} {n:,}" for name, n in sorted(self.checks.items()))
        undecided = ", ".join(f"{model} {n:,}" for model, n in sorted(self.undecided.items()))
        return "\n".join(
            [*lines, f"checks: {made}", f"checks that ran out of time: {undecided or 'none'}"]
        )


class Watch:
    """Ends the program when a round hangs, also inside compiled code."""

    def __init__(self, again: str) -> None:
        self._again = again
        self._round: int | None = None
        self._since = time.monotonic()
        threading.Thread(target=self._watch, daemon=True).start()

    def look_at(self, number: int | None) -> None:
        """Another round begins; None: nothing to watch any more."""
        self._round, self._since = number, time.monotonic()

    def _watch(self) -> None:
        while True:
            time.sleep(1)
            number = self._round
            if number is None or time.monotonic() < self._since + HANGS_S:
                continue
            print(f"round {number} hangs: {HANGS_S:g} s", flush=True)
            print(f"{self._again} --round {number}")
            sys.stdout.flush()
            faulthandler.dump_traceback()
            os._exit(1)


def main() -> int:
    """Fuzz until the time is up (0) or something disagrees (1)."""
    arguments = _parser().parse_args()
    if arguments.jit == "off":
        os.environ["NUMBA_DISABLE_JIT"] = "1"
    if arguments.jit == "bounds":
        os.environ["NUMBA_BOUNDSCHECK"] = "1"
        os.environ["NUMBA_CACHE_DIR"] = tempfile.mkdtemp(prefix="fuzz-cache-")
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(10**9)
    print(f"seed {seed}", flush=True)
    return fuzz(
        seed,
        arguments.minutes * 60,
        arguments.model,
        first=arguments.round or 0,
        rounds=1 if arguments.round is not None else None,
        folder=arguments.folder,
        small=arguments.small,
    )


def fuzz(
    seed: int,
    seconds: float,
    models: list[str],
    *,
    first: int = 0,
    rounds: int | None = None,
    folder: Path = Path(),
    small: bool = False,
    tell: Callable[[str], None] = print,
) -> int:
    """Rounds ``first``, ``first`` + 1 … until the time is up; 1 at the first disagreement."""
    from fuzz_drawing import KNOWN, SMALL_SHARE, draw

    if unknown := sorted(set(models) - set(KNOWN)):
        raise SystemExit(f"--model: {', '.join(unknown)}; known are {', '.join(KNOWN)}")
    again = f"again: python tests/fuzz/long.py --seed {seed}"
    again += " --small" * small + "".join(f" --model {model}" for model in models)
    tally, watch = Tally(), Watch(again)
    began = told = time.monotonic()
    number = first
    while time.monotonic() < began + seconds and number - first != rounds:
        watch.look_at(number)
        rng = random.Random(f"{seed}/{number}")
        drawn = draw(rng, models or KNOWN, small_share=1.0 if small else SMALL_SHARE)
        if drawn is None:
            tally.skipped += 1
        elif (wrong := failed(drawn, tally, ESSENTIAL if small else None)) is not None:
            name, check, sentence = wrong
            tell(f"round {number}: {drawn.model}, {drawn.size}, reading {drawn.reading.name}")
            tell(f"{name}: {sentence}")
            watch.look_at(None)
            path = folder / f"fuzz-{seed}-{number}.jsonl"
            tell(keep(drawn, check, path))
            tell(f"{again} --round {number}")
            return 1
        number += 1
        if time.monotonic() > told + TELL_S:
            told = time.monotonic()
            tell(f"{(told - began) / 60:.1f} min: {tally.line()}")
    watch.look_at(None)
    tell(f"no disagreement: {tally.line()}\n{tally.table()}")
    return 0


def failed(
    drawn: Drawn, tally: Tally, names: Collection[str] | None = None
) -> tuple[str, Check, str] | None:
    """The first check (of ``names``) that something is wrong with: name, itself, what it says.

    The generator of ``drawn`` is left as the check found it.
    """
    from fuzz_catalogue import CHECKS

    tally.count(drawn)
    for name, (often, check) in CHECKS.items():
        if drawn.rng.random() >= often or (names is not None and name not in names):
            continue
        tally.checks[name] += 1
        state = drawn.rng.getstate()
        if (sentence := outcome(check, drawn, tally)) is not None:
            drawn.rng.setstate(state)
            return name, check, sentence
    return None


def outcome(check: Check, drawn: Drawn, tally: Tally | None = None) -> str | None:
    """What a check says; whatever it raises is wrong as well."""
    from fuzz_checks import Skipped, Undecided

    try:
        return check(drawn)
    except Skipped:
        return None
    except Undecided:
        if tally is not None:
            tally.undecided[drawn.model] += 1
        return None
    except Exception:
        return traceback.format_exc()


def keep(drawn: Drawn, check: Check, path: Path) -> str:
    """Write the shortest history found on which the check still says something is wrong."""
    from fuzz_drawing import judged

    from histories.event import Event, EventType, Operation, Outcome
    from histories.journal import Journal

    same = drawn.rng.getstate()

    def wrong(operations: list[Operation]) -> bool:
        # Checks draw. The same draws come first; they may mean something else by now.
        for number in range(GENERATORS):
            rng = random.Random(number)
            if number == 0:
                rng.setstate(same)
            other = judged(drawn.model, drawn.size, drawn.reading, operations, rng)
            if other is not None and outcome(check, other) is not None:
                return True
        return False

    operations = list(drawn.operations)
    deadline = time.monotonic() + SHRINK_S
    again = True
    while again and time.monotonic() < deadline:
        again = False
        for one in list(operations):
            fewer = [o for o in operations if o is not one]
            if time.monotonic() < deadline and wrong(fewer):
                operations, again = fewer, True
    path.unlink(missing_ok=True)
    journal = Journal(path, {"model": drawn.model, "reading": drawn.reading.name})
    events = []
    for o in operations:
        events.append((o.call, 0, EventType.INVOKE, o.input, None, o))
        if o.outcome is Outcome.INFO:
            continue
        assert o.ret is not None
        kind = EventType.OK if o.outcome is Outcome.OK else EventType.FAIL
        events.append((o.ret, 1, kind, o.output, o.error, o))
    events.sort(key=lambda event: event[:2])
    for index, (_, _, kind, value, error, o) in enumerate(events):
        journal.append(Event(index, index, o.process, kind, o.f, o.key, value, None, error))
    journal.close()
    lines = [f"{len(operations)} operations are left of {len(drawn.operations)}; in {path}:"]
    lines += [f"  {operation}" for operation in operations[:SHOWN_MAX]]
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, help="[default: drawn, and printed]")
    parser.add_argument("--minutes", type=float, default=10.0, metavar="M", help="[default: 10]")
    parser.add_argument(
        "--model", action="append", default=[], help="only this one; may be repeated"
    )
    parser.add_argument("--small", action="store_true", help="small histories only, two checks")
    parser.add_argument("--round", type=int, metavar="N", help="only this round of the seed")
    parser.add_argument(
        "--jit",
        choices=("on", "off", "bounds"),
        default="on",
        help="compiled kernels; plain Python; or compiled with bounds checks and a fresh cache",
    )
    parser.add_argument("--folder", type=Path, default=Path(), help="where a failure is written")
    return parser


if __name__ == "__main__":
    sys.exit(main())
