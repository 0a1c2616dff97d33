"""An exchange in virtual time over a scripted wire."""

from clients.client import Completion, GarbledAnswer, Invocation
from clients.exchange import Exchange
from histories.event import Outcome
from splitbrain.drivers import VirtualClock

MS = 1_000_000
TIMEOUT = 2000 * MS
HOLD = 100 * MS
WRITE = Invocation(0, "write", "x", 1)
READ = Invocation(0, "read", "x", None)


class PlainCore:
    """The request is its f; the answer is its value, "busy", or "??" for garbage."""

    resets = 0
    awaits_greeting = False
    says_first = b""

    def opening(self):
        return self.says_first

    def greeted(self, data):
        if data == b"??":
            raise GarbledAnswer("what?")
        return data == b"hello"

    def is_read(self, invocation):
        return invocation.f == "read"

    def encode(self, invocation):
        return invocation.f.encode()

    def receive(self, data):
        if data == b"??":
            raise GarbledAnswer("what?")
        if data == b"and?":
            return b"more"
        if data == b"busy":
            return Completion(Outcome.FAIL, None, "busy", unavailable=True)
        return Completion(Outcome.OK, data.decode()) if data else None

    def reset(self):
        self.resets += 1


class ScriptedWire:
    def __init__(self):
        self.acts = []

    def connect(self):
        self.acts.append("connect")

    def send(self, data):
        self.acts.append(data.decode())

    def drop(self):
        self.acts.append("drop")


class Bench:
    def __init__(self, resend_ms=None, heartbeat=None):
        self.clock, self.wire, self.got = VirtualClock(), ScriptedWire(), []
        self.core = PlainCore()
        self.exchange = Exchange(
            self.core,
            self.wire,
            self.clock,
            timeout_ns=TIMEOUT,
            resend_ns=None if resend_ms is None else resend_ms * MS,
            hold_back_ns=HOLD,
            heartbeat=heartbeat,
        )

    def invoke(self, invocation):
        self.exchange.invoke(invocation, lambda c: self.got.append((self.clock.now_ns(), c)))

    def at(self, ms, action, *arguments):
        self.clock.call_at(ms * MS, lambda: action(*arguments))

    def run(self):
        while self.clock.run_next():
            pass

    @property
    def outcome(self):
        assert len(self.got) == 1, self.got
        at_ns, completion = self.got[0]
        return at_ns // MS, completion.outcome, completion.error
