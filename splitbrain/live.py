"""The live part of a run: deploy, drive, hurt, heal, and take everything away again."""

from __future__ import annotations

import asyncio
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from histories.event import Event, EventType
from histories.journal import Journal
from nemesis.moments import Moments
from nemesis.nemesis import Nemesis
from splitbrain import run_files
from splitbrain.credentials import NO_CREDENTIALS, Credentials
from splitbrain.deployment import Deployment
from splitbrain.drivers import AsyncioDriver
from splitbrain.hosts import secured_endpoints
from splitbrain.interpreter import Interpreter
from splitbrain.plan import AIMED, Plan
from splitbrain.plugins import found_for, system_of, workload_of
from splitbrain.progress import Progress
from splitbrain.record import Health, Stopped
from splitbrain.sampling import EVERY_FAR_S, EVERY_S, EVERY_VIRTUAL_S, Sampler
from splitbrain.schedule import OPERATIONS_STREAM, faults_of, lanes_of, operations_of
from splitbrain.surroundings import Surroundings, surroundings
from splitbrain.tenancy import Tenancy, tenancy_of
from splitbrain.text import value_text
from splitbrain.watch import Watch, watch_for
from splitbrain.workforce import clients_of
from targets.hosts.simulated import SimulatedHost
from targets.target import ControlLost, Host, Losable


class Interrupted(Exception):
    """The user stopped the run before there was anything to judge."""


@dataclass(frozen=True, slots=True)
class Workforce:
    """What the clients are to a cluster of others: who they are, and ``since`` which revision."""

    credentials: Credentials
    since: int | None


@dataclass(slots=True)
class Seen:
    """What the live part of a run leaves behind, besides journal and ledger.

    ``died`` names nodes that ended though no fault of ours had ended them. Seconds are those
    of the event loop, which may be virtual ones.
    """

    health: Health = field(default_factory=Health)
    setup_s: float = 0.0
    teardown_s: float = 0.0
    bugs_reached: dict[str, int] = field(default_factory=dict)
    died: tuple[str, ...] = ()
    host_facts: dict[str, Any] = field(default_factory=dict)
    interrupted: bool = False
    stopped: Stopped | None = None


async def live(
    plan: Plan,
    folder: Path,
    host: Host,
    started: str,
    progress: Progress,
    credentials: Credentials = NO_CREDENTIALS,
) -> Seen:
    """Run the plan on ``host``; journal, ledger and logs are in ``folder`` afterwards.

    Everything is taken away again whatever happens. Raises Interrupted, TargetError, and
    whatever the driver met.
    """
    now_s = asyncio.get_running_loop().time
    began = now_s()
    seen = Seen()
    tls = credentials.tls() if secured_endpoints(plan) else None
    around = surroundings(plan, folder, started)
    deployment = Deployment(plan, system_of(plan), host, tls)
    tenancy = tenancy_of(plan, around.run, credentials)
    claimed = False
    moments = None
    if plan.strategy == AIMED and isinstance(host, SimulatedHost):
        moments = host.observer = Moments(system_of(plan).vocabulary, deployment.nodes)
    stop = _Stop(asyncio.current_task())
    try:
        progress.phase(
            f"reaching {plan.nodes} nodes of {plan.system}"
            if deployment.exists_already
            else f"starting {plan.nodes} nodes of {plan.system} on {host.name}"
        )
        await deployment.start(around.identity)
        seen.host_facts = host.describe()
        seen.setup_s = now_s() - began
        since = None
        if tenancy is not None:
            # On record before the first write, so that nothing can be left that nobody knows of.
            around.ledger.claim(tenancy.prefix, credentials.options)
            claimed = True
            since = await tenancy.claim()
        clients = Workforce(credentials, since)
        await _drive(plan, folder, deployment, around, moments, progress, stop, seen, clients)
    except asyncio.CancelledError:
        if stop.asked:
            raise Interrupted("stopped before the clients had started") from None
        raise
    finally:
        stop.release()
        leaving = now_s()
        try:
            progress.phase("taking the cluster down")
            await _save_logs(folder, deployment, progress)
        finally:
            # Nothing that failed so far, a full disk included, may leave a node behind.
            left = await host.close()
            if tenancy is not None and claimed:
                left += await _give_back(tenancy, around, progress, seen)
            if left:
                for what in left:
                    progress.line(f"Could not take away {what}. Later: splitbrain clean")
            else:
                around.ledger.close()
            nodes = folder / run_files.NODES
            await asyncio.to_thread(shutil.rmtree, nodes, ignore_errors=True)
        seen.teardown_s = now_s() - leaving
    return seen


async def _give_back(
    tenancy: Tenancy, around: Surroundings, progress: Progress, seen: Seen
) -> list[str]:
    """Remove the run's keys from a cluster of others; a phrase where some may be left."""
    if tenancy.untouched:
        around.ledger.released(0)
        return []
    progress.phase(f"removing what is below {tenancy.prefix}")
    removed = await tenancy.remove()
    seen.host_facts["keys"] = {"below": tenancy.prefix, "removed": removed.keys}
    if removed.trouble is not None:
        return [f"what is below {tenancy.prefix} ({removed.trouble})"]
    around.ledger.released(removed.keys)
    progress.line(f"Removed all that the run wrote: {removed.keys:,} keys below {tenancy.prefix}")
    return []


