"""splitbrain: could this system have behaved as it promises, given all that its clients saw?

The public names; each is imported when it is first used, so that the command line starts fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clients.client import ClientCore, Completion, GarbledAnswer, Invocation
    from histories.event import Outcome
    from splitbrain.plan import Plan
    from splitbrain.plugins.target import ClientSetting, Target
    from splitbrain.record import Health, RunRecord, Timings
    from splitbrain.workloads.workload import Workload
    from targets.target import Launch, Needed, System

__version__ = "0.1.0"

__all__ = [
    "ClientCore",
    "ClientSetting",
    "Completion",
    "GarbledAnswer",
    "Health",
    "Invocation",
    "Launch",
    "Needed",
    "Outcome",
    "Plan",
    "RunRecord",
    "System",
    "Target",
    "Timings",
    "Workload",
    "__version__",
]

_HOMES = {
    "ClientCore": "clients.client",
    "ClientSetting": "splitbrain.plugins.target",
    "Completion": "clients.client",
    "GarbledAnswer": "clients.client",
    "Health": "splitbrain.record",
    "Invocation": "clients.client",
    "Launch": "targets.target",
    "Needed": "targets.target",
    "Outcome": "histories.event",
    "Plan": "splitbrain.plan",
    "RunRecord": "splitbrain.record",
    "System": "targets.target",
    "Target": "splitbrain.plugins.target",
    "Timings": "splitbrain.record",
    "Workload": "splitbrain.workloads.workload",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'splitbrain' has no attribute {name!r}")
