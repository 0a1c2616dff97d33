"""mydb: registers over TCP, a JSON object a line. The first node keeps them; the others ask it.

What is written is on the disk before it is acknowledged, so a node that is killed has it when it
starts again. With ``--reads local`` the other nodes answer reads from what they last saw, which
is wrong: somebody else may have written since.
"""

import argparse
import asyncio
import json
import os
from pathlib import Path


class Node:
    """One node. The first node's address is ``primary``; on that node itself it is None."""

    def __init__(self, name, primary, reads, log):
        self.name, self.primary, self.reads = name, primary, reads
        self.values, self.seen = {}, {}
        if primary is None:
            self.log = Path(log).open("a+b", buffering=0)
            self.recover()

    def recover(self):
        self.log.seek(0)
        whole, _, _half_written = self.log.read().rpartition(b"\n")
        self.log.truncate(len(whole) + 1 if whole else 0)
        self.values = dict(json.loads(line) for line in whole.splitlines())

    async def answer(self, request):
        if request["f"] == "status":
            return {"ok": True, "value": "follower" if self.primary else "leader"}
        if self.primary is None:
            return self.apply(request)
        if self.reads == "local" and request["f"] == "read" and request["key"] in self.seen:
            return {"ok": True, "value": self.seen[request["key"]]}
        return await self.forward(request)

    def apply(self, request):
        key, value = request["key"], request["value"]
        if request["f"] == "read":
            return {"ok": True, "value": self.values.get(key)}
        if request["f"] == "cas":
            expected, value = value
            if self.values.get(key) != expected:
                return {"ok": False, "error": "mismatch"}
        self.log.write(json.dumps([key, value]).encode() + b"\n")
        os.fsync(self.log.fileno())
        self.values[key] = value
        return {"ok": True}

    async def forward(self, request):
        try:
            reader, writer = await asyncio.open_connection(*self.primary)
        except OSError:
            return {"ok": False, "error": "no-primary"}  # It was never asked.
        try:
            writer.write(json.dumps(request).encode() + b"\n")
            answer = json.loads(await reader.readline())
        except (OSError, ValueError):
            return {"ok": False, "error": "lost-primary"}  # It may have done it, or not.
        finally:
            writer.transport.abort()
        if answer["ok"]:
            read = request["f"] == "read"
            written = request["value"][1] if request["f"] == "cas" else request["value"]
            self.seen[request["key"]] = answer["value"] if read else written
        return answer

    async def serve(self, reader, writer):
        try:
            while line := await reader.readline():
                answer = await self.answer(json.loads(line))
                writer.write(json.dumps(answer).encode() + b"\n")
        except OSError:
            pass  # The client has gone.
        finally:
            writer.transport.abort()


async def main():
    told = argparse.ArgumentParser()
    told.add_argument("--name", required=True)
    told.add_argument("--port", type=int, required=True)
    told.add_argument("--primary")
    told.add_argument("--reads", choices=("primary", "local"), default="primary")
    told.add_argument("--log", required=True)
    asked = told.parse_args()
    primary = (asked.primary, asked.port) if asked.primary else None
    node = Node(asked.name, primary, asked.reads, asked.log)
    async with await asyncio.start_server(node.serve, "0.0.0.0", asked.port) as server:
        await server.serve_forever()


asyncio.run(main())
