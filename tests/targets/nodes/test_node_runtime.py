"""The runtime keeps the contract of targets.nodes.effects: order, batches, honest losses.

The core is a scripted one, the disk a list; the sockets are real ones on loopback.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from targets.nodes.effects import (
    Effect,
    Elapsed,
    Event,
    Fsync,
    Received,
    Replace,
    Reply,
    Requested,
    Send,
    SetTimer,
    Started,
    Synced,
    Undelivered,
    Write,
)
from targets.nodes.frames import FrameDecoder, encode_frame, encode_json
from targets.nodes.reached import ReachedFile
from targets.nodes.runtime import Addresses, Runtime


class ScriptedCore:
    """Answers each batch with what ``script`` makes of it, and remembers the batches."""

    def __init__(self, script: Callable[[Event], list[Effect]]) -> None:
        self.script = script
        self.batches: list[list[Event]] = []
        self.reached: dict[str, int] = {}
        self.clock = time.monotonic

    def step(self, events: list[Event]) -> list[Effect]:
        self.batches.append(events)
        return [effect for event in events for effect in self.script(event)]

    def status(self) -> dict[str, Any]:
        return {}


class ListDisk:
    def __init__(self) -> None:
        self.calls: list[str] = []

    def append(self, payloads: list[bytes]) -> None:
        self.calls += [payload.decode() for payload in payloads]

    def replace(self, payloads: list[bytes]) -> None:
        self.calls.append("replace by " + b", ".join(payloads).decode())

    def sync(self) -> None:
        self.calls.append("sync")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Bench:
    """A runtime with one peer that need not exist."""

    def __init__(self, folder: Path, script: Callable[[Event], list[Effect]]) -> None:
        self.core = ScriptedCore(script)
        self.disk = ListDisk()
        self.client_port, self.peer_port, self.other_port = free_port(), free_port(), free_port()
        self.runtime = Runtime(
            "n1",
            self.core,
            self.disk,  # type: ignore[arg-type]
            Addresses(
                "127.0.0.1",
                self.client_port,
                self.peer_port,
                {"n2": ("127.0.0.1", self.other_port)},
            ),
            encode=encode_json,
            decode=lambda data: data["message"],
            reached_file=ReachedFile(folder / "reached.json"),
        )

    def run(self, story: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async def both() -> None:
            node = asyncio.ensure_future(self.runtime.run())
            await asyncio.sleep(0)
            tale = asyncio.ensure_future(asyncio.wait_for(story(), 10))
            await asyncio.wait([node, tale], return_when=asyncio.FIRST_COMPLETED)
            node.cancel()
            if not tale.done():
                tale.cancel()
            results = await asyncio.gather(node, tale, return_exceptions=True)
            for result in results:
                if isinstance(result, Exception):
                    raise result

        asyncio.run(both())

    async def heard(self, event: Event) -> None:
        while not any(event in batch for batch in self.core.batches):  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    async def dial(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while True:
            try:
                return await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.01)


async def one_frame(reader: asyncio.StreamReader) -> Any:
    decoder = FrameDecoder()
    while True:
        data = await reader.read(65536)
        assert data, "the connection ended before a frame came"
        if messages := decoder.feed(data):
            return messages[0]


def test_requests_of_one_turn_are_one_batch_and_are_answered_after_their_sync(
    tmp_path: Path,
) -> None:
    def script(event: Event) -> list[Effect]:
        if isinstance(event, Requested):
            return [Write([b"record"]), Reply(event.origin, {"ok": True})]
        return []

    bench = Bench(tmp_path, script)
    plain = bench.core.step

    def step(events: list[Event]) -> list[Effect]:
        effects = plain(events)
        writes = [e for e in effects if isinstance(e, Write)]
        replies = [e for e in effects if isinstance(e, Reply)]
        return [*writes, Fsync(1, 1), *replies] if writes else effects

    bench.core.step = step  # type: ignore[method-assign]

    async def story() -> None:
        reader, writer = await bench.dial(bench.client_port)
        assert list(await one_frame(reader)) == ["hello"]
        writer.write(b"".join(encode_frame({"id": i}) for i in range(3)))
        assert await one_frame(reader) == {"id": 0, "ok": True}
        assert bench.disk.calls == ["record", "record", "record", "sync"]
        writer.close()

    bench.run(story)
    batches = [[type(event) for event in batch] for batch in bench.core.batches]
    assert [Requested] * 3 in batches
    assert [Synced] in batches


def test_a_log_file_is_replaced_before_what_depends_on_it_and_the_core_has_a_clock(
    tmp_path: Path,
) -> None:
    def script(event: Event) -> list[Effect]:
        if isinstance(event, Requested):
            now = {"now": bench.core.clock()}
            replaced = Replace([b"snapshot", b"entry"])
            return [Write([b"record"]), replaced, Fsync(1, 1), Reply(event.origin, now)]
        return []

    bench = Bench(tmp_path, script)

    async def story() -> None:
        reader, writer = await bench.dial(bench.client_port)
        await one_frame(reader)
        before = asyncio.get_running_loop().time()
        writer.write(encode_frame({"id": 1}))
        assert (await one_frame(reader))["now"] >= before
        assert bench.disk.calls == ["record", "replace by snapshot, entry", "sync"]
        writer.close()

    bench.run(story)


def test_what_cannot_be_sent_is_reported_and_not_kept(tmp_path: Path) -> None:
    def script(event: Event) -> list[Effect]:
        match event:
            case Requested(origin, _):
                return [Send("n2", {"for": "n2"}), SetTimer("later", 0.0), Reply(origin, {})]
        return []

    bench = Bench(tmp_path, script)

    async def story() -> None:
        reader, writer = await bench.dial(bench.client_port)
        writer.write(encode_frame({"id": 1}))
        await one_frame(reader)
        writer.close()

    bench.run(story)
    events = [event for batch in bench.core.batches for event in batch]
    assert Undelivered("n2", {"for": "n2"}) in events
    assert isinstance(events[0], Started)


def test_a_peer_says_who_it_is_and_strangers_are_shown_the_door(tmp_path: Path) -> None:
    bench = Bench(tmp_path, lambda event: [])

    async def story() -> None:
        reader, writer = await bench.dial(bench.peer_port)
        writer.write(encode_frame({"type": "hello", "from": "mallory"}))
        with contextlib.suppress(ConnectionError):
            assert await reader.read(1) == b""
        writer.close()
        _, friend = await bench.dial(bench.peer_port)
        friend.write(encode_frame({"from": "n2"}) + encode_frame({"message": "hi"}))
        await bench.heard(Received("n2", "hi"))
        friend.close()

    bench.run(story)


def test_messages_that_wait_are_heard_before_a_timer_that_is_due(tmp_path: Path) -> None:
    """A node that was paused finds both when it wakes, and must not start an election."""

    def script(event: Event) -> list[Effect]:
        match event:
            case Started():
                return [SetTimer("election", 0.05)]
            case Received():
                return [SetTimer("election", 60.0)]
        return []

    bench = Bench(tmp_path, script)

    async def story() -> None:
        _, peer = await bench.dial(bench.peer_port)
        peer.write(encode_frame({"from": "n2"}) + encode_frame({"message": "heartbeat"}))
        # Let the bytes reach the socket, then block the loop as a pause would.
        time.sleep(0.1)  # noqa: ASYNC251
        await asyncio.sleep(0.1)
        peer.close()

    bench.run(story)
    events = [event for batch in bench.core.batches for event in batch]
    assert Received("n2", "heartbeat") in events
    assert Elapsed("election") not in events


def test_a_core_that_fails_ends_the_node(tmp_path: Path) -> None:
    def script(event: Event) -> list[Effect]:
        raise AssertionError("entry 2 is committed")

    async def story() -> None:
        await asyncio.sleep(5)

    with pytest.raises(AssertionError, match="entry 2 is committed"):
        Bench(tmp_path, script).run(story)


def test_counts_of_reached_bugs_survive_the_node(tmp_path: Path) -> None:
    path = tmp_path / "reached.json"
    file = ReachedFile(path)
    assert file.load() == {}
    file.note({"raft.a": 1}, 0.0)
    assert ReachedFile(path).load() == {"raft.a": 1}, "the first time is saved at once"
    file.note({"raft.a": 2}, 0.1)
    assert ReachedFile(path).load() == {"raft.a": 1}, "and then a few times a second"
    file.note({"raft.a": 3}, 0.3)
    assert ReachedFile(path).load() == {"raft.a": 3}
    path.write_text("{")
    assert ReachedFile(path).load() == {}
