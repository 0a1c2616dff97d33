"""``splitbrain replay RUN``: the same plan and seed again."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from splitbrain.cli.failure import EXIT_HARNESS, EXIT_INTERRUPTED
from splitbrain.cli.output import print_json, print_text, store_option
from splitbrain.plan import Plan
from splitbrain.progress import Progress, progress_for

if TYPE_CHECKING:
    from checker.verdict import Verdict

TIMES_MAX = 1000


@click.command("replay")
@click.argument("run", default="latest")
@click.option(
    "--times",
    default=1,
    show_default=True,
    metavar="N",
    type=click.IntRange(1, TIMES_MAX),
    help="How often. On the simulated host once says it all.",
)
@store_option
@click.option("--json", "as_json", is_flag=True, help="The result as JSON on stdout.")
@click.option("--quiet", "-q", is_flag=True, help="No progress: the result.")
def replay_command(run: str, times: int, store: Path | None, as_json: bool, quiet: bool) -> int:
    """Run RUN's plan again, seed and all: an id, a unique part of it, a path, or latest.

    On the simulated host the replay must give the same bytes, and any difference is an error
    (exit 70). Elsewhere the same operations and faults are asked for, and what comes of them is
    told: reproduced so many times of so many.
    """
    from histories.archive import Store, default_store
    from splitbrain.run_files import read_manifest

    where = store or default_store()
    folder = Store(where).resolve(run)
    plan = Plan.from_json(read_manifest(folder)["plan"])
    progress = progress_for(quiet=quiet)
    try:
        if plan.host == "simulated":
            return _simulated(plan, folder, as_json=as_json)
        return _elsewhere(plan, folder, where, times, progress, as_json=as_json, quiet=quiet)
    finally:
        progress.close()


def _simulated(plan: Plan, folder: Path, *, as_json: bool) -> int:
    from splitbrain.live import Interrupted
    from splitbrain.replaying import replay_simulated

    try:
        with tempfile.TemporaryDirectory(prefix="splitbrain-") as scratch:
            replay = replay_simulated(plan, folder, Path(scratch))
    except Interrupted:
        return EXIT_INTERRUPTED
    if as_json:
        print_json(
            {
                "run": folder.name,
                "same": list(replay.same),
                "differences": [difference.sentence() for difference in replay.differences],
                "verdict": replay.verdict,
            }
        )
    elif replay.differences:
        print_text(f"DIFFERENT: {folder.name}, run again, gave other bytes.")
        for difference in replay.differences:
            print_text(difference.sentence())
        print_text(
            "Was it recorded by another version of splitbrain (run.json says by which), or cut "
            "short by hand? If neither, this is an error in splitbrain; please report it."
        )
    else:
        print_text(
            f"SAME: {folder.name}, run again, gave the same bytes in {len(replay.same)} files "
            f"({', '.join(replay.same[:2])} and the nodes' logs). Verdict: {replay.verdict}."
        )
    return EXIT_HARNESS if replay.differences else replay.verdict.exit_code


def _elsewhere(
    plan: Plan,
    folder: Path,
    store: Path,
    times: int,
    progress: Progress,
    *,
    as_json: bool,
    quiet: bool,
) -> int:
    from checker.verdict import compose
    from splitbrain.run import execute
    from splitbrain.run_files import read_verdict
    from targets.hosts import reexec
    from targets.hosts.choose import choose

    wanted: Verdict = read_verdict(folder)["verdict"]
    if not reexec.inside():
        choose(plan.host)
        if plan.host == "sandbox":
            progress.close()
            arguments = ["replay", str(folder.absolute()), "--times", str(times)]
            arguments += ["--store", str(store.expanduser().absolute())]
            flags = ["--json"] * as_json + ["--quiet"] * quiet
            return reexec.enter([*arguments, *flags])
    found: list[dict[str, Any]] = []
    verdicts: list[Verdict] = []
    for number in range(1, times + 1):
        progress.phase(f"replay {number} of {times}")
        record = execute(plan, store=store, progress=progress)
        verdicts.append(record.verdict)
        found.append({"run": record.run, "verdict": record.verdict, "reason": record.reason})
        progress.line(f"{number} of {times}: {record.verdict} ({record.run})")
        if record.interrupted:
            break
    progress.close()
    reproduced = sum(verdict is wanted for verdict in verdicts)
    if as_json:
        print_json({"run": folder.name, "verdict": wanted, "replays": found, "same": reproduced})
    else:
        told = ", ".join(f"{count} {verdict}" for verdict, count in Counter(verdicts).items())
        print_text(
            f"Reproduced {reproduced} of {len(verdicts)}: {folder.name} was {wanted}, its replays "
            f"were {told}. The seed fixes what is asked and hurt, and when; not what the machine "
            "makes of it."
        )
    return EXIT_INTERRUPTED if len(verdicts) < times else compose(verdicts).exit_code
