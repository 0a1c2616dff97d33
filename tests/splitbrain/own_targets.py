"""Files of targets that are right, and wrong in one thing each."""

from __future__ import annotations

from pathlib import Path

SOUND = """\
from splitbrain import ClientCore, Completion, Launch, Outcome, System, Target, Workload
from splitbrain.generator import Phases, Repeat
from splitbrain.workloads.workload import main_phase

class Mine(System):
    name = "mine"
    workloads = ("register", "looks")
    client_port = 7400

    def launch(self, node, addresses, bugs, options=()):
        if options:
            raise ValueError(f"seen {options[0]}, expected none")
        return Launch(script="a.py", files={"a.py": "print('{data}')"}, ports=(7400,))

    async def status(self, endpoint, timeout_s):
        return {"role": "leader"}

class Core(ClientCore):
    def is_read(self, invocation):
        return invocation.f == "read"

    def encode(self, invocation):
        return b"?"

    def receive(self, data):
        return Completion(Outcome.OK, data.decode())

    def reset(self):
        pass

def looks(plan):
    return Phases((main_phase(plan, Repeat("read", key=1)),))

LOOKS = Workload("looks", "reads", "register", looks)
TARGET = Target(Mine(), lambda asked: Core(), (LOOKS,))
"""


def written(folder: Path, *changes: tuple[str, str], name: str = "mine.py") -> str:
    """The path of a file with the sound target, these pieces of it replaced."""
    text = SOUND
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = folder / name
    path.write_text(text)
    return str(path)


def line(piece: str, text: str = SOUND) -> int:
    """The number of the line in which the piece begins."""
    return text[: text.index(piece)].count("\n") + 1
