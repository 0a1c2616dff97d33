"""How large a plan is: what a person would have to read, and a machine to do."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from splitbrain.plan import Plan


@dataclass(frozen=True, slots=True)
class Size:
    """Of a plan with a script: what it does with. ``seconds`` is when nothing more is planned."""

    operations: int
    faults: int
    nodes: int
    clients: int
    keys: int
    seconds: float

    @classmethod
    def of(cls, plan: Plan) -> Size:
        """Of a plan that has a script."""
        script = plan.script
        assert script is not None
        return cls(
            len(script.operations),
            len(script.faults),
            plan.nodes,
            len(script.clients),
            script.keys,
            script.end_ns / 1e9,
        )

    def to_json(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return asdict(self)

    def __str__(self) -> str:
        counts = (
            (self.operations, "operation"),
            (self.faults, "fault"),
            (self.nodes, "node"),
            (self.clients, "client"),
        )
        told = ", ".join(f"{n:,} {noun}{'s' * (n != 1)}" for n, noun in counts)
        return f"{told}, {self.seconds:.2f} s"
