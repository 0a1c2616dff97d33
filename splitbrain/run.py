"""A run, from plan to verdict.

    plan ─► run folder ─► machines, nodes ─► clients and faults ─► journal ─► verdict ─► files
                              └────────── always undone, whatever happens ──────────┘

Trouble with the harness or its host raises (exit 70); what the clients saw decides the
verdict and nothing else does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from checker.verdict import Result, Verdict, compose
from histories.archive import Store
from histories.event import EventType
from nemesis.ledger import LedgerError, read_ledger
from splitbrain import leftovers, run_files
from splitbrain.archive.closing import closed
from splitbrain.credentials import NO_CREDENTIALS, SECURE_SCHEMES, Credentials
from splitbrain.documented import documented
from splitbrain.effects import attribute
from splitbrain.endpoints import Endpoint
from splitbrain.hosts import make_host
from splitbrain.live import Seen, live
from splitbrain.liveness import unavailable
from splitbrain.meaning import vacuous_because
from splitbrain.plan import AIMED, Plan
from splitbrain.plugins import blamed, look_over, system_of, workload_of
from splitbrain.progress import Progress, SilentProgress
from splitbrain.record import RunRecord, Timings
from splitbrain.schedule import faults_of
from splitbrain.tenancy import keeps_apart
from targets.hosts.simulated import SimulatedHost, run_virtual
from targets.target import Capability, Host, HostUnavailable, System

LONG = 50_000
"""Of so many operations the report takes more than two seconds to make."""


class PlanError(ValueError):
    """A plan that cannot be run; the message lists all that is wrong with it."""


class Unjudged(Exception):
    """What a run recorded cannot be judged; the harness failed, not what the user typed."""


def execute(
    plan: Plan,
    *,
    store: Path,
    progress: Progress | None = None,
    host: Host | None = None,
    credentials: Credentials = NO_CREDENTIALS,
) -> RunRecord:
    """Run the plan and judge it; the record is also in the store.

    ``host`` stands in for the one the plan names. ``credentials`` are for a cluster that runs
    already; nothing of them is written down.

    Raises PlanError before anything is started, Interrupted when the user stops it before
    any client did, and TargetError when the harness's side fails; the run folder
    then keeps what was journaled.
    """
    progress = progress or SilentProgress()
    look_over(plan)
    with blamed(plan):
        host = host or make_host(plan, progress)
        check(plan, host, credentials)
    # Before our own folder is there: what is left of a dead run must not meet this one.
    known = leftovers.Known(plan.endpoints, credentials)
    done = leftovers.clean(store, engine=plan.host == "docker", outside=known)
    for sentence in done.sentences():
        progress.line(sentence)
    folder = Store(store).create(plan.system, plan.workload)
    started = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        run_files.write_manifest(folder.path, plan, started, state="running")
        try:
            with blamed(plan):
                seen = lived(plan, folder.path, host, started, progress, credentials)
            progress.phase(_judging())
            record = judged(plan, folder.path, started, seen)
            for sentence in judgement_sentences(record):
                progress.detail(sentence)
        except BaseException as error:
            told = f"{type(error).__name__}: {error}"
            with suppress(OSError):  # on a full disk, what failed is more worth telling
                run_files.write_manifest(folder.path, plan, started, state="failed", error=told)
            if isinstance(error, OSError) and run_files.journal_of(folder.path).is_file():
                journal = run_files.journal_of(folder.path)
                error.add_note(f"What was recorded until then is kept: splitbrain check {journal}")
            raise
        if len(record.operations) >= LONG:
            progress.phase(f"making the report of {len(record.operations):,} operations")
        return closed(record, store, secrets=credentials.secrets())
    finally:
        folder.close()


def lived(
    plan: Plan,
    folder: Path,
    host: Host,
    started: str,
    progress: Progress,
    credentials: Credentials = NO_CREDENTIALS,
) -> Seen:
    """The live part of a run, in the time of its host: see ``splitbrain.live.live``."""
    life = live(plan, folder, host, started, progress, credentials)
    return run_virtual(life) if isinstance(host, SimulatedHost) else asyncio.run(life)


def check(plan: Plan, host: Host, credentials: Credentials = NO_CREDENTIALS) -> None:
    """Refuse a plan that this host, system or workload cannot run.

    Raises PlanError, and HostUnavailable where software is missing that has to be installed.
    """
    from nemesis.kinds import FAULTS, FaultTargetError

    problems = []
    system = system_of(plan)
    if plan.workload not in system.workloads:
        known = ", ".join(system.workloads)
        problems.append(f"{plan.system} has no workload {plan.workload!r}; it has {known}")
    if plan.endpoints and not keeps_apart(plan.system):
        problems.append(
            f"--endpoints: clients of {plan.system} cannot keep to keys of their own, so keys of "
            "others would be overwritten"
        )
    problems += _unspoken(plan, system, credentials)
    try:
        system.launch("n1", {"n1": "127.0.0.1"}, (), plan.options)
    except ValueError as error:
        problems.append(f"--option: {error}")
    if plan.strategy == AIMED:
        problems += aimless_because(plan, host)
    for kind in plan.faults:
        if Capability(FAULTS[kind].capability) not in host.capabilities:
            problems.append(f"host {host.name} cannot do {kind}: {_cure(plan, kind)}")
    try:
        faults_of(plan)
    except FaultTargetError as error:
        problems.append(str(error))
    if plan.concurrency < plan.nodes:
        problems.append(
            f"{plan.concurrency} clients leave some of {plan.nodes} nodes without one: "
            f"give --concurrency at least {plan.nodes}"
        )
    if problems:
        raise PlanError("\n".join(problems))
    if lacking := host.lacks(system.launch("n1", {"n1": "127.0.0.1"}, (), plan.options)):
        raise HostUnavailable(f"{plan.system} cannot run here: {'; '.join(lacking)}")


def _cure(plan: Plan, kind: str) -> str:
    if plan.endpoints:
        return (
            "nodes that others started can be cut off from one another (partition) and paused, "
            "but not started again: drop it from --faults"
        )
    if plan.host == "ssh" and kind == "partition":
        return "refusing packets needs root: log in as root, or leave --sudo never out"
    return "drop it from --faults"


def _unspoken(plan: Plan, system: System, credentials: Credentials) -> list[str]:
    """Endpoints and credentials that a system's clients make nothing of."""
    # A system may say what its clients speak, that they can give a name and a password, and
    # which of its options are about them and not about its nodes.
    spoken: tuple[str, ...] = getattr(system, "schemes", ("tcp",))
    schemes = dict.fromkeys(Endpoint.parse(text).scheme for text in plan.endpoints)
    problems = [
        f"--endpoints: clients of {plan.system} speak {' or '.join(spoken)}, not {scheme}"
        for scheme in schemes
        if scheme is not None and scheme not in spoken
    ]
    if (credentials.authority or credentials.certificate) and not set(schemes) & {*SECURE_SCHEMES}:
        secure = [scheme for scheme in spoken if scheme in SECURE_SCHEMES]
        problems.append(
            f"--tls-ca, --tls-cert: none of --endpoints is secured; write {secure[0]}://host:port"
            if secure
            else f"--tls-ca, --tls-cert: clients of {plan.system} do not speak TLS"
        )
    chosen = {text.partition("=")[0] for text in plan.options if plan.endpoints}
    if others := sorted(chosen - set(getattr(system, "client_options", ()))):
        problems.append(
            f"--option: {', '.join(others)}: a cluster that runs already was configured by others"
        )
    if credentials.user is not None and not getattr(system, "has_users", False):
        problems.append(f"--user: {plan.system} knows no users")
    return problems


