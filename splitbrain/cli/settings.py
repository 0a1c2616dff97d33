"""From what the user typed to a plan: every value read, and all problems told at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from splitbrain.cli.catalogue import BugEntry, Catalogue, system_of_bug
from splitbrain.cli.outside import SSH, read_outside
from splitbrain.cli.promising import EVERY, LINEARIZABLE, parse_level, parse_promises
from splitbrain.cli.together import unfit_together
from splitbrain.credentials import NO_CREDENTIALS, Credentials
from splitbrain.plan import AIMED, STRATEGIES, Plan
from splitbrain.quantities import (
    QuantityError,
    parse_concurrency,
    parse_duration,
    parse_interval,
    parse_names,
    parse_rate,
    parse_whole,
)
from splitbrain.suggest import unknown_name

NO_FAULTS = "none"
NO_RESEND = "none"
ANY_TARGET = "any"
MAX_NODES = 25
MAX_OPERATIONS = 100_000_000
MAX_SEED = 2**63 - 1
DEFAULT_WORKLOAD = "register"
ADVISED_RESEND_S = 0.5
GENTLE_RATE = 50.0
"""Operations a second for a cluster that others may be using."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of ``test`` as typed; None where the user said nothing."""

    system: str
    target: str | None = None
    host: str | None = None
    nodes: str | None = None
    workload: str | None = None
    concurrency: str | None = None
    rate: str | None = None
    time_limit: str | None = None
    operations: str | None = None
    keys: str | None = None
    operations_per_key: str | None = None
    timeout: str | None = None
    resend: str | None = None
    faults: str | None = None
    fault_targets: tuple[str, ...] = ()
    interval: str | None = None
    overlap: bool | None = None
    strategy: str | None = None
    recovery: str | None = None
    live_within: str | None = None
    bugs: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    seed: str | None = None
    stop_on_violation: bool = False
    ssh: str | None = None
    ssh_key: str | None = None
    ssh_known_hosts: str | None = None
    sudo: str | None = None
    endpoints: str | None = None
    allow_faults: bool = False
    tls_ca: str | None = None
    tls_cert: str | None = None
    tls_key: str | None = None
    user: str | None = None
    password_file: str | None = None
    consistency: str | None = None
    level: str | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What was asked, made whole: a plan, and lines that say what was chosen for the user.

    ``plan.host`` is empty when the user named none: the caller chooses. ``credentials`` are not
    part of the plan, which is written down.
    """

    plan: Plan
    notes: tuple[str, ...]
    credentials: Credentials = NO_CREDENTIALS


class SettingsError(Exception):
    """What was asked cannot be done; ``problems`` holds a sentence for each reason."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


