"""What a run's folder keeps of a target that is not ours, and what has changed since."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from splitbrain.plan import Plan
from splitbrain.plugins.found import found_for

FIRST = "n1", {"n1": "127.0.0.1"}


def remembered(plan: Plan) -> dict[str, Any] | None:
    """Where the target comes from and what it was, JSON-ready; None of one of ours.

    Of a file and of the neighbours it imports, and of the files that it gives its nodes, the
    SHA-256; of a package its version.
    """
    found = found_for(plan)
    if found.ours:
        return None
    files = found.system.launch(*FIRST, (), plan.options).files
    given = {path: hashlib.sha256(text.encode()).hexdigest() for path, text in files.items()}
    return {**found.facts, "given_to_nodes": given}


def changes(plan: Plan, kept: Mapping[str, Any] | None) -> list[str]:
    """A sentence for each thing of the target that is not what it was when ``kept`` was written."""
    now = remembered(plan)
    if now is None or kept is None or now == kept:
        return []
    told = []
    if kept.get("package") != now.get("package"):
        told.append(f"{kept.get('package')} is now {now.get('package')}")
    for member in ("sha256", "given_to_nodes"):
        then, today = kept.get(member, {}), now.get(member, {})
        names = sorted(name for name in {*then, *today} if then.get(name) != today.get(name))
        told += [f"{name} is not what it was" for name in names]
    told = list(dict.fromkeys(told))
    return [f"The target has changed since: {'; '.join(told)}."] if told else []
