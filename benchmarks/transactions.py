"""How fast levels of isolation are judged: `python benchmarks/transactions.py`.

    python benchmarks/transactions.py [CASE…] [--peer NAME=COMMAND]… [--corpus FOLDER]

CASE is a name of --list, or its beginning (`serial`, `stale-1000000`); without any, all but those
of ten million. Histories of 1 to 4 appends and reads are drawn from a fixed seed as clients of a
serial store would record them; in the *stale* ones some read lacks what others had been told
before. Each verdict is compared with that; a wrong one ends the program with 1. *CPU s* is what
one core spends, the median of all repetitions; *loaded* what the process held before it decided
anything. Peers get Jepsen's EDN, and follow the protocol of benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from statistics import median

from deciding.limits import run_limited
from deciding.report import machine
from deciding.sides import LOADING_S, Limits, Peer, Samples
from isolating.cases import Case, every_case
from isolating.files import write_edn
from isolating.ours import columns_of

OURS = Path(__file__).parent / "isolating" / "ours.py"
LARGE = 5_000_000


def main() -> None:
    """Measure what is named on the command line."""
    arguments = _parser().parse_args()
    cases = every_case(arguments.corpus)
    if arguments.list:
        print(*(case.name for case in cases), sep="\n")
        return
    chosen = [
        case
        for case in cases
        if any(case.name.startswith(name) for name in arguments.cases)
        or (not arguments.cases and case.drawn.transactions < LARGE)
    ]
    if not chosen:
        sys.exit(f"no case begins with {', '.join(arguments.cases)}; --list names them")
    try:
        peers = [Peer(named) for named in arguments.peer]
    except ValueError as error:
        sys.exit(str(error))
    print(" · ".join(f"{name}: {value}" for name, value in machine().items()), "\n")
    heads = [
        "case",
        "transactions",
        "min / median / max, s",
        "CPU s",
        "a CPU second",
        "peak MB (loaded)",
    ]
    heads += [part for peer in peers for part in (f"{peer.name}, s", "peak MB", "ratio")]
    print(_row(heads), _row(["---"] * len(heads)), sep="\n", flush=True)
    wrong = []
    for case in chosen:
        cells, mistaken = measured(case, peers, arguments)
        wrong += mistaken
        print(_row(cells), flush=True)
    if wrong:
        sys.exit("\n".join(["", "WRONG:", *wrong]))


def measured(
    case: Case, peers: list[Peer], arguments: argparse.Namespace
) -> tuple[list[str], list[str]]:
    """A row of the table, and a sentence for each wrong verdict."""
    limits = Limits(arguments.time_limit, arguments.memory_limit)
    command = [sys.executable, str(OURS), json.dumps(case.to_json()), str(arguments.repeats + 1)]
    run = run_limited(
        command, limits.time_s * (arguments.repeats + 1) + LOADING_S, limits.memory_mb
    )
    answers = [json.loads(line) for line in run.lines]
    ours = Samples()
    ours.take(answers, run)
    wrong = []
    if ours.verdict != case.expected:
        wrong.append(
            f"{case.name}: splitbrain says {ours.verdict} ({ours.why}), not {case.expected}"
        )
    if not ours.decided:
        return [case.name, "", ours.ended], wrong
    low, middle, high = ours.summary()
    count = answers[0]["transactions"]
    # On a machine that others use as well this says what it costs, and the clock how long it took.
    spent = median(answer["cpu_seconds"] for answer in answers[1:] or answers)
    cells = [
        case.name,
        f"{count:,}",
        f"{low:.3f} / {middle:.3f} / {high:.3f}",
        f"{spent:.3f}",
        f"{count / spent:,.0f}",
        f"{ours.peak_mb:,.0f} ({answers[0]['loaded_mb']:,.0f})",
    ]
    for peer in peers:
        theirs = asked(peer, case, arguments.repeats, limits)
        if theirs.verdict not in (None, "unknown", case.expected):
            wrong.append(f"{case.name}: {peer.name} says {theirs.verdict}, not {case.expected}")
        if theirs.decided:
            took = theirs.summary()[1]
            cells += [f"{took:.3f}", f"{theirs.peak_mb:,.0f}", f"{took / middle:,.1f}×"]
        else:
            cells += [theirs.ended, f"{theirs.peak_mb:,.0f}", "–"]
    return cells, wrong


def asked(peer: Peer, case: Case, repeats: int, limits: Limits) -> Samples:
    """What a peer makes of a case."""
    samples = Samples()
    with tempfile.TemporaryDirectory() as folder:
        path = case.path
        if path is None:
            path = Path(folder) / f"{case.name}.edn"
            write_edn(columns_of(case.to_json()), path)
        ((answers, run),) = peer.decide(case, [path], repeats + 1, limits)  # type: ignore[arg-type]
    samples.take(answers, run)
    return samples


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", nargs="*", metavar="CASE")
    parser.add_argument("--list", action="store_true", help="name all cases and stop")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=COMMAND")
    parser.add_argument("--corpus", type=Path, help="a folder with elle/huge-scc.edn")
    parser.add_argument("--repeats", type=int, default=3, help="[default: 3]")
    parser.add_argument("--time-limit", type=float, default=120.0, metavar="S")
    parser.add_argument("--memory-limit", type=float, default=12_000.0, metavar="MB")
    return parser


if __name__ == "__main__":
    main()
