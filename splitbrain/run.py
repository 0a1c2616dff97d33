"""A run, from plan to verdict.

    plan ─► run folder ─► machines, nodes ─► clients and faults ─► journal ─► verdict ─► files
                              └────────── always undone, whatever happens ──────────┘

Trouble with the harness or its host raises (exit 70); what the clients saw decides the
verdict and nothing else does.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from checker.verdict import Result, Verdict, compose
from histories.archive import RunFolder, Store
from histories.event import Event, EventType
from histories.journal import Journal
from nemesis.ledger import Ledger, read_ledger
from nemesis.nemesis import Nemesis
from splitbrain import leftovers, run_files
from splitbrain.deployment import Deployment
from splitbrain.drivers import AsyncioDriver, LoopClock
from splitbrain.effects import attribute
from splitbrain.hosts import make_host
from splitbrain.interpreter import Interpreter
from splitbrain.meaning import vacuous_because
from splitbrain.plan import Plan
from splitbrain.progress import Progress, SilentProgress
from splitbrain.record import Health, RunRecord, Timings
from splitbrain.schedule import OPERATIONS_STREAM, faults_of, operations_of
from splitbrain.workforce import clients_of
from splitbrain.workloads import WORKLOADS
from targets.hosts.owner import current_owner
from targets.systems import SYSTEMS
from targets.target import Capability, Host, RunIdentity


class PlanError(ValueError):
    """A plan that cannot be run; the message lists all that is wrong with it."""


class Interrupted(Exception):
    """The user stopped the run before there was anything to judge."""


@dataclass(slots=True)
class _Seen:
    """What the live part of a run leaves behind, besides journal and ledger."""

    health: Health = field(default_factory=Health)
    setup_s: float = 0.0
    teardown_s: float = 0.0
    bugs_reached: dict[str, int] = field(default_factory=dict)
    host_facts: dict[str, Any] = field(default_factory=dict)
    interrupted: bool = False


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
    host = host or make_host(plan.host, progress)
    check(plan, host)
    # Before our own folder is there: what is left of a dead run must not meet this one.
    for sentence in leftovers.clean(store, engine=plan.host == "docker").sentences():
        progress.line(sentence)
    folder = Store(store).create(plan.system, plan.workload)
    started = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        run_files.write_manifest(folder.path, plan, started, state="running")
        try:
            seen = asyncio.run(_live(plan, folder, host, started, progress))
        except BaseException as error:
            told = f"{type(error).__name__}: {error}"
            run_files.write_manifest(folder.path, plan, started, state="failed", error=told)
            raise
        progress.phase(_judging())
        record = _judged(plan, folder.path, started, seen)
        run_files.write_verdict(record)
        run_files.write_page(record)
        run_files.write_manifest(folder.path, plan, started, state="finished", host=seen.host_facts)
        return record
    finally:
        folder.close()


def check(plan: Plan, host: Host) -> None:
    """Refuse a plan that this host, system or workload cannot run. Raises PlanError."""
    from nemesis.kinds import FAULTS, FaultTargetError

    problems = []
    system = SYSTEMS[plan.system]
    if plan.workload not in system.workloads:
        known = ", ".join(system.workloads)
        problems.append(f"{plan.system} has no workload {plan.workload!r}; it has {known}")
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


async def _live(
    plan: Plan, folder: RunFolder, host: Host, started: str, progress: Progress
) -> _Seen:
    """Deploy, drive, hurt, heal, and take everything away again."""
    began = time.monotonic()
    seen = _Seen()
    owner = current_owner()
    identity = RunIdentity(folder.path.name, folder.path, owner.pid, owner.started, owner.boot)
    deployment = Deployment(plan, SYSTEMS[plan.system], host)
    ledger = Ledger(
        folder.path / run_files.LEDGER,
        {"pid": owner.pid, "started": owner.started, "boot": owner.boot},
    )
    stop = _Stop(asyncio.current_task())
    try:
        progress.phase(f"starting {plan.nodes} nodes of {plan.system} on {host.name}")
        await deployment.start(identity)
        seen.host_facts = host.describe()
        seen.setup_s = time.monotonic() - began
        await _drive(plan, folder.path, deployment, ledger, started, progress, stop, seen)
    except asyncio.CancelledError:
        if stop.asked:
            raise Interrupted("stopped before the clients had started") from None
        raise
    finally:
        stop.release()
        progress.phase("taking the cluster down")
        leaving = time.monotonic()
        logs = await _logs(deployment)
        await host.close()
        ledger.close()
        await asyncio.to_thread(shutil.rmtree, folder.path / run_files.NODES, ignore_errors=True)
        seen.teardown_s = time.monotonic() - leaving
        _save_logs(folder.path, logs)
    return seen


async def _drive(
    plan: Plan,
    folder: Path,
    deployment: Deployment,
    ledger: Ledger,
    started: str,
    progress: Progress,
    stop: _Stop,
    seen: _Seen,
) -> None:
    header = {
        "run": folder.name,
        "system": plan.system,
        "workload": plan.workload,
        "model": WORKLOADS[plan.workload].model,
        "start": started,
    }
    interpreter = Interpreter(
        operations_of(plan),
        plan.stream(OPERATIONS_STREAM),
        nodes=deployment.nodes,
        concurrency=plan.concurrency,
        faults=faults_of(plan),
    )
    clock = LoopClock()
    nemesis = Nemesis(deployment.cluster(), ledger, clock.now_ns)
    clients = clients_of(plan, folder.name, deployment, clock)
    journal = Journal(folder / run_files.JOURNAL, header)
    driver = AsyncioDriver(interpreter, clients, nemesis, journal, clock, _ticker(progress))
    progress.phase(f"running {plan.workload} for {plan.time_limit_s:g} s")
    stop.handler = driver.interrupt
    try:
        seen.health = await driver.run()
    finally:
        stop.handler = None
        failures = await nemesis.heal_all()
        await asyncio.gather(*(client.close() for client in clients))
        clock.close()
        journal.close()
        seen.interrupted = interpreter.interrupted
        # The nodes' last word on how often their seeded bugs were reached.
        await asyncio.gather(*(deployment.status(node) for node in deployment.nodes))
        seen.bugs_reached = deployment.bugs.totals()
    if failures:
        raise failures[0]


class _Stop:
    """Ctrl-C and SIGTERM: to the driver while it drives, else an end to whatever goes on."""

    def __init__(self, task: asyncio.Task[Any] | None) -> None:
        self.asked = False
        self.handler: Callable[[], None] | None = None
        self._task = task
        self._loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            self._loop.add_signal_handler(number, self._take)

    def _take(self) -> None:
        self.asked = True
        if self.handler is not None:
            self.handler()
        elif self._task is not None:
            self._task.cancel()

    def release(self) -> None:
        """From here on a signal must not keep the cluster from being taken down."""
        self.handler = lambda: None


def _ticker(progress: Progress) -> Callable[[Event], None]:
    """An observer that counts events by outcome and keeps the progress display going."""
    counts = dict.fromkeys(EventType, 0)
    active: dict[int, str] = {}

    def observe(event: Event) -> None:
        if event.process == "nemesis":
            stage, number = event.value.get("stage"), event.value.get("fault")
            if stage == "acknowledged":
                active[number] = f"{event.f} {event.value.get('target')}"
            elif stage == "healed":
                active.pop(number, None)
        else:
            counts[event.type] += 1
            if counts[EventType.INVOKE] % 64:
                return
        progress.tick(
            counts[EventType.INVOKE],
            counts[EventType.OK],
            counts[EventType.FAIL],
            counts[EventType.INFO],
            event.time / 1e9,
            list(active.values()),
        )

    return observe


async def _logs(deployment: Deployment) -> dict[str, bytes]:
    try:
        return await deployment.logs()
    except Exception as error:  # logs are worth having, but no reason to leave nodes behind
        return {"harness": f"the nodes' logs could not be read: {error}\n".encode()}


def _save_logs(folder: Path, logs: dict[str, bytes]) -> None:
    if logs:
        (folder / run_files.LOGS).mkdir(exist_ok=True)
        for node, log in logs.items():
            (folder / run_files.LOGS / f"{node}.log").write_bytes(log)


def _judging() -> str:
    from checker.linearizability.engine import compiled_before

    first = "" if compiled_before() else " (the first time, the search is compiled: some 10 s)"
    return f"judging the history{first}"


def _judged(plan: Plan, folder: Path, started: str, seen: _Seen) -> RunRecord:
    """Decide what the clients saw, and whether it means anything."""
    from checker.judge import judge
    from histories.history import read_history

    began = time.monotonic()
    history = read_history(folder / run_files.JOURNAL)
    faults = read_ledger(folder / run_files.LEDGER)
    attribute(faults, history.operations)
    results: list[Result] = [judge(history, WORKLOADS[plan.workload].model)]
    verdict = compose(result.verdict for result in results)
    reason = next((r.reason for r in results if r.verdict is verdict), None)
    if verdict is Verdict.VALID and not seen.interrupted:
        empty = vacuous_because(plan, history.operations, faults)
        if empty is not None:
            verdict, reason = Verdict.VACUOUS, empty
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
        host_facts=seen.host_facts,
        interrupted=seen.interrupted,
    )
