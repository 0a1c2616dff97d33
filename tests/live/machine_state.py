"""What others have on this machine, to be held against what it was before a test."""

from __future__ import annotations

import os
import shutil
import subprocess

ANOTHER_RUN = "another run uses the engine"


def rules() -> str:
    """Everyone's packet filter, without the engine's entries for containers that come and go."""
    told = []
    for tool in ("iptables-save", "iptables-legacy-save"):
        path = shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        if path:
            told.append(subprocess.run([path], capture_output=True, text=True).stdout)
    lines = "\n".join(told).splitlines()
    # Comments carry the time of day, and chains their packet counters.
    kept = [line.split(" [")[0] for line in lines if not line.startswith("#")]
    return "\n".join(kept)


def engine(*arguments: str) -> set[str]:
    if shutil.which("docker") is None:
        return set()
    told = subprocess.run(["docker", *arguments], capture_output=True, text=True)
    return set(told.stdout.split())


KINDS = {
    "containers": ("ps", "-aq", "--no-trunc"),
    "networks": ("network", "ls", "-q", "--no-trunc"),
    "volumes": ("volume", "ls", "-q"),
}


def others() -> dict[str, object]:
    """What must be as before, byte for byte: what others have in the engine, and the rules."""
    foreign: dict[str, object] = {}
    ours: set[str] = set()
    for kind, command in KINDS.items():
        labelled = (*command, "--filter", "label=splitbrain.run")
        # Asked before and after: what a run beside this test makes or removes in between is its.
        before, everything, after = engine(*labelled), engine(*command), engine(*labelled)
        foreign[kind] = everything - before - after
        ours |= before | after
    # Ports that a run publishes are rules of the engine. Somebody else's run may come and
    # go beside this test; then the rules cannot be compared, and it says so.
    return foreign | {"rules": rules() if not ours else ANOTHER_RUN}


def left_of(run: str) -> set[str]:
    """What the engine still has of a run."""
    found: set[str] = set()
    for command in KINDS.values():
        found |= engine(*command, "--filter", f"label=splitbrain.run={run}")
    return found


def same_as(before: dict[str, object]) -> dict[str, object]:
    """``others()`` now, to compare with ``before``; rules that cannot be compared are as before."""
    after = others()
    if ANOTHER_RUN in (before["rules"], after["rules"]):
        print("the packet filter was not compared: another run uses the engine")
        after["rules"] = before["rules"]
    return after
