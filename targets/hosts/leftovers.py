"""Find and remove what runs left behind in the engine: containers, networks, volumes.

Only what bears our labels, and only where the owner is gone. A sandbox leaves nothing:
the kernel took it with its owner.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from targets.hosts import labels, reexec
from targets.hosts.engine import Conflict, Engine, NotThere, connect
from targets.hosts.owner import Owner, boot_id, run_alive
from targets.target import ControlLost

REMOVE_TRIES_MAX = 5
REMOVE_RETRY_S = 0.2


@dataclass(slots=True)
class Removed:
    """What was removed: names of things, by kind, and the runs they belonged to.

    ``failed`` holds one sentence for each thing that would not go.
    """

    runs: list[str] = field(default_factory=list)
    containers: list[str] = field(default_factory=list)
    networks: list[str] = field(default_factory=list)
    volumes: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.containers or self.networks or self.volumes or self.failed)

    def to_json(self) -> dict[str, list[str]]:
        """As JSON-ready data."""
        return asdict(self)


async def remove() -> Removed:
    """Remove what dead runs left in this machine's engine. Raises HostUnavailable without one.

    Never call it from inside a sandbox: there every owner looks dead, so it does nothing.
    """
    if reexec.inside():
        return Removed()
    engine = await asyncio.to_thread(connect)
    try:
        return await remove_dead(engine)
    finally:
        await asyncio.to_thread(engine.close)


async def remove_dead(engine: Engine) -> Removed:
    """Remove what runs left whose owners are gone."""
    owned = await _all_labels(engine)
    gone = sorted({of[labels.RUN] for of in owned} - {of[labels.RUN] for of in owned if alive(of)})
    removed = Removed(runs=gone)
    for run in gone:
        part = await remove_run(engine, run)
        removed.containers += part.containers
        removed.networks += part.networks
        removed.volumes += part.volumes
        removed.failed += part.failed
    return removed


def alive(of: Mapping[str, str]) -> bool:
    """Whether the run with these labels may still go on. In doubt: yes."""
    owner = of.get(labels.OWNER, "")
    if not labels.judged_here(of):
        # Its pid belongs to another pid namespace. Only another boot is sure to be over.
        try:
            return Owner.parse(owner).boot == boot_id()
        except ValueError:
            return True
    folder = of.get(labels.FOLDER)
    return run_alive(owner, Path(folder) if folder else None)


async def remove_run(engine: Engine, run: str) -> Removed:
    """Remove every container, then the networks and volumes of one run, dead or alive."""
    removed = Removed(runs=[run])
    api = engine.api
    filters = {"label": f"{labels.RUN}={run}"}
    containers = await engine.call(api.containers, all=True, filters=filters)
    await asyncio.gather(
        *(
            _gone(
                engine,
                removed.containers,
                removed.failed,
                container["Names"][0].lstrip("/") if container.get("Names") else container["Id"],
                api.remove_container,
                container["Id"],
                v=True,
                force=True,
            )
            for container in containers
        )
    )
    networks = await engine.call(api.networks, filters=filters)
    volumes = (await engine.call(api.volumes, filters=filters))["Volumes"] or []
    await asyncio.gather(
        *(
            _gone(engine, removed.networks, removed.failed, n["Name"], api.remove_network, n["Id"])
            for n in networks
        ),
        *(
            _gone(engine, removed.volumes, removed.failed, v["Name"], api.remove_volume, v["Name"])
            for v in volumes
        ),
    )
    return removed


async def _gone(
    engine: Engine,
    done: list[str],
    failed: list[str],
    name: str,
    remove: Any,
    identity: str,
    **named: Any,
) -> None:
    """Call ``remove`` until the thing is not there any more."""
    for attempt in range(1, REMOVE_TRIES_MAX + 1):
        try:
            await engine.call(remove, identity, **named)
        except NotThere:
            return
        except ControlLost as error:
            # "removal in progress", or a container of the network not quite gone yet.
            if attempt == REMOVE_TRIES_MAX:
                failed.append(f"{name}: {error}")
                return
            await asyncio.sleep(REMOVE_RETRY_S)
        else:
            done.append(name)
            return


async def _all_labels(engine: Engine) -> list[Mapping[str, str]]:
    """The labels of everything in the engine that bears a run's."""
    filters = {"label": labels.RUN}
    containers, networks, volumes = await asyncio.gather(
        engine.call(engine.api.containers, all=True, filters=filters),
        engine.call(engine.api.networks, filters=filters),
        engine.call(engine.api.volumes, filters=filters),
    )
    things = [*containers, *networks, *(volumes["Volumes"] or [])]
    return [thing.get("Labels") or {} for thing in things]


async def remove_unused_images() -> list[str]:
    """Remove our images that no container uses; their tags. Raises HostUnavailable without engine.

    The next run makes its own again, in about two seconds.
    """
    engine = await asyncio.to_thread(connect)
    try:
        return await remove_images(engine)
    finally:
        await asyncio.to_thread(engine.close)


async def remove_images(engine: Engine) -> list[str]:
    """Remove images of ours that no container uses; returns their tags."""
    removed: list[str] = []
    for image in await engine.call(engine.api.images, filters={"label": labels.RECIPE}):
        for tag in image.get("RepoTags") or [image["Id"]]:
            with suppress(Conflict, NotThere):
                await engine.call(engine.api.remove_image, tag)
                removed.append(tag)
    return removed
