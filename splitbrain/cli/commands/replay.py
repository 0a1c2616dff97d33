"""``splitbrain replay RUN``: the same plan and seed again."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from splitbrain.cli.failure import EXIT_HARNESS, EXIT_INTERRUPTED, Problems
from splitbrain.cli.loudness import loudness_options, loudness_words, progress_of
from splitbrain.cli.output import print_json, print_text, store_option
from splitbrain.finding import Finding
from splitbrain.plan import Plan
from splitbrain.progress import Progress

if TYPE_CHECKING:
    from checker.verdict import Verdict
    from splitbrain.credentials import Credentials

TIMES_MAX = 1000
TELL_EVERY_S = 2.0


@click.command("replay")
@click.argument("run", default="latest")
@click.option(
    "--times",
    default=1,
    show_default=True,
    metavar="N",
    type=click.IntRange(1, TIMES_MAX),
    help="How often; told is how often the same came of it.",
)
@click.option(
    "--without-bugs",
    is_flag=True,
    help="Run the plan on the correct system, without its seeded bugs.",
)
@store_option
@click.option("--json", "as_json", is_flag=True, help="The result as JSON on stdout.")
@loudness_options
def replay_command(
    run: str,
    times: int,
    without_bugs: bool,
    store: Path | None,
    as_json: bool,
    quiet: bool,
    verbose: bool,
) -> int:
    """Run RUN's plan again, seed and all: an id, a unique part of it, a path, or latest.

    On the simulated host the replay must give the same bytes, and any difference is an error
    (exit 70), unless RUN was interrupted. Elsewhere the same operations and faults are asked
    for, and what comes of them is told: reproduced so many times of so many, which is to say
    with the same verdict and, where it accuses, an anomaly of the same kind.
    """
    from histories.archive import Store, default_store
    from splitbrain.cli.replayable import refuse_foreign, refuse_plan
    from splitbrain.plugins import changes
    from splitbrain.run_files import read_manifest
    from targets.hosts import reexec

    where = store or default_store()
    folder = Store(where).resolve(run)
    manifest = read_manifest(folder)
    plan = Plan.from_json(manifest["plan"])
    refuse_foreign(plan, manifest, folder)
    refuse_plan(plan, folder)
    if without_bugs and not plan.bugs:
        raise Problems([f"--without-bugs: {folder.name} is a run without any."])
    progress = progress_of(quiet=quiet, verbose=verbose)
    loud = loudness_words(quiet=quiet, verbose=verbose)
    try:
        if not reexec.inside():
            for sentence in changes(plan, manifest.get("target")):
                progress.line(sentence)
        if without_bugs:
            return _without_bugs(plan, folder, where, progress, as_json=as_json, loud=loud)
        if plan.host == "simulated":
            if times > 1:
                return _many_simulated(plan, folder, times, progress, as_json=as_json)
            progress.phase(f"running {folder.name} again")
            return _simulated(plan, folder, progress, as_json=as_json)
        return _elsewhere(plan, folder, where, times, progress, as_json=as_json, loud=loud)
    finally:
        progress.close()


def _simulated(plan: Plan, folder: Path, progress: Progress, *, as_json: bool) -> int:
    from splitbrain.live import Interrupted
    from splitbrain.replaying import replay_simulated
    from splitbrain.scratch import scratch

    try:
        with scratch() as copy:
            replay = replay_simulated(plan, folder, copy)
    except Interrupted:
        return EXIT_INTERRUPTED
    progress.close()
    if as_json:
        print_json(
            {
                "run": folder.name,
                "same": list(replay.same),
                "interrupted": replay.interrupted,
                "differences": [difference.sentence() for difference in replay.differences],
                "verdict": replay.verdict,
            }
        )
    elif replay.interrupted and replay.differences:
        print_text(
            f"LONGER: {folder.name} was interrupted, and its replay was not. Verdict: "
            f"{replay.verdict}."
        )
        print_text(replay.differences[0].sentence())
    elif replay.differences:
        print_text(f"DIFFERENT: {folder.name}, run again, gave other bytes.")
        for difference in replay.differences:
            print_text(difference.sentence())
        print_text(
            f"It was recorded by splitbrain {replay.recorded_by}. If that is this very program, "
            "and nobody touched the files, it is an error in splitbrain; please report it."
        )
    else:
        print_text(
            f"SAME: {folder.name}, run again, gave the same bytes in {len(replay.same)} files "
            f"({', '.join(replay.same[:2])} and the nodes' logs). Verdict: {replay.verdict}."
        )
    wrong = replay.differences and not replay.interrupted
    return EXIT_HARNESS if wrong else replay.verdict.exit_code


def _many_simulated(
    plan: Plan, folder: Path, times: int, progress: Progress, *, as_json: bool
) -> int:
    """So many replays in virtual time; each must give the same bytes."""
    from checker.verdict import compose
    from splitbrain.live import Interrupted
    from splitbrain.replaying import Expected, Replay, replay_simulated
    from splitbrain.scratch import scratch

    wanted = Expected.of(folder)
    replays: list[Replay] = []
    told_s = float("-inf")
    for number in range(1, times + 1):
        if time.monotonic() - told_s >= TELL_EVERY_S:
            told_s = time.monotonic()
            progress.phase(f"replay {number} of {times}")
        try:
            with scratch() as copy:
                replays.append(replay_simulated(plan, folder, copy))
        except (Interrupted, KeyboardInterrupt):
            break
    progress.close()
    if not replays:
        return EXIT_INTERRUPTED
    reproduced = sum(wanted.recurs(replay.verdict, replay.finding) for replay in replays)
    different = [replay for replay in replays if replay.differences]
    wrong = bool(different) and not replays[0].interrupted
    if as_json:
        told = [
            {"verdict": r.verdict, "found": r.finding.kinds, "same_bytes": not r.differences}
            for r in replays
        ]
        print_json(
            {
                "run": folder.name,
                "verdict": wanted.verdict,
                "found": wanted.finding.kinds,
                "replays": told,
                "same": reproduced,
            }
        )
    else:
        exact = len(replays) - len(different)
        print_text(
            f"Reproduced {reproduced} of {len(replays)}: {folder.name} was "
            f"{_found(wanted.verdict, wanted.finding)}. The same bytes came of {exact}."
        )
        if different:
            print_text(different[0].differences[0].sentence())
    if len(replays) < times:
        return EXIT_INTERRUPTED
    return EXIT_HARNESS if wrong else compose(r.verdict for r in replays).exit_code


def _found(verdict: Verdict, finding: Finding) -> str:
    return f"{verdict} ({finding})" if finding else f"{verdict}"


def _without_bugs(
    plan: Plan, folder: Path, store: Path, progress: Progress, *, as_json: bool, loud: list[str]
) -> int:
    """The plan on the correct system: a run of its own, that is kept."""
    from splitbrain.cli.tell import tell
    from splitbrain.report.repeat import without_bugs
    from splitbrain.run import execute
    from targets.hosts import reexec
    from targets.hosts.choose import choose

    if not reexec.inside():
        choose(plan.host)
        if plan.host == "sandbox":
            progress.close()
            flags = ["--json"] * as_json + loud
            named = ["--store", str(store.expanduser().absolute())]
            return reexec.enter(
                ["replay", str(folder.absolute()), "--without-bugs", *named, *flags]
            )
    record = execute(
        without_bugs(plan), store=store, progress=progress, credentials=_credentials(plan)
    )
    progress.close()
    tell(record, as_json=as_json)
    return EXIT_INTERRUPTED if record.interrupted else record.exit_code


def _elsewhere(
    plan: Plan,
    folder: Path,
    store: Path,
    times: int,
    progress: Progress,
    *,
    as_json: bool,
    loud: list[str],
) -> int:
    from checker.verdict import compose
    from splitbrain.replaying import Expected
    from splitbrain.run import execute
    from targets.hosts import reexec
    from targets.hosts.choose import choose

    wanted = Expected.of(folder)
    if not reexec.inside():
        choose(plan.host)
        if plan.host == "sandbox":
            progress.close()
            arguments = ["replay", str(folder.absolute()), "--times", str(times)]
            arguments += ["--store", str(store.expanduser().absolute())]
            flags = ["--json"] * as_json + loud
            return reexec.enter([*arguments, *flags])
    credentials = _credentials(plan)
    found: list[dict[str, Any]] = []
    verdicts: list[Verdict] = []
    reproduced = 0
    for number in range(1, times + 1):
        progress.phase(f"replay {number} of {times}")
        record = execute(plan, store=store, progress=progress, credentials=credentials)
        verdicts.append(record.verdict)
        reproduced += wanted.recurs(record.verdict, Finding.of_record(record))
        found.append({"run": record.run, "verdict": record.verdict, "reason": record.reason})
        progress.line(f"{number} of {times}: {record.verdict} ({record.run})")
        if record.interrupted:
            break
    progress.close()
    if as_json:
        print_json(
            {
                "run": folder.name,
                "verdict": wanted.verdict,
                "replays": found,
                "same": reproduced,
            }
        )
    else:
        told = ", ".join(f"{count} {verdict}" for verdict, count in Counter(verdicts).items())
        print_text(
            f"Reproduced {reproduced} of {len(verdicts)}: {folder.name} was {wanted.verdict}, its "
            f"replays were {told}. The seed fixes what is asked and hurt, and when; not what the "
            "machine makes of it."
        )
    return EXIT_INTERRUPTED if len(verdicts) < times else compose(verdicts).exit_code


def _credentials(plan: Plan) -> Credentials:
    """Who we are to a cluster that runs already: what the environment says, for no run keeps it."""
    import os

    from splitbrain.credentials import read_credentials

    told = os.environ if plan.endpoints else None
    credentials, problems = read_credentials(None, None, None, None, None, told)
    if problems:
        raise Problems(problems)
    return credentials
