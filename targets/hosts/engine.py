"""A connection to the Docker engine of this machine.

``find`` and ``probe`` need the standard library alone, so that the choice of a host costs
milliseconds; ``connect`` loads the Docker SDK. The SDK blocks, so calls run in a bounded
pool of threads. Whatever goes wrong during a run is a ControlLost.
"""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import json
import os
import platform
import socket
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, TypeVar

from targets.target import ControlLost, HostUnavailable

T = TypeVar("T")

DEFAULT_SOCKET = "/var/run/docker.sock"
PROBE_TIMEOUT_S = 5.0
CALL_TIMEOUT_S = 120.0
CALLS_AT_ONCE = 10


def find(environment: Mapping[str, str] = os.environ) -> Path:
    """The socket of the engine the user's ``docker`` command would speak to.

    ``DOCKER_HOST`` first, then the current context, then the usual place. Raises
    HostUnavailable for an engine on another machine.
    """
    url = environment.get("DOCKER_HOST") or _context_url(environment) or f"unix://{DEFAULT_SOCKET}"
    if not url.startswith("unix://"):
        raise HostUnavailable(
            f"the Docker engine at {url} is not reached through a socket of this machine, and "
            "nodes are reached through ports it publishes on 127.0.0.1. Run "
            "splitbrain on that machine, or unset DOCKER_HOST (docker context use default) to use "
            "the local engine."
        )
    return Path(url.removeprefix("unix://"))


def _context_url(environment: Mapping[str, str]) -> str | None:
    """The endpoint of the docker command's current context, as its files keep it."""
    home = Path(environment.get("HOME") or Path.home())
    folder = Path(environment.get("DOCKER_CONFIG") or home / ".docker")
    try:
        config = json.loads((folder / "config.json").read_text())
        current = environment.get("DOCKER_CONTEXT") or config.get("currentContext")
        if not current or current == "default":
            return None
        digest = hashlib.sha256(current.encode()).hexdigest()
        meta = json.loads((folder / "contexts" / "meta" / digest / "meta.json").read_text())
        url = meta["Endpoints"]["docker"]["Host"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return str(url)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def probe(path: Path, timeout_s: float = PROBE_TIMEOUT_S) -> dict[str, Any]:
    """The engine's answer to ``GET /version``. Raises HostUnavailable with what would help."""
    connection = _UnixConnection(path, timeout_s)
    try:
        connection.request("GET", "/version")
        response = connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise HostUnavailable(f"the Docker engine at {path} answered HTTP {response.status}")
        version = json.loads(body)
    except PermissionError as error:
        raise HostUnavailable(
            f"this user may not speak to the Docker engine at {path}; join its group and log in "
            "again: sudo usermod -aG docker $USER"
        ) from error
    except FileNotFoundError as error:
        raise HostUnavailable(
            f"there is no Docker engine at {path}; install one (apt install docker.io, or "
            "https://docs.docker.com/engine/install/) and start it: sudo systemctl start docker"
        ) from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise HostUnavailable(
            f"the Docker engine at {path} does not answer ({error}); "
            "start it: sudo systemctl start docker"
        ) from error
    finally:
        connection.close()
    _must_run_linux(version)
    return dict(version)


def _must_run_linux(version: Mapping[str, Any]) -> None:
    if version.get("Os", "linux") != "linux":
        raise HostUnavailable(
            f"this Docker engine runs {version.get('Os')} containers; nodes need Linux ones "
            "(switch Docker to Linux containers)"
        )


def same_architecture(version: Mapping[str, Any]) -> bool:
    """Whether binaries of this machine run in the engine's containers."""
    names = {"x86_64": "amd64", "aarch64": "arm64"}
    machine = platform.machine()
    return sys.platform == "linux" and version.get("Arch") == names.get(machine, machine)


class Engine:
    """The engine's calls, off the event loop. ``api`` is the SDK's low-level client."""

    def __init__(self, api: Any, version: Mapping[str, Any]) -> None:
        self.api = api
        self.version = version
        self._pool = ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="engine")
        self._running: set[Future[Any]] = set()

    async def call(self, function: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """Run a blocking call of the SDK in the pool. Errors become ControlLost."""
        return await self.run(blocking, function, *arguments, **named)

    async def run(self, function: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """Run anything that blocks in the pool. Errors are its own."""
        future = self._pool.submit(function, *arguments, **named)
        self._running.add(future)
        future.add_done_callback(self._running.discard)
        return await asyncio.wrap_future(future)

    async def quiet(self) -> None:
        """Wait for calls whose callers were cancelled: the engine carries them out all the same."""
        await asyncio.to_thread(wait, list(self._running))

    def close(self) -> None:
        """Wait for calls that still run, and drop the connections."""
        self._pool.shutdown(wait=True)
        self.api.close()


class NotThere(ControlLost):
    """The engine knows no such thing (404)."""


class Conflict(ControlLost):
    """The engine says that the thing is not in a state for this (409, 304)."""


def blocking(function: Callable[..., T], *arguments: Any, **named: Any) -> T:
    """Call the SDK here and now; its errors become NotThere, Conflict or ControlLost."""
    import docker.errors
    import requests

    try:
        return function(*arguments, **named)
    except docker.errors.APIError as error:
        status = error.response.status_code if error.response is not None else None
        kind = {404: NotThere, 409: Conflict, 304: Conflict}.get(status or 0, ControlLost)
        raise kind(f"the Docker engine refused: {error.explanation or error}") from error
    except (docker.errors.DockerException, requests.RequestException, OSError) as error:
        raise ControlLost(f"the Docker engine stopped answering: {error}") from error


def connect(environment: Mapping[str, str] = os.environ) -> Engine:
    """Connect to this machine's engine (0.3 s, most of it loading the SDK). Blocks.

    Raises HostUnavailable with the command that would help.
    """
    path = find(environment)
    version = probe(path)
    import docker

    try:
        api = docker.APIClient(
            base_url=f"unix://{path}",
            version="auto",
            timeout=CALL_TIMEOUT_S,
            max_pool_size=CALLS_AT_ONCE,
        )
    except docker.errors.DockerException as error:
        raise HostUnavailable(f"the Docker engine at {path} is of no use here: {error}") from error
    return Engine(api, version)
