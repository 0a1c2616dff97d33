"""What a run from elsewhere must not have done by itself when it is replayed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from splitbrain.archive.redaction import CUT
from splitbrain.plan import Plan


def foreign_because(plan: Plan, manifest: Mapping[str, Any]) -> list[str]:
    """What the plan of an imported run names that is not of this program, as phrases.

    A plan may name a file that defines the system, programs, machines and clusters. In a run that
    was made here the user has typed them. In a bundle somebody else has.
    """
    if not manifest.get("imported"):
        return []
    told = []
    if plan.target is not None:
        told.append(f"runs the file {plan.target}")
    if plan.ssh:
        told.append(f"logs in on {', '.join(plan.ssh)}")
    if plan.endpoints:
        told.append(f"speaks to {', '.join(plan.endpoints)}")
    told += [f"hands its nodes {option}" for option in plan.options if "/" in option]
    return told


def withheld(plan: Plan) -> list[str]:
    """The options of a plan whose values were not kept, because they are called a secret."""
    return [option.partition("=")[0] for option in plan.options if option.endswith(f"={CUT}")]
