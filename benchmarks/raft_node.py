"""What five Raft nodes on loopback can do: `python benchmarks/raft_node.py [--clients 20]`.

Closed loop: each client sends its next command when the last one is answered. Prints the
time until the first answer, acknowledged commands a second and their latency. Clients and
nodes share the machine, so the clients' own cost is part of the figure.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from targets.nodes.frames import FrameDecoder, encode_frame


class Client:
    """One connection to one node, one command at a time."""

    def __init__(self, name: str, address: str, port: int) -> None:
        self.name, self._address, self._port = name, address, port
        self._decoder = FrameDecoder()
        self.seq = 0

    async def connect(self) -> None:
        """Dial until the node listens."""
        while True:
            try:
                self._reader, self._writer = await asyncio.open_connection(
                    self._address, self._port
                )
                return
            except OSError:
                await asyncio.sleep(0.005)

    async def ask(self, f: str, value: Any) -> dict[str, Any]:
        """Send one command on the client's own key and wait for its answer."""
        self.seq += 1
        request = {"id": self.seq, "session": self.name, "seq": self.seq, "f": f, "key": self.name}
        self._writer.write(encode_frame({**request, "value": value}))
        while True:
            data = await self._reader.read(65536)
            if not data:
                raise ConnectionError(f"{self._address} closed the connection")
            for answer in self._decoder.feed(data):
                if "hello" not in answer:
                    return dict(answer)


async def drive(client: Client, reads: float, end: float, latencies: list[float]) -> int:
    """Send commands until ``end``; how many were refused."""
    refused, owed = 0, 0.0
    while time.monotonic() < end:
        owed += reads
        f = "read" if owed >= 1 else "write"
        owed -= owed >= 1
        start = time.perf_counter()
        answer = await client.ask(f, client.seq)
        if answer["ok"]:
            latencies.append(time.perf_counter() - start)
        else:
            refused += 1
            await asyncio.sleep(0.02)
    return refused


async def measure(options: argparse.Namespace, addresses: list[str], started: float) -> None:
    """Wait for a leader, then let all clients run and print what they saw."""
    clients = [
        Client(f"c{i}", addresses[i % len(addresses)], options.port) for i in range(options.clients)
    ]
    for client in clients:
        await client.connect()
    while not (await clients[0].ask("write", 0))["ok"]:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    print(f"first answer after {time.monotonic() - started:.2f} s")
    latencies: list[float] = []
    begin = time.monotonic()
    refused = await asyncio.gather(
        *(drive(c, options.reads, begin + options.seconds, latencies) for c in clients)
    )
    seconds = time.monotonic() - begin
    latencies.sort()
    p50, p99 = (latencies[int(len(latencies) * q)] * 1000 for q in (0.5, 0.99))
    print(
        f"{len(latencies) / seconds:,.0f} acknowledged a second, "
        f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, {sum(refused)} refused"
    )


def main() -> None:
    """Start the nodes, measure, and take them down."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--nodes", type=int, default=5)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--reads", type=float, default=0.0, metavar="FRACTION")
    parser.add_argument("--port", type=int, default=17000)
    parser.add_argument("--no-fsync", action="store_true")
    options = parser.parse_args()
    addresses = [f"127.0.0.{10 + i}" for i in range(options.nodes)]
    members = ",".join(f"n{i}={address}" for i, address in enumerate(addresses))
    nodes: list[subprocess.Popen[bytes]] = []
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="raft-node-") as folder:
        try:
            for i, address in enumerate(addresses):
                command = [sys.executable, "-m", "targets.nodes.raft", "--id", f"n{i}"]
                command += ["--members", members, "--listen", address]
                command += ["--client-port", str(options.port)]
                command += ["--peer-port", str(options.port + 1), "--data", f"{folder}/n{i}"]
                command += ["--no-fsync"] if options.no_fsync else []
                with Path(f"{folder}/n{i}.log").open("wb") as log:
                    nodes.append(subprocess.Popen(command, stderr=log))
            asyncio.run(measure(options, addresses, started))
        finally:
            for node in nodes:
                node.terminate()
            for node in nodes:
                node.wait()


if __name__ == "__main__":
    main()
