"""A target: a system, the clients that speak to it, and what they can be asked to do.

    from splitbrain import Target

    TARGET = Target(MyDB(), make_client=lambda asked: MyClient(asked.prefix))

Such a value in a file of one's own is what ``splitbrain test --target mydb.py`` looks for; in
an installed package it is named by an entry point of the group ``splitbrain.targets``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from clients.client import ClientCore
from splitbrain.workloads.workload import Workload
from targets.target import System


@dataclass(frozen=True, slots=True)
class ClientSetting:
    """What one client is made for.

    ``run`` is the run's name, ``endpoint`` the (address, port) of the client's node, which it
    never leaves. ``prefix`` is to stand before each key: empty in a cluster of the run's own,
    else what keeps this run's keys apart from all others (``--endpoints``). ``options`` are
    those of ``--option``, ``name=value``. With ``resends`` a request that is not answered is
    sent again, which only systems are asked for that say ``resends``.
    """

    workload: str
    run: str
    endpoint: tuple[str, int]
    prefix: str = ""
    options: tuple[str, ...] = ()
    resends: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """A system under test. ``make_client`` gives the core of one client, a fresh one each time.

    ``workloads`` are those of its own, beside ours; ``system.workloads`` names all it can run.
    """

    system: System
    make_client: Callable[[ClientSetting], ClientCore]
    workloads: tuple[Workload, ...] = ()