class _Reader:
    """Reads values one by one and keeps every problem for the end."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def read(self, option: str, text: str | None, parse: Callable[[str], T], default: T) -> T:
        if text is None:
            return default
        try:
            return parse(text)
        except QuantityError as error:
            self.problems.append(f"{option}: {error}.")
            return default

    def name(
        self, option: str, noun: str, text: str | None, known: Collection[str], default: str
    ) -> str:
        if text is None:
            return default
        if text not in known:
            self.problems.append(f"{option}: {unknown_name(noun, text, known)}")
        return text


def settle(asked: Asked, catalogue: Catalogue) -> Settled:
    """The plan that was asked for. Raises SettingsError with every problem there is.

    With a seeded bug and neither workload nor faults named, the catalogue's
    recommendation for the (first) bug is taken, and a note says so. The seed is 0 when
    none is given: drawing one is the caller's affair.
    """
    reader = _Reader()
    asked = _named(reader, asked, catalogue)
    defaults = Plan(system=asked.system, host="", workload=DEFAULT_WORKLOAD)
    if not asked.system:
        reader.problems.append(f"which system? There is: {', '.join(catalogue.systems)}.")
    elif asked.system not in catalogue.systems:
        reader.problems.append(unknown_name("system", asked.system, catalogue.systems))
    bugs = _bugs(reader, asked, catalogue)
    advice = bugs[0] if bugs else None
    notes: list[str] = []
    outside, problems = read_outside(asked, most=MAX_NODES)
    reader.problems += problems
    workload, faults, targets, overlap = _scenario(reader, asked, catalogue, advice, notes)
    nodes = reader.read(
        "--nodes",
        asked.nodes,
        lambda t: parse_whole(t, minimum=1, maximum=MAX_NODES),
        outside.count or 5,
    )
    usual_interval = defaults.fault_hold_s, defaults.fault_quiet_s
    if advice is not None and asked.faults is None:
        usual_interval = _advised_interval(asked, advice) or usual_interval
    hold, quiet = reader.read("--interval", asked.interval, parse_interval, usual_interval)
    time_limit_s = reader.read(
        "--time-limit",
        asked.time_limit,
        lambda text: parse_duration(text, minimum_s=0.1),
        defaults.time_limit_s,
    )
    operations = reader.read(
        "--operations",
        asked.operations,
        lambda text: parse_whole(text, minimum=1, maximum=MAX_OPERATIONS),
        None,
    )
    # So many in all, spread over the whole time: faults need operations to meet.
    usual_rate = defaults.rate if operations is None else round(operations / time_limit_s, 6)
    if operations is None:
        if advice is not None and advice.rate is not None:
            usual_rate = advice.rate
        if outside.endpoints:
            usual_rate = GENTLE_RATE
    plan = Plan(
        system=asked.system,
        host=reader.name(
            "--host", "host", asked.host, catalogue.hosts, SSH if outside.count else ""
        ),
        workload=workload,
        nodes=nodes,
        concurrency=reader.read(
            "--concurrency",
            asked.concurrency,
            lambda text: parse_concurrency(text, nodes),
            max(defaults.concurrency, nodes),
        ),
        rate=reader.read("--rate", asked.rate, parse_rate, usual_rate),
        time_limit_s=time_limit_s,
        operations=operations,
        keys=reader.read(
            "--keys",
            asked.keys,
            lambda text: parse_whole(text, minimum=1, maximum=100_000),
            defaults.keys,
        ),
        operations_per_key=reader.read(
            "--operations-per-key",
            asked.operations_per_key,
            lambda text: parse_whole(text, minimum=1, maximum=1_000_000),
            defaults.operations_per_key,
        ),
        faults=faults,
        fault_targets=targets,
        fault_hold_s=hold,
        fault_quiet_s=quiet,
        overlap=overlap,
        strategy=reader.name(
            "--strategy", "strategy", asked.strategy, STRATEGIES, defaults.strategy
        ),
        bugs=tuple(bug.name for bug in bugs),
        options=_options(bugs, asked, notes),
        seed=reader.read(
            "--seed", asked.seed, lambda text: parse_whole(text, minimum=0, maximum=MAX_SEED), 0
        ),
        timeout_s=reader.read(
            "--timeout",
            asked.timeout,
            lambda text: parse_duration(text, minimum_s=0.01),
            defaults.timeout_s,
        ),
        resend_s=_resend(reader, asked, catalogue, advice, workload),
        recovery_s=reader.read("--recovery", asked.recovery, parse_duration, defaults.recovery_s),
        live_within_s=reader.read(
            "--live-within",
            asked.live_within,
            lambda text: parse_duration(text, minimum_s=0.1),
            defaults.live_within_s,
        ),
        stop_on_violation=asked.stop_on_violation,
        ssh=outside.ssh,
        ssh_key=outside.key,
        ssh_known_hosts=outside.known_hosts,
        sudo=outside.sudo,
        endpoints=outside.endpoints,
        consistency=_consistency(reader, asked, catalogue, advice, workload, notes),
        level=parse_level(asked.level, reader.problems),
        target=asked.target,
    )
    reader.problems += unfit_together(plan, catalogue)
    reader.problems += outside.unsuitable_for(plan, nodes_named=asked.nodes is not None)
    if reader.problems:
        raise SettingsError(reader.problems)
    return Settled(plan, (*notes, *outside.notes()), outside.credentials)


def _named(reader: _Reader, asked: Asked, catalogue: Catalogue) -> Asked:
    """With a target's file: the name of the system in it, and the file's whole path."""
    if asked.target is None or catalogue.own is None:
        return asked
    if asked.system not in ("", catalogue.own):
        reader.problems.append(
            f"{asked.system} and --target are two systems: that of {asked.target} is called "
            f"{catalogue.own}; leave {asked.system} out."
        )
    whole = str(Path(asked.target).expanduser().absolute())
    return replace(asked, system=catalogue.own, target=whole)


def _bugs(reader: _Reader, asked: Asked, catalogue: Catalogue) -> list[BugEntry]:
    bugs: dict[str, BugEntry] = {}
    for text in asked.bugs:
        bug = catalogue.bug(text)
        if bug is None:
            known = catalogue.bug_names(asked.system) or catalogue.bug_names()
            reader.problems.append(f"--bug: {unknown_name('bug', text, known)}")
        elif asked.system in catalogue.systems and system_of_bug(bug.name) != asked.system:
            reader.problems.append(
                f"--bug: {bug.name} is a bug of {system_of_bug(bug.name)}, "
                f"and {asked.system} is what was asked to be tested."
            )
        else:
            bugs[bug.name] = bug
    return list(bugs.values())


def _scenario(
    reader: _Reader,
    asked: Asked,
    catalogue: Catalogue,
    advice: BugEntry | None,
    notes: list[str],
) -> tuple[str, tuple[str, ...], tuple[str, ...], bool]:
    """Workload, faults, their targets and whether they overlap: as asked, else as advised."""
    defaults = Plan(system="", host="", workload=DEFAULT_WORKLOAD)
    workload, faults = defaults.workload, defaults.faults
    targets, overlap = defaults.fault_targets, defaults.overlap
    if asked.endpoints is not None:
        # Faults that others would feel are there only when they are asked for.
        faults = ("partition", "pause") if asked.allow_faults else ()
    if advice is not None:
        workload = advice.workload if asked.workload is None else asked.workload
        if asked.faults is None:
            faults, overlap = advice.faults, advice.overlap
            # Aimed faults have aims of their own.
            targets = () if asked.strategy == AIMED else advice.fault_targets
        advised = [f"workload {workload}"] if asked.workload is None else []
        if asked.faults is None:
            aim = f" aimed at {', '.join(targets)}" if targets else ""
            advised.append(f"faults {', '.join(faults) or NO_FAULTS}{aim}")
            interval = _advised_interval(asked, advice)
            if interval is not None and asked.interval is None:
                hold, quiet = interval
                advised.append(f"held {hold:g} s, {quiet:g} s apart")
        if advised:
            notes.append(f"As the catalogue advises for {advice.name}: {'; '.join(advised)}.")
    system = catalogue.systems.get(asked.system)
    if asked.workload is not None:
        workload = asked.workload
    elif system is not None and workload not in system.workloads:
        workload = system.workloads[0]
        notes.append(f"Workload {workload}: {asked.system} cannot run {defaults.workload}.")
    reader.name("--workload", "workload", workload, catalogue.workloads, DEFAULT_WORKLOAD)
    if asked.faults is not None:
        faults = parse_names(asked.faults)
        if not faults:
            reader.problems.append("--faults: no fault is named; for a run without: --faults none.")
        if NO_FAULTS in faults:
            if len(faults) > 1:
                reader.problems.append("--faults: 'none' stands alone.")
            faults = ()
        for fault in faults:
            reader.name("--faults", "fault", fault, catalogue.faults, fault)
    if asked.fault_targets:
        targets = tuple(t for text in asked.fault_targets for t in parse_names(text))
        if ANY_TARGET in targets:
            targets = ()
    if asked.overlap is not None:
        overlap = asked.overlap
    return workload, faults, targets, overlap


def _advised_interval(asked: Asked, advice: BugEntry) -> tuple[float, float] | None:
    # Scenarios have times of their own, which elections and time-outs ask for.
    return None if asked.strategy == AIMED else advice.interval


def _options(bugs: Sequence[BugEntry], asked: Asked, notes: list[str]) -> tuple[str, ...]:
    """What the bugs need, unless the user has a say in it, and what the user typed."""
    typed = {text.partition("=")[0] for text in asked.options}
    needed = {
        text: bug for bug in bugs for text in bug.options if text.partition("=")[0] not in typed
    }
    notes += [f"{bug.name} needs the option {text}." for text, bug in needed.items()]
    return (*needed, *asked.options)


def _consistency(
    reader: _Reader,
    asked: Asked,
    catalogue: Catalogue,
    advice: BugEntry | None,
    workload: str,
    notes: list[str],
) -> tuple[str, ...]:
    """The promises that were asked about, or else those that the bug breaks, or the workload's."""
    if asked.consistency is None and advice is not None and advice.consistency:
        notes.append(f"{advice.name} is judged by {', '.join(advice.consistency)}.")
        return advice.consistency
    known = catalogue.workloads.get(workload)
    if asked.consistency is None and known is not None and known.consistency:
        return known.consistency
    promises = parse_promises(asked.consistency, reader.problems)
    if promises != (EVERY,):
        return promises
    from checker.consistency.promise import promises_of

    return (known and promises_of(known.model)) or (LINEARIZABLE,)


def _resend(
    reader: _Reader, asked: Asked, catalogue: Catalogue, advice: BugEntry | None, workload: str
) -> float | None:
    if asked.resend == NO_RESEND:
        return None
    usual = catalogue.workloads[workload].resend_s if workload in catalogue.workloads else None
    system = catalogue.systems.get(asked.system)
    if system is not None and not system.resends:
        if asked.resend is not None:
            reader.problems.append(
                f"--resend: {asked.system} keeps no sessions of requests, so one that is sent "
                "again may count twice; leave it out."
            )
        return None
    advised = ADVISED_RESEND_S if usual is None and advice is not None and advice.resend else usual
    return reader.read(
        "--resend", asked.resend, lambda text: parse_duration(text, minimum_s=0.01), advised
    )
