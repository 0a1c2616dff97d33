"""A cluster that runs already, on loopback: asked, not started, and left as it was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stepping import free_ports

from targets.hosts.sources import environment

pytestmark = [pytest.mark.live, pytest.mark.thorough]

NAMES = ("alpha", "beta", "gamma")


@pytest.fixture(scope="module")
def endpoints(tmp_path_factory) -> Iterator[list[str]]:
    """Raft on three ports of loopback, whose nodes have names of their own."""
    folder = tmp_path_factory.mktemp("cluster")
    ports = free_ports(2 * len(NAMES))
    clients, peers = ports[: len(NAMES)], ports[len(NAMES) :]
    members = ",".join(f"{n}=127.0.0.1:{p}" for n, p in zip(NAMES, peers, strict=True))
    processes = [
        subprocess.Popen(
            [
                *(sys.executable, "-P", "-m", "targets.nodes.raft", "--id", name),
                *("--members", members, "--listen", "127.0.0.1", "--data", str(folder / name)),
                *("--client-port", str(client), "--peer-port", str(peer)),
            ],
            env=environment(),
            stderr=subprocess.DEVNULL,
        )
        for name, client, peer in zip(NAMES, clients, peers, strict=True)
    ]
    try:
        yield [f"127.0.0.1:{port}" for port in clients]
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(10)


def splitbrain(store: Path, *arguments: str) -> tuple[int, Any, str]:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "splitbrain", *arguments, "--json"],
        env=os.environ | {"SPLITBRAIN_STORE": str(store)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


def test_each_run_has_keys_of_its_own_and_the_cluster_goes_on(tmp_path, endpoints):
    """The second run would read what the first one wrote, were they to share their keys."""
    arguments = (
        *("test", "raft", "--endpoints", ",".join(endpoints), "--rate", "200", "--recovery", "0"),
        *("--time-limit", "6s", "--seed", "5"),
    )
    for _ in range(2):
        code, run, said = splitbrain(tmp_path, *arguments)
        assert (code, run["verdict"]) == (0, "valid"), (run["reason"], said)
        assert run["faults"] == [] and run["plan"]["endpoints"] == endpoints
        logs = tmp_path / "runs" / run["run"] / "logs"
        assert not logs.exists(), "nothing was started, so nothing of ours was logged"
