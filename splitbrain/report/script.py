"""A script told: what is hurt and what is asked, line by line."""

from __future__ import annotations

from collections.abc import Iterator

from nemesis.fault import SymbolicFault
from splitbrain.plan import Plan
from splitbrain.script import ScriptedOperation

LINES_MAX = 30


def script_text(plan: Plan, width: int = 100) -> Iterator[str]:
    """The operations and faults of a plan with a script, by time; nothing for another plan."""
    lines = script_lines(plan)
    if not lines:
        return
    yield "Plan"
    for told in lines[:LINES_MAX]:
        yield _fitting(told, width)
    if len(lines) > LINES_MAX:
        yield f"  … and {len(lines) - LINES_MAX:,} more in run.json"


def script_lines(plan: Plan) -> list[str]:
    """A line for each operation and fault of a script, by time; none for another plan."""
    if plan.script is None:
        return []
    lines = [(fault.start_ns, 0, _fault(fault)) for fault in plan.script.faults]
    lines += [
        (operation.at_ns, 1, _operation(operation, plan.nodes))
        for operation in plan.script.operations
    ]
    # Operations of one time stay in their order.
    return [f"{at_ns / 1e9:8.3f} s  {told}" for at_ns, _, told in sorted(lines, key=_when)]


def _when(line: tuple[int, int, str]) -> tuple[int, int]:
    return line[:2]


def _fitting(line: str, width: int) -> str:
    return line if len(line) <= width else line[: width - 2] + " …"


def _operation(operation: ScriptedOperation, nodes: int) -> str:
    what = operation.f if operation.value is None else f"{operation.f} {operation.value}"
    key = "" if operation.key is None else f", key {operation.key}"
    node = operation.client % nodes + 1
    return f"client {operation.client} on n{node}: {what}{key}"


def _fault(fault: SymbolicFault) -> str:
    told = f"{fault.kind} of {fault.target}"
    if fault.trigger:
        told += f", waits until {fault.end_ns / 1e9:.3f} s for {fault.trigger}"
        return told + (f" and {fault.delay_ns / 1e9:g} s more" if fault.delay_ns else "")
    return told + f", until {fault.end_ns / 1e9:.3f} s"
