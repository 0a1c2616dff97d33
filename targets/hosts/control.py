"""The harness's end of the connection to one machine's agent."""

from __future__ import annotations

import asyncio
import json
import struct
from typing import Any, NoReturn

from targets.hosts.agent import FRAME_BYTES_MAX
from targets.target import ControlLost

REQUEST_TIMEOUT_S = 10.0


class AgentConnection:
    """Asks one agent, one request at a time. Every trouble is a ControlLost."""

    def __init__(
        self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._name = name
        self._reader = reader
        self._writer = writer
        self._lock = asyncio.Lock()
        self._id = 0
        self._broken: str | None = None

    @property
    def broken(self) -> str | None:
        """Why nothing can be asked any more; None while it can."""
        return self._broken

    async def hello(self, token: str, timeout_s: float = REQUEST_TIMEOUT_S) -> int:
        """Introduce ourselves; the agent's pid as it sees it."""
        value = await self.request("hello", timeout_s=timeout_s, token=token)
        return int(value["pid"])

    async def request(
        self, command: str, timeout_s: float = REQUEST_TIMEOUT_S, **members: Any
    ) -> Any:
        """The value of the agent's answer. ControlLost when it refuses, fails, or is gone."""
        async with self._lock:
            if self._broken is not None:
                raise ControlLost(f"{self._name}: agent: {self._broken}")
            self._id += 1
            try:
                async with asyncio.timeout(timeout_s):
                    answer = await self._exchange({"id": self._id, "command": command, **members})
            except TimeoutError:
                self._fail(f"no answer to {command!r} within {timeout_s:g} s")
            except (OSError, asyncio.IncompleteReadError, ValueError) as error:
                self._fail(f"the connection broke during {command!r}: {error}")
            except asyncio.CancelledError:
                # The answer would be taken for that of the next request.
                self._broken = f"a request ({command!r}) was cancelled half-way"
                raise
        if not answer.get("ok"):
            raise ControlLost(f"{self._name}: agent: {answer.get('error')}")
        return answer.get("value")

    def _fail(self, reason: str) -> NoReturn:
        self._broken = reason
        raise ControlLost(f"{self._name}: agent: {reason}")

    async def _exchange(self, message: dict[str, Any]) -> dict[str, Any]:
        payload = json.dumps(message).encode()
        self._writer.write(struct.pack(">I", len(payload)) + payload)
        await self._writer.drain()
        (length,) = struct.unpack(">I", await self._reader.readexactly(4))
        if length > FRAME_BYTES_MAX:
            raise ValueError(f"a frame of {length} bytes")
        answer = json.loads(await self._reader.readexactly(length))
        if not isinstance(answer, dict) or answer.get("id") != message["id"]:
            raise ValueError(f"an answer to another request: {answer!r}")
        return answer

    def close(self) -> None:
        """Drop the connection: the agent takes its rules away."""
        self._writer.close()