def aimless_because(plan: Plan, host: Host) -> list[str]:
    """Why faults cannot be aimed at what happens, if they cannot."""
    problems = []
    if not isinstance(host, SimulatedHost):
        problems.append(
            f"host {host.name} does not see inside its nodes, so no fault can be aimed at what "
            "happens there: take --host simulated or --strategy random"
        )
    if system_of(plan).vocabulary is None:
        problems.append(
            f"what the messages of {plan.system} mean is not written down (its vocabulary), so no "
            "fault can be aimed at them: take --strategy random"
        )
    if plan.fault_targets:
        problems.append("an aimed fault has aims of its own: leave out --fault-target")
    return problems


def load(folder: Path) -> RunRecord:
    """A finished run, from its folder. Raises ArchiveError, HistoryError or LedgerError."""
    from histories.history import read_history

    manifest = run_files.read_manifest(folder)
    verdict = run_files.read_verdict(folder)
    history = read_history(run_files.journal_of(folder))
    faults = read_ledger(folder / run_files.LEDGER)
    attribute(faults, history.operations)
    return RunRecord(
        run=folder.name,
        folder=folder,
        plan=Plan.from_json(manifest["plan"]),
        started=manifest["start"],
        events=history.events,
        operations=history.operations,
        faults=faults,
        host_facts=manifest.get("host") or {},
        **verdict,
    )


