"""mydb as a target: splitbrain test --target examples/mydb/mydb.py."""

import asyncio
import json
from pathlib import Path

from splitbrain import (
    ClientCore,
    Completion,
    GarbledAnswer,
    Launch,
    Outcome,
    System,
    Target,
    Workload,
)
from splitbrain.generator import Draw, Mix, Phases, Repeat
from splitbrain.workloads.workload import main_phase, recovery_phase

SERVER = Path(__file__).with_name("server.py").read_text()
PORT = 7400
READS = ("primary", "local")


class MyDB(System):
    name = "mydb"
    summary = "registers that the first node keeps, and the others ask it for"
    workloads = ("register", "hot-key")
    client_port = PORT

    def launch(self, node, addresses, bugs, options=()):
        chosen = dict(option.split("=", 1) for option in options)
        reads = chosen.pop("reads", READS[0])
        if chosen or reads not in READS:
            raise ValueError(f"seen {', '.join(options)}; expected reads=primary or reads=local")
        arguments = ["--name", node, "--port", str(PORT), "--reads", reads, "--log", "{data}/log"]
        first = next(iter(addresses))
        if node != first:
            arguments += ["--primary", addresses[first]]
        return Launch(
            script="server.py",
            files={"server.py": SERVER},
            arguments=tuple(arguments),
            ports=(PORT,),
        )

    async def status(self, endpoint, timeout_s):
        reader, writer = await asyncio.open_connection(*endpoint)
        try:
            writer.write(b'{"f": "status"}\n')
            return {"role": json.loads(await reader.readuntil())["value"], "term": 1}
        finally:
            writer.transport.abort()


class MyClient(ClientCore):
    DID_NOT_HAPPEN = ("mismatch", "no-primary")

    def __init__(self, prefix):
        self.prefix = prefix
        self.received = b""

    def is_read(self, invocation):
        return invocation.f == "read"

    def encode(self, invocation):
        self.current = invocation
        key = f"{self.prefix}{invocation.key}"
        request = {"f": invocation.f, "key": key, "value": invocation.value}
        return json.dumps(request).encode() + b"\n"

    def receive(self, data):
        self.received += data
        line, newline, rest = self.received.partition(b"\n")
        if not newline:
            return None
        self.received = rest
        try:
            answer = json.loads(line)
            ok, error = answer["ok"], answer.get("error")
        except (ValueError, TypeError, KeyError):
            raise GarbledAnswer(f"no answer of mydb: {line[:80]!r}") from None
        if ok:
            return Completion(Outcome.OK, answer.get("value"))
        failed = error in self.DID_NOT_HAPPEN or self.is_read(self.current)
        outcome = Outcome.FAIL if failed else Outcome.INFO
        return Completion(outcome, error=error, unavailable=error != "mismatch")

    def reset(self):
        self.received = b""


def hot_key(plan):
    writes = Draw("write", lambda rng, n: n + 1, key="hot")
    mixed = Mix(((0.2, writes), (0.8, Repeat("read", key="hot"))))
    late = Draw("write", lambda rng, n: n + 1, key="late")
    return Phases((main_phase(plan, mixed), recovery_phase(plan, late, "write")))


HOT_KEY = Workload("hot-key", "reads and writes of a single key", "register", hot_key)

TARGET = Target(MyDB(), lambda asked: MyClient(asked.prefix), workloads=(HOT_KEY,))
