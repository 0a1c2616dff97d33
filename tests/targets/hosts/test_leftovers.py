"""Leftovers: what dead runs made goes, what live runs made stays, in doubt it stays."""

import asyncio
from dataclasses import replace

import pytest

from targets.hosts import labels, leftovers
from targets.hosts.engine import Conflict, NotThere
from targets.hosts.owner import current_owner
from targets.target import ControlLost

ALIVE = current_owner().label()
DEAD = replace(current_owner(), started=1).label()


def marks(run: str, owner: str, **more: str) -> dict[str, str]:
    return {labels.RUN: run, labels.OWNER: owner, **more}


class FakeApi:
    """Containers, networks and volumes by name; ``stubborn`` ones refuse so many times.

    ``vanishing`` ones are gone by the time they are to be removed.
    """

    def __init__(self) -> None:
        self.things: dict[str, dict[str, dict[str, str]]] = {
            "containers": {},
            "networks": {},
            "volumes": {},
        }
        self.stubborn: dict[str, list[Exception]] = {}
        self.vanishing: set[str] = set()
        self.removed: list[str] = []

    def make(self, run: str, owner: str, **more: str) -> None:
        of = marks(run, owner, **more)
        self.things["containers"] |= {f"{run}-holder": of, f"{run}-node": of}
        self.things["networks"][f"{run}-net"] = of
        self.things["volumes"][f"{run}-volume"] = of

    def _list(self, kind, filters):
        name, _, value = filters["label"].partition("=")
        return [
            {"Id": n, "Name": n, "Names": [f"/{n}"], "Labels": of}
            for n, of in self.things[kind].items()
            if name in of and value in ("", of[name])
        ]

    def containers(self, all, filters):
        assert all
        return self._list("containers", filters)

    def networks(self, filters):
        return self._list("networks", filters)

    def volumes(self, filters):
        return {"Volumes": self._list("volumes", filters) or None}

    def _remove(self, kind, name):
        if self.stubborn.get(name):
            raise self.stubborn[name].pop(0)
        if name in self.vanishing:
            del self.things[kind][name]
        if name not in self.things[kind]:
            raise NotThere(name)
        del self.things[kind][name]
        self.removed.append(name)

    def remove_container(self, name, v, force):
        assert v and force
        self._remove("containers", name)

    def remove_network(self, name):
        assert not self.things["containers"].get(name.replace("-net", "-node"))
        self._remove("networks", name)

    def remove_volume(self, name):
        self._remove("volumes", name)


class FakeEngine:
    def __init__(self, api: FakeApi) -> None:
        self.api = api

    async def call(self, function, *arguments, **named):
        return function(*arguments, **named)


@pytest.fixture
def api(monkeypatch):
    monkeypatch.setattr(leftovers, "REMOVE_RETRY_S", 0)
    return FakeApi()


def remove_dead(api: FakeApi) -> leftovers.Removed:
    return asyncio.run(leftovers.remove_dead(FakeEngine(api)))


def test_all_of_a_dead_run_goes_and_is_told(api):
    api.make("old", DEAD)
    removed = remove_dead(api)
    assert removed.runs == ["old"]
    assert sorted(removed.containers) == ["old-holder", "old-node"]
    assert (removed.networks, removed.volumes) == (["old-net"], ["old-volume"])
    assert not any(api.things.values())
    assert removed


def test_a_live_run_is_not_touched(api):
    api.make("mine", ALIVE)
    api.make("old", DEAD)
    remove_dead(api)
    assert all(name.startswith("old") for name in api.removed)
    assert set(api.things["containers"]) == {"mine-holder", "mine-node"}


def test_what_bears_no_label_of_ours_is_not_even_looked_at(api):
    api.things["containers"]["database"] = {"com.example": "theirs"}
    assert not remove_dead(api)
    assert "database" in api.things["containers"]


def test_a_run_of_which_anything_is_alive_is_alive(api):
    api.make("mixed", DEAD)
    api.things["volumes"]["mixed-more"] = marks("mixed", ALIVE)
    assert not remove_dead(api)


def test_an_owner_in_another_pid_namespace_cannot_be_judged_by_its_pid(api):
    api.make("contained", DEAD, **{labels.PID_NAMESPACE: "pid:[1]"})
    assert not remove_dead(api)
    another_boot = replace(current_owner(), boot="another").label()
    api.make("rebooted", another_boot, **{labels.PID_NAMESPACE: "pid:[1]"})
    assert remove_dead(api).runs == ["rebooted"]


def test_nothing_to_remove_is_false(api):
    assert not remove_dead(api)


def test_a_thing_that_is_gone_already_is_no_failure(api):
    api.make("old", DEAD)
    api.vanishing.add("old-node")
    removed = remove_dead(api)
    assert removed.containers == ["old-holder"]
    assert removed.failed == []


def test_removal_in_progress_is_tried_again(api):
    api.make("old", DEAD)
    api.stubborn["old-volume"] = [Conflict("in use"), ControlLost("busy")]
    removed = remove_dead(api)
    assert removed.volumes == ["old-volume"]
    assert removed.failed == []


def test_what_will_not_go_is_named_and_the_rest_goes(api):
    api.make("old", DEAD)
    api.stubborn["old-volume"] = [Conflict("volume is in use")] * leftovers.REMOVE_TRIES_MAX
    removed = remove_dead(api)
    assert removed.failed == ["old-volume: volume is in use"]
    assert removed.networks == ["old-net"]


def test_inside_a_sandbox_nothing_is_judged(monkeypatch):
    monkeypatch.setattr("targets.hosts.reexec.inside", lambda: True)
    monkeypatch.setattr(leftovers, "connect", None)
    assert not asyncio.run(leftovers.remove())