async def _drive(
    plan: Plan,
    folder: Path,
    deployment: Deployment,
    around: Surroundings,
    moments: Moments | None,
    progress: Progress,
    stop: _Stop,
    seen: Seen,
    workforce: Workforce,
) -> None:
    header = {
        "run": around.run,
        "system": plan.system,
        "workload": plan.workload,
        "model": workload_of(plan).model,
        "start": around.started,
    }
    interpreter = Interpreter(
        operations_of(plan),
        plan.stream(OPERATIONS_STREAM),
        nodes=deployment.nodes,
        concurrency=plan.concurrency,
        faults=faults_of(plan),
        lanes=lanes_of(plan),
    )
    clock = around.make_clock()
    nemesis = Nemesis(deployment.cluster(), around.ledger, clock.now_ns, moments)
    own_code = found_for(plan).failures
    own_code.begin(None)
    clients = clients_of(
        plan, around.run, deployment, clock, workforce.credentials, workforce.since
    )
    journal = Journal(folder / run_files.JOURNAL, header, durable=not around.virtual)
    watch: Watch | None = None
    if plan.stop_on_violation:
        watch = watch_for(workload_of(plan).model, virtual=around.virtual)
    observer = _ticker(progress)
    if watch is not None:
        observer = _both(observer, watch.observe)
        if watch.slow_to_warm(plan.rate):
            progress.phase("compiling what follows the run (once on a machine, some 10 s)")
        await asyncio.to_thread(watch.warm, plan.rate)
    sampler = _sampler(folder, deployment, around, clock.now_ns)
    driver = AsyncioDriver(
        interpreter, clients, nemesis, journal, clock, observer, probe_lag=not around.virtual
    )
    if watch is not None:
        loop = asyncio.get_running_loop()
        end = partial(loop.call_later, watch.on_s, driver.stop) if watch.on_s else driver.stop
        watch.start(clock.now_ns, lambda: loop.call_soon_threadsafe(end))
    progress.phase(f"running {plan.workload} for {plan.time_limit_s:g} s")
    stop.handler = driver.interrupt
    own_code.begin(driver.stop)
    losing = _watched(deployment.host, driver)
    sampler.start()
    try:
        seen.health = await driver.run()
        if losing is not None and losing.done():
            raise ControlLost(losing.result())
        own_code.check()
    finally:
        if losing is not None:
            losing.cancel()
        # What is recorded will be judged: an impatient Ctrl-C must not cost that.
        stop.release()
        if watch is not None:
            watch.close()
            if watch.trouble is not None:
                progress.line(f"The run was not followed to its end: {watch.trouble}")
        failures = await nemesis.heal_all()
        await sampler.stop()
        if sampler.trouble is not None:
            progress.line(f"The nodes' roles were not recorded to the end: {sampler.trouble}")
        await asyncio.gather(*(client.close() for client in clients))
        clock.close()
        journal.close()
        seen.interrupted = interpreter.interrupted
        seen.stopped = watch.stopped if watch is not None and interpreter.stopped else None
        # The nodes' last word on how often their seeded bugs were reached.
        await asyncio.gather(*(deployment.status(node) for node in deployment.nodes))
        seen.died = tuple(sorted({*nemesis.found_dead, *await deployment.dead()}))
        seen.bugs_reached = deployment.bugs.totals()
    if failures:
        raise failures[0]


def _sampler(
    folder: Path, deployment: Deployment, around: Surroundings, now_ns: Callable[[], int]
) -> Sampler:
    """Who writes down what the nodes say of themselves, from the run's zero on."""
    every_s = EVERY_FAR_S if deployment.exists_already else EVERY_S
    start = datetime.now(UTC)
    if around.virtual:
        every_s = EVERY_VIRTUAL_S
        # As the simulated nodes' own logs have it.
        since_s = asyncio.get_running_loop().time()
        start = datetime.fromisoformat(around.started) + timedelta(seconds=since_s)
    return Sampler(
        folder / run_files.ROLES,
        deployment.nodes,
        deployment.glance,
        now_ns,
        start=(start - timedelta(microseconds=now_ns() // 1000)).isoformat(timespec="microseconds"),
        every_s=every_s,
    )


def _watched(host: Host, driver: AsyncioDriver) -> asyncio.Task[str] | None:
    """Ends the driven part when control over a machine is lost: what follows would prove nothing.

    The task is done once it is.
    """
    if not isinstance(host, Losable):
        return None
    losing = asyncio.create_task(host.until_lost())
    losing.add_done_callback(lambda task: None if task.cancelled() else driver.stop())
    return losing


class _Stop:
    """Ctrl-C, SIGTERM, a closed terminal: to the driver while it drives, else an end to it all."""

    def __init__(self, task: asyncio.Task[Any] | None) -> None:
        self.asked = False
        self.handler: Callable[[], None] | None = None
        self._task = task
        self._loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # Under nohup SIGHUP is ignored, and stays so.
            if signal.getsignal(number) is not signal.SIG_IGN:
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
            progress.detail(fault_line(event))
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


def fault_line(event: Event) -> str:
    """A stage of a fault as the journal has it, in a line."""
    told = dict(event.value)
    number, stage, target = (told.pop(name, None) for name in ("fault", "stage", "target"))
    details = "".join(f", {name} {value_text(value)}" for name, value in told.items())
    return f"  {event.time / 1e9:6.2f} s  fault {number}, {event.f} of {target}: {stage}{details}"


def _both(
    first: Callable[[Event], None], second: Callable[[Event], None]
) -> Callable[[Event], None]:
    def observe(event: Event) -> None:
        first(event)
        second(event)

    return observe


async def _save_logs(folder: Path, deployment: Deployment, progress: Progress) -> None:
    try:
        await asyncio.to_thread(run_files.write_logs, folder, await deployment.logs())
    except Exception as error:  # logs are worth having, but no reason to fail a run
        progress.line(f"The nodes' logs could not be kept: {error}")
