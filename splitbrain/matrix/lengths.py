"""How long a cell will take: guessed at first, and then learnt from those that have run."""

from __future__ import annotations

from splitbrain.matrix.cell import Cell

START_S, START_OTHERS_S = 6.0, 20.0
"""Making machines and nodes, final reads, taking them away: our own nodes, and others' software."""
OWN = ("raft", "paxos")
START_SIMULATED_S, OPERATION_S = 0.5, 0.001
"""A simulated run costs what its operations cost, not what its time limit says."""
WEIGHT = 0.5
"""Of the newest run in what is known of runs like it."""


def guessed_s(cell: Cell) -> float:
    """Seconds of the real clock that a cell will take, known of none."""
    plan = cell.plan
    if not cell.simulated:
        start_s = START_S if plan.system in OWN or plan.endpoints else START_OTHERS_S
        return plan.time_limit_s + start_s
    operations = plan.rate * plan.time_limit_s or 10_000.0
    if plan.operations is not None:
        operations = min(operations, plan.operations)
    return START_SIMULATED_S + OPERATION_S * operations


class Lengths:
    """What a cell will take, by how far guesses were off: of its group, or of its host."""

    def __init__(self) -> None:
        self._ratio: dict[str, float] = {}

    def expected_s(self, cell: Cell) -> float:
        """Seconds of the real clock."""
        ratio = self._ratio.get(cell.group, self._ratio.get(cell.plan.host, 1.0))
        return guessed_s(cell) * ratio

    def learn(self, cell: Cell, seconds: float) -> None:
        """A cell took so long."""
        seen = seconds / guessed_s(cell)
        for key in (cell.group, cell.plan.host):
            before = self._ratio.get(key, seen)
            self._ratio[key] = before + WEIGHT * (seen - before)

    def total_s(self, cells: list[Cell], jobs: int) -> float:
        """All of them: simulated ones ``jobs`` at a time, others one by one."""
        alone = sum(self.expected_s(cell) for cell in cells if not cell.simulated)
        together = sum(self.expected_s(cell) for cell in cells if cell.simulated)
        return alone + together / max(1, jobs)


def clock_text(seconds: float) -> str:
    """A length of time for people."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"
