"""What a shell offers for a value: systems, bugs, runs … by the name of the parameter.

Asked at every press of the tab key, so nothing heavy is imported, and whatever goes wrong is
silence. Only then are parameters given these types: a command that runs knows nothing of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import click
from click.shell_completion import CompletionItem

VARIABLE = "_SPLITBRAIN_COMPLETE"
"""Set by a shell that asks; click's own name for it."""
RUNS_MAX = 200
"""Newest first: of more than that nobody picks one by eye."""

Offer = tuple[str, str]
"""A value, and what it is in a few words."""
Source = Callable[[click.Context], Iterable[Offer]]


def asked() -> bool:
    """Whether a shell asks what it could complete."""
    return VARIABLE in os.environ


def _systems(ctx: click.Context) -> Iterable[Offer]:
    from splitbrain.plugins import installed
    from targets.systems import SYSTEMS

    return [(name, "") for name in dict.fromkeys((*SYSTEMS, *installed()))]


def _named(ctx: click.Context, systems: Iterable[str]) -> list[str]:
    """Those of the systems that are named in what is typed so far.

    The line is looked at as it is: with an option whose value is still missing, as while that is
    completed, arguments are not parsed.
    """
    words = set(os.environ.get("COMP_WORDS", "").split())
    words |= {str(ctx.params.get("system"))}
    return [name for name in systems if name in words]


def _bugs(ctx: click.Context) -> Iterable[Offer]:
    from splitbrain.cli.catalogue import WITH_BUGS, bugs_of

    for bug in bugs_of(_named(ctx, WITH_BUGS) or WITH_BUGS):
        yield bug.name, bug.seen_as
        yield bug.id, bug.name


def _hosts(ctx: click.Context) -> Iterable[Offer]:
    from splitbrain.cli.catalogue import HOSTS

    return HOSTS.items()


def _workloads(ctx: click.Context) -> Iterable[Offer]:
    from splitbrain.workloads import WORKLOADS
    from targets.systems import SYSTEMS

    systems = [SYSTEMS[name] for name in _named(ctx, SYSTEMS)]
    wanted = {name for system in systems for name in system.workloads} or set(WORKLOADS)
    return [(name, one.summary) for name, one in WORKLOADS.items() if name in wanted]


def _faults(ctx: click.Context) -> Iterable[Offer]:
    from nemesis import FAULTS

    return [(name, fault.summary) for name, fault in FAULTS.items()] + [("none", "no faults")]


def _targets(ctx: click.Context) -> Iterable[Offer]:
    # Without the fault's name: bash takes a colon for the end of a word.
    from nemesis import FAULTS

    names = dict.fromkeys(target for fault in FAULTS.values() for target in fault.targets)
    return [("any", "all there is"), *((name, "") for name in names)]


def _models(ctx: click.Context) -> Iterable[Offer]:
    from splitbrain.cli.catalogue import MODELS, WHOLE

    return {**MODELS, **WHOLE}.items()


def _promises(ctx: click.Context) -> Iterable[Offer]:
    from splitbrain.cli.catalogue import PROMISES

    return [*PROMISES.items(), ("all", "all of them")]


def _levels(ctx: click.Context) -> Iterable[Offer]:
    from checker.transactions.levels import LEVELS

    return [(level.name, level.summary) for level in LEVELS.values()]


def _readings(ctx: click.Context) -> Iterable[Offer]:
    from splitbrain.cli.catalogue import READINGS

    return READINGS.items()


def _runs(ctx: click.Context) -> Iterable[Offer]:
    from histories.archive import Store, default_store
    from splitbrain.archive.names import RUN_NAME

    store = ctx.params.get("store")
    folders = Store(Path(store) if store else default_store()).folders()
    # What is offered is typed into a shell.
    folders = [folder for folder in folders if RUN_NAME.fullmatch(folder.name)]
    yield "latest", "the newest"
    for folder in list(reversed(folders))[:RUNS_MAX]:
        yield folder.name, ""
        # The digits at the end of an id are what a person types.
        yield folder.name.rpartition("-")[2], folder.name


def _strategies(ctx: click.Context) -> Iterable[Offer]:
    from splitbrain.plan import STRATEGIES

    return [(name, "") for name in STRATEGIES]


def _schemas(ctx: click.Context) -> Iterable[Offer]:
    from splitbrain.schemas import names

    return [(name, "") for name in names()]


def _just(*names: str) -> Source:
    return lambda ctx: [(name, "") for name in names]


class Offered(click.types.StringParamType):
    """A text for which the shell is offered what ``source`` gives; ``many``: a list of them."""

    def __init__(self, source: Source, *, many: bool = False) -> None:
        self._source, self._many = source, many

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """What begins as typed; of a list the last of it, and none that is in it already."""
        head, comma, last = incomplete.rpartition(",") if self._many else ("", "", incomplete)
        used = set(head.split(","))
        try:
            offers = list(self._source(ctx))
        except Exception:  # a message amid a line that is being typed helps nobody
            return []
        wanted = last.lower()
        return [
            CompletionItem(f"{head}{comma}{value}", help=told or None)
            for value, told in offers
            if value.lower().startswith(wanted) and value not in used
        ]


SOURCES = {
    "system": Offered(_systems),
    "systems": Offered(_systems),
    "bugs": Offered(_bugs),
    "host": Offered(_hosts),
    "workload": Offered(_workloads),
    "faults": Offered(_faults, many=True),
    "fault_targets": Offered(_targets, many=True),
    "model": Offered(_models),
    "consistency": Offered(_promises, many=True),
    "level": Offered(_levels),
    "reading": Offered(_readings),
    "strategy": Offered(_strategies),
    "run": Offered(_runs),
    "name": Offered(_schemas),
    "tier": Offered(_just("A", "B", "C"), many=True),
    "sudo": Offered(_just("auto", "never")),
    "to": Offered(_just("jsonl", "edn", "porcupine-kv")),
}
"""By the name of a parameter, in whichever command."""


def offer_values(command: click.Command) -> None:
    """Give the parameters of a command the types that know what to offer."""
    for parameter in command.params:
        plain = isinstance(parameter.type, click.types.StringParamType)
        if plain and parameter.name in SOURCES:
            parameter.type = SOURCES[parameter.name]
