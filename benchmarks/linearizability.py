"""How fast a history is decided, beside other checkers: `python benchmarks/linearizability.py`.

    python benchmarks/linearizability.py [CASE…] [--peer NAME=COMMAND]… [--json FILE]

CASE is a name of --list, its beginning (`grid`, `cas`, `unique-1000000`), or a pattern
(`*-small-*`); `start` measures the command line with an empty and with a full cache. Without
any: everything.
Histories are drawn from a fixed seed, decided by us and by each peer in turns, and every verdict
is compared with what the generator promises; a wrong one ends the program with 1.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from deciding.cases import chosen, every_case
from deciding.contest import Row, measure
from deciding.report import crashes_ratio, document, header, line, machine
from deciding.sides import Limits, Peer
from deciding.start import measure_start


def main() -> None:
    """Measure what is named on the command line."""
    arguments = _parser().parse_args()
    if arguments.list:
        print(*(case.name for case in every_case(arguments.corpus)), "start", sep="\n")
        return
    names = [name for name in arguments.cases if name != "start"]
    try:
        peers = [Peer(named) for named in arguments.peer]
        cases = chosen(names, arguments.corpus, arguments.quick)
    except KeyError as error:
        sys.exit(f"no case is called, or begins with, {error}; --list names them")
    except ValueError as error:
        sys.exit(str(error))
    if names != arguments.cases and not names:
        cases = []
    limits = Limits(arguments.time_limit, arguments.memory_limit)
    repeats = 1 if arguments.quick else arguments.repeats
    print(" · ".join(f"{name}: {value}" for name, value in machine().items()))
    print(f"limits: {limits.time_s:g} s a repetition, {limits.memory_mb:g} MB a process\n")
    rows: list[Row] = []
    if cases:
        print(header(peers), flush=True)
    for case in cases:
        row = measure(case, peers, repeats, limits, not arguments.no_end_to_end)
        rows.append(row)
        print(line(row, peers), flush=True)
    if (ratio := crashes_ratio(rows)) is not None:
        print(f"\n{ratio}")
    if not names:
        print("\n" + "\n".join(measure_start(repeats)))
    if arguments.json:
        text = json.dumps(document(rows, peers, limits), indent=1)
        arguments.json.write_text(text + "\n", encoding="utf-8")
    if wrong := [sentence for row in rows for sentence in row.wrong()]:
        sys.exit("\n".join(["", "WRONG:", *wrong]))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", nargs="*", metavar="CASE")
    parser.add_argument("--list", action="store_true", help="name all cases and stop")
    parser.add_argument(
        "--peer",
        action="append",
        default=[],
        metavar="NAME=COMMAND",
        help="another checker; may be repeated; the protocol is in benchmarks/README.md",
    )
    parser.add_argument(
        "--corpus",
        type=Path,
        help="a folder with etcd-jepsen and kv-append (verdicts.json in each)",
    )
    parser.add_argument("--repeats", type=int, default=3, help="turns of each side  [default: 3]")
    parser.add_argument("--time-limit", type=float, default=60.0, metavar="S")
    parser.add_argument("--memory-limit", type=float, default=8_000.0, metavar="MB")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample there")
    parser.add_argument("--quick", action="store_true", help="the small cases only, one turn each")
    parser.add_argument("--no-end-to-end", action="store_true", help="do not time whole commands")
    return parser


if __name__ == "__main__":
    main()
