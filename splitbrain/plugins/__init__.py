"""Systems, clients and workloads that others write: found, looked over, called with care."""

from splitbrain.plugins.blame import blamed, look_over
from splitbrain.plugins.failure import TargetBroke, TargetRefused
from splitbrain.plugins.found import (
    Found,
    found_at,
    found_for,
    found_named,
    installed,
    origin_of,
    system_of,
    workload_of,
)
from splitbrain.plugins.remembered import changes, remembered
from splitbrain.plugins.target import ClientSetting, Target

__all__ = [
    "ClientSetting",
    "Found",
    "Target",
    "TargetBroke",
    "TargetRefused",
    "blamed",
    "changes",
    "found_at",
    "found_for",
    "found_named",
    "installed",
    "look_over",
    "origin_of",
    "remembered",
    "system_of",
    "workload_of",
]
