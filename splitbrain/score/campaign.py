"""Runs what is missing of a scorecard, writes every trial down, and tells how far it is."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from splitbrain.campaign import Trial, trials
from splitbrain.own_source import source_digest, source_now
from splitbrain.plan import Plan
from splitbrain.progress import Progress
from splitbrain.report.meter import Meter
from splitbrain.report.repeat import repeat_command
from splitbrain.score.plans import Series
from splitbrain.score.scorecard import scored
from splitbrain.score.telling import series_sentence
from splitbrain.score.trial_log import TrialLog

FAILURES_MAX = 10
"""So many trials may fail by the harness's fault before the rest is not worth trying."""
LOOK_EVERY_S = 30.0
"""Between two looks at the program's own source, some 30 ms each."""


class ProgramEdited(Exception):
    """The program was edited while it was scored."""


@dataclass(slots=True)
class Campaign:
    """What was found so far. ``failures`` are trials that the harness did not finish."""

    series: Sequence[Series]
    trials: dict[Plan, Trial] = field(default_factory=dict)
    failures: dict[Plan, Trial] = field(default_factory=dict)
    interrupted: bool = False

    def missing(self) -> list[Plan]:
        """The plans that are still to be run, in order."""
        plans = (plan for one in self.series for plan in one.plans())
        return [plan for plan in plans if plan not in self.trials]


def run_campaign(
    campaign: Campaign,
    logs: Mapping[str, TrialLog],
    progress: Progress,
    *,
    jobs: int,
    scheduler: str | None = None,
) -> None:
    """Run what is missing, ``logs`` (by system) taking each trial; an interrupt ends it early.

    Raises ProgramEdited, and what ``splitbrain.campaign.trials`` raises.
    """
    missing = campaign.missing()
    following = _Following(campaign, progress)
    meter = Meter(progress, len(missing))
    guard = _Guard(logs)
    try:
        with closing(trials(missing, jobs=jobs, scheduler=scheduler)) as found:
            for done, (plan, trial) in enumerate(zip(missing, found, strict=True), 1):
                if trial.error is not None:
                    campaign.failures[plan] = trial
                    progress.line(f"A run failed in the harness itself: {repeat_command(plan)}")
                    if len(campaign.failures) >= FAILURES_MAX:
                        progress.line(f"{FAILURES_MAX} runs failed so: the rest is not tried.")
                        break
                else:
                    campaign.trials[plan] = trial
                    logs[plan.system].add(plan, trial)
                    why = ", ".join(trial.kinds) or trial.reason or ""
                    progress.detail(f"  seed {plan.seed}: {trial.verdict} {why}".rstrip())
                meter.show(done, following.at(plan))
                guard.look()
    except KeyboardInterrupt:
        campaign.interrupted = True
    except ProgramEdited:
        raise
    except Exception:
        # What breaks may do so because of an edit, and what was logged until then stays.
        guard.look(now=True)
        raise
    guard.look(now=True)


class _Guard:
    """Sees to it that all trials come from the program that the logs are named after.

    Processes load parts of it when they are first needed, so an edit may reach some trials.
    """

    def __init__(self, logs: Mapping[str, TrialLog]) -> None:
        self._logs = logs
        self._next = time.monotonic() + LOOK_EVERY_S

    def look(self, *, now: bool = False) -> None:
        """Now and then, or ``now``, compare. Raises ProgramEdited; what may be wrong is undone."""
        if time.monotonic() < self._next and not now:
            return
        if source_now() != source_digest():
            for log in self._logs.values():
                log.cut_back()
            raise ProgramEdited(
                "the program's source was edited while it was scored, so that trials may come "
                "from two programs; those of the last half minute are thrown away. Score from a "
                "copy that nobody edits."
            )
        for log in self._logs.values():
            log.mark()
        self._next = time.monotonic() + LOOK_EVERY_S


class _Following:
    """Knows which series a plan belongs to, and tells what a series found once it is over."""

    def __init__(self, campaign: Campaign, progress: Progress) -> None:
        self._campaign = campaign
        self._progress = progress
        self._last = {plan: one for one in campaign.series for plan in _last(one)}
        self._titles = {plan: one.title for one in campaign.series for plan in one.plans()}

    def at(self, plan: Plan) -> str:
        """The title of the series that ``plan``, just run, belongs to."""
        series = self._last.get(plan)
        if series is not None:
            campaign = self._campaign
            card = scored([series], campaign.trials, campaign.failures)
            self._progress.line(series_sentence(card))
        return self._titles[plan]


def _last(series: Series) -> Iterator[Plan]:
    *_, last = series.plans()
    yield last
