"""What live tests share: whether a host or a system is here, and the command line run on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from targets.hosts import programs
from targets.hosts.choose import choose
from targets.systems import SYSTEMS
from targets.target import HostUnavailable


def need(request: pytest.FixtureRequest, system: str, host: str) -> None:
    """Skip where system or host cannot be had, with the reason; fail where it is required."""
    need_software(request, system)
    need_host(request, host)


def need_host(request: pytest.FixtureRequest, host: str) -> None:
    """Skip where the host cannot be had, with the reason; fail where it is required."""
    try:
        choose(host)
    except HostUnavailable as error:
        if host in (request.config.getoption("--require", default=None) or ()):
            raise
        pytest.skip(str(error))


def need_software(request: pytest.FixtureRequest, system: str) -> None:
    """Skip where the system is not installed, with the reason; fail where it is required."""
    required = request.config.getoption("--require", default=None) or ()
    launch = SYSTEMS[system].launch("n1", {"n1": "127.0.0.1"}, ())
    lacking = programs.lacking(launch.needs)
    if lacking:
        assert system not in required, lacking
        pytest.skip("; ".join(lacking))


def run(store: Path, system: str, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Run ``splitbrain test SYSTEM``; its exit code and the JSON it printed."""
    return splitbrain(store, "test", system, *arguments)


def splitbrain(store: Path, *arguments: str) -> tuple[int, Any]:
    """Run the command line; its exit code and the JSON it printed."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "splitbrain", *arguments, "--json"],
        env=os.environ | {"SPLITBRAIN_STORE": str(store)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)
