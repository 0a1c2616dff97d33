"""The harness's end: every trouble with an agent is a ControlLost, and stays one."""

import asyncio
import socket
import threading
from collections.abc import Callable

import pytest

from targets.hosts.agent import receive, send
from targets.hosts.control import AgentConnection
from targets.target import ControlLost


def scripted(answer: Callable[[dict], dict | None], scenario) -> None:
    """Run ``scenario(connection)`` against a peer that answers what the script says."""
    ours, theirs = socket.socketpair()

    def peer() -> None:
        with theirs:
            while (request := receive(theirs)) is not None:
                said = answer(request)
                if said is None:
                    return
                if said:
                    send(theirs, said)

    async def run() -> None:
        connection = AgentConnection("n1", *await asyncio.open_connection(sock=ours))
        await scenario(connection)
        connection.close()

    thread = threading.Thread(target=peer)
    thread.start()
    asyncio.run(run())
    thread.join(10)


def test_the_value_of_the_answer_is_returned():
    async def scenario(connection):
        assert await connection.hello("secret") == 12
        assert await connection.request("dropped") == {"pid": 12}

    scripted(lambda r: {"id": r["id"], "ok": True, "value": {"pid": 12}}, scenario)


def test_requests_made_at_once_do_not_mix():
    async def scenario(connection):
        values = await asyncio.gather(*(connection.request("echo", n=n) for n in range(20)))
        assert values == list(range(20))

    scripted(lambda r: {"id": r["id"], "ok": True, "value": r["n"]}, scenario)


def test_a_refusal_names_machine_and_reason_and_the_connection_goes_on():
    async def scenario(connection):
        for _ in range(2):
            with pytest.raises(ControlLost, match="n1: agent: no such table"):
                await connection.request("refuse")

    scripted(lambda r: {"id": r["id"], "ok": False, "error": "no such table"}, scenario)


def test_silence_breaks_the_connection():
    async def scenario(connection):
        with pytest.raises(ControlLost, match=r"no answer to 'ping' within 0\.01 s"):
            await connection.request("ping", timeout_s=0.01)
        # A late answer would be taken for this one's.
        with pytest.raises(ControlLost, match="no answer to 'ping'"):
            await connection.request("dropped")

    scripted(lambda r: {}, scenario)


def test_an_agent_that_hangs_up_is_control_lost():
    async def scenario(connection):
        with pytest.raises(ControlLost, match="the connection broke during 'ping'"):
            await connection.request("ping")

    scripted(lambda r: None, scenario)


def test_an_answer_to_another_request_is_control_lost():
    async def scenario(connection):
        with pytest.raises(ControlLost, match="an answer to another request"):
            await connection.request("ping")

    scripted(lambda r: {"id": 99, "ok": True}, scenario)


def test_a_cancelled_request_breaks_the_connection():
    async def scenario(connection):
        task = asyncio.ensure_future(connection.request("ping"))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(ControlLost, match="cancelled half-way"):
            await connection.request("ping")

    scripted(lambda r: {}, scenario)
