"""A run, from plan to verdict.

    plan ─► run folder ─► machines, nodes ─► clients and faults ─► journal ─► verdict ─► files
                              └────────── always undone, whatever happens ──────────┘

Trouble with the harness or its host raises (exit 70); what the clients saw decides the
verdict and nothing else does.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

from checker.verdict import Result, Verdict, compose
from histories.archive import Store
from histories.event import EventType
from nemesis.ledger import LedgerError, read_ledger
from splitbrain import leftovers, run_files
from splitbrain.effects import attribute
from splitbrain.hosts import make_host
from splitbrain.live import Seen, live
from splitbrain.liveness import unavailable
from splitbrain.meaning import vacuous_because
from splitbrain.plan import AIMED, Plan
from splitbrain.progress import Progress, SilentProgress
from splitbrain.record import RunRecord, Timings
from splitbrain.schedule import faults_of
from splitbrain.workloads import WORKLOADS
from targets.hosts.simulated import SimulatedHost, run_virtual
from targets.systems import SYSTEMS
from targets.target import Capability, Host


class PlanError(ValueError):
    """A plan that cannot be run; the message lists all that is wrong with it."""


class Unjudged(Exception):
    """What a run recorded cannot be judged; the harness failed, not what the user typed."""


def execute(
    plan: Plan, *, store: Path, progress: Progress | None = None, host: Host | None = None
) -> RunRecord:
    """Run the plan and judge it; the record is also in the store.

    ``host`` stands in for the one the plan names.

    Raises PlanError before anything is started, Interrupted when the user stops it before
    any client did, and TargetError when the harness's side fails; the run folder
    then keeps what was journaled.
    """
    progress = progress or SilentProgress()
    host = host or make_host(plan, progress)
    check(plan, host)
    # Before our own folder is there: what is left of a dead run must not meet this one.
    for sentence in leftovers.clean(store, engine=plan.host == "docker").sentences():
        progress.line(sentence)
    folder = Store(store).create(plan.system, plan.workload)
    started = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        run_files.write_manifest(folder.path, plan, started, state="running")
        try:
            seen = lived(plan, folder.path, host, started, progress)
            progress.phase(_judging())
            record = judged(plan, folder.path, started, seen)
        except BaseException as error:
            told = f"{type(error).__name__}: {error}"
            run_files.write_manifest(folder.path, plan, started, state="failed", error=told)
            raise
        run_files.write_verdict(record)
        run_files.write_page(record)
        run_files.write_manifest(folder.path, plan, started, state="finished", host=seen.host_facts)
        return record
    finally:
        folder.close()


def lived(plan: Plan, folder: Path, host: Host, started: str, progress: Progress) -> Seen:
    """The live part of a run, in the time of its host: see ``splitbrain.live.live``."""
    life = live(plan, folder, host, started, progress)
    return run_virtual(life) if isinstance(host, SimulatedHost) else asyncio.run(life)


def check(plan: Plan, host: Host) -> None:
    """Refuse a plan that this host, system or workload cannot run. Raises PlanError."""
    from nemesis.kinds import FAULTS, FaultTargetError

    problems = []
    system = SYSTEMS[plan.system]
    if plan.workload not in system.workloads:
        known = ", ".join(system.workloads)
        problems.append(f"{plan.system} has no workload {plan.workload!r}; it has {known}")
    try:
        system.launch("n1", {"n1": "127.0.0.1"}, (), plan.options)
    except ValueError as error:
        problems.append(f"--option: {error}")
    if plan.strategy == AIMED:
        problems += aimless_because(plan, host)
    for kind in plan.faults:
        if Capability(FAULTS[kind].capability) not in host.capabilities:
            problems.append(f"host {host.name} cannot do {kind}: drop it from --faults")
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


def aimless_because(plan: Plan, host: Host) -> list[str]:
    """Why faults cannot be aimed at what happens, if they cannot."""
    problems = []
    if not isinstance(host, SimulatedHost):
        problems.append(
            f"host {host.name} does not see inside its nodes, so no fault can be aimed at what "
            "happens there: take --host simulated or --strategy random"
        )
    if SYSTEMS[plan.system].vocabulary is None:
        problems.append(
            f"what the messages of {plan.system} mean is not written down (its vocabulary), so no "
            "fault can be aimed at them: take --strategy random"
        )
    if plan.fault_targets:
        problems.append("an aimed fault has aims of its own: leave out --fault-target")
    return problems


def load(folder: Path) -> RunRecord:
    """A finished run, from its folder. Raises ArchiveError or HistoryError."""
    from histories.history import read_history

    manifest = run_files.read_manifest(folder)
    verdict = run_files.read_verdict(folder)
    history = read_history(folder / run_files.JOURNAL)
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
        host_facts=manifest.get("host", {}),
        **verdict,
    )


def _judging() -> str:
    from checker.linearizability.registers.functions import cached

    first = "" if cached() else " (the first time, the search may be compiled: some seconds)"
    return f"judging the history{first}"


def judged(plan: Plan, folder: Path, started: str, seen: Seen) -> RunRecord:
    """Decide what the clients saw, and whether it means anything."""
    from checker.judge import judge
    from histories.errors import HistoryError
    from histories.history import read_history

    began = time.monotonic()
    try:
        history = read_history(folder / run_files.JOURNAL)
        faults = read_ledger(folder / run_files.LEDGER)
        results: list[Result] = [judge(history, WORKLOADS[plan.workload].model)]
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
    late = None
    if not seen.interrupted and seen.stopped is None:
        end_ns = history.events[-1].time if history.events else 0
        late = unavailable(history.operations, faults, plan.live_within_s, end_ns)
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
    )