def _judging() -> str:
    from checker.linearizability.registers.functions import cached

    first = "" if cached() else " (the first time, the search may be compiled: some seconds)"
    return f"judging the history{first}"


def judgement_sentences(record: RunRecord) -> Iterator[str]:
    """How the history was decided, a line each: by what, and how long that took."""
    for result in record.results:
        yield (
            f"  judged {result.operations:,} operations of {result.keys:,} keys as "
            f"{result.model} by {result.algorithm}: {result.verdict}, in "
            f"{result.search_seconds:.2f} s; put into words in {result.explain_seconds:.2f} s"
        )
        for row in result.promises:
            yield f"  {row.promise} by {row.algorithm}: {row.verdict}, in {row.seconds:.2f} s"


def _kept_nothing(result: Result, reason: str) -> Result:
    """The result of a run that tested nothing: no promise was kept, none was put to the test."""
    rows = (replace(row, verdict=Verdict.VACUOUS, reason=reason) for row in result.promises)
    return replace(result, promises=tuple(rows))


def judged(plan: Plan, folder: Path, started: str, seen: Seen) -> RunRecord:
    """Decide what the clients saw, and whether it means anything."""
    from checker.judge import judge
    from histories.errors import HistoryError
    from histories.history import read_history

    began = time.monotonic()
    try:
        history = read_history(run_files.journal_of(folder))
        faults = read_ledger(folder / run_files.LEDGER)
        model = workload_of(plan).model
        results: list[Result] = [judge(history, model, promises=plan.consistency, level=plan.level)]
    except (HistoryError, LedgerError) as error:
        raise Unjudged(f"what {folder.name} recorded cannot be judged: {error}") from error
    attribute(faults, history.operations)
    verdict = compose(result.verdict for result in results)
    if seen.stopped is not None and verdict is Verdict.VALID:
        raise Unjudged(
            f"the run was stopped because {seen.stopped.sentence}, and yet its history is "
            f"linearizable: an error in splitbrain, not in {plan.system}; please report it with "
            f"{folder / run_files.JOURNAL}"
        )
    reason = next((r.reason for r in results if r.verdict is verdict), None)
    if verdict is Verdict.VALID:
        empty = vacuous_because(
            plan,
            history.operations,
            faults,
            cut_short=seen.interrupted or seen.stopped is not None,
        )
        if empty is not None:
            verdict, reason = Verdict.VACUOUS, empty
            results = [_kept_nothing(result, empty) for result in results]
    late = None
    if not seen.interrupted and seen.stopped is None:
        end_ns = history.events[-1].time if history.events else 0
        late = unavailable(history.operations, faults, plan.live_within_s, end_ns)
    told = documented(system_of(plan), plan.options, results, history.operations, faults)
    first_ok = next((event.time for event in history.events if event.type is EventType.OK), None)
    timings = Timings(
        setup_s=seen.setup_s,
        first_ok_s=None if first_ok is None else seen.setup_s + first_ok / 1e9,
        teardown_s=seen.teardown_s,
        check_s=time.monotonic() - began,
    )
    return RunRecord(
        run=folder.name,
        folder=folder,
        plan=plan,
        started=started,
        events=history.events,
        operations=history.operations,
        faults=faults,
        verdict=verdict,
        reason=reason,
        results=results,
        health=seen.health,
        timings=timings,
        bugs_reached=seen.bugs_reached,
        died=seen.died,
        host_facts=seen.host_facts,
        interrupted=seen.interrupted,
        stopped=seen.stopped,
        unavailable=late,
        documented=told,
    )
