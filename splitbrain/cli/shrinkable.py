"""Whether the plan of a run can be run here, again and again and a little smaller each time."""

from __future__ import annotations

from histories.archive import ArchiveError
from splitbrain.plugins import TargetRefused
from splitbrain.progress import SilentProgress
from splitbrain.record import RunRecord


def unshrinkable_because(record: RunRecord) -> str | None:
    """Why a run's plan cannot be shrunk by running smaller ones; None when it can."""
    from splitbrain.cli.replayable import refuse_foreign, refuse_plan
    from splitbrain.hosts import make_host
    from splitbrain.run import PlanError, check
    from splitbrain.run_files import read_manifest
    from targets.hosts import reexec
    from targets.hosts.choose import choose
    from targets.target import HostUnavailable

    plan = record.plan
    if plan.endpoints:
        return (
            f"It ran on a cluster of others ({', '.join(plan.endpoints)}), which is not ours to "
            "run again and again; splitbrain replay runs it once more."
        )
    try:
        refuse_foreign(plan, read_manifest(record.folder), record.folder)
        refuse_plan(plan, record.folder)
        if not reexec.inside():
            choose(plan.host)
        check(plan, make_host(plan, SilentProgress()))
    except (ArchiveError, TargetRefused, HostUnavailable, PlanError) as error:
        return f"It cannot be run here: {error}"
    return None
