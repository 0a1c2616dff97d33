"""From what was typed to a plan."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import click.testing
import pytest

from nemesis.kinds import FAULTS
from splitbrain.cli.catalogue import MODELS, WHOLE, Catalogue, load_catalogue
from splitbrain.cli.commands.test import test_command as command
from splitbrain.cli.settings import ADVISED_RESEND_S, Asked, SettingsError, settle
from splitbrain.plan import Plan
from splitbrain.report.repeat import repeat_command


@dataclass(frozen=True)
class System:
    name: str
    workloads: tuple[str, ...]
    inapplicable: Mapping[str, str] = field(default_factory=dict)
    simulated: bool = True
    resends: bool = True
    has_leader: bool = True


@dataclass(frozen=True)
class Workload:
    name: str
    summary: str = ""
    model: str = "cas-register"
    resend_s: float | None = None
    consistency: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bug:
    id: str
    name: str
    workload: str = "set"
    faults: tuple[str, ...] = ("kill",)
    fault_targets: tuple[str, ...] = ("kill:leader",)
    overlap: bool = False
    resend: bool = False
    options: tuple[str, ...] = ()
    interval: tuple[float, float] | None = None
    rate: float | None = None
    consistency: tuple[str, ...] = ()
    tier: str = "A"
    mutation: str = ""
    seen_as: str = ""
    source: str = ""
    note: str = ""


CATALOGUE = Catalogue(
    systems={"raft": System("raft", ("register", "set")), "paxos": System("paxos", ("register",))},
    workloads={
        "register": Workload("register"),
        "set": Workload("set"),
        "counter": Workload("counter", resend_s=0.3),
    },
    faults=FAULTS,
    bugs={
        bug.name: bug
        for bug in (Bug("R20", "raft.ack-before-fsync"), Bug("X1", "paxos.promise", resend=True))
    },
)


def plan_of(**asked):
    return settle(Asked(system="raft", **asked), CATALOGUE).plan


def problems_of(**asked):
    with pytest.raises(SettingsError) as caught:
        settle(Asked(**({"system": "raft"} | asked)), CATALOGUE)
    return caught.value.problems


def test_nothing_said_is_the_default_plan():
    assert plan_of() == Plan(system="raft", host="", workload="register")


def test_every_option_reaches_the_plan():
    plan = plan_of(
        host="docker",
        nodes="7",
        workload="set",
        concurrency="2n",
        rate="0",
        time_limit="2m",
        keys="3",
        operations_per_key="50",
        timeout="1s",
        resend="300ms",
        faults="kill,power-loss",
        fault_targets=("leader", "kill:minority,power-loss:all"),
        interval="3s,1s",
        overlap=True,
        recovery="0",
        seed="42",
    )
    assert plan == Plan(
        system="raft",
        host="docker",
        workload="set",
        nodes=7,
        concurrency=14,
        rate=0.0,
        time_limit_s=120.0,
        keys=3,
        operations_per_key=50,
        faults=("kill", "power-loss"),
        fault_targets=("leader", "kill:minority", "power-loss:all"),
        fault_hold_s=3.0,
        fault_quiet_s=1.0,
        overlap=True,
        seed=42,
        timeout_s=1.0,
        resend_s=0.3,
        recovery_s=0.0,
    )


def test_all_problems_are_told_at_once():
    told = problems_of(
        system="rfat", bugs=("R99",), nodes="0", faults="partiton", host="dokcer", time_limit="5x"
    )
    assert len(told) == 6
    assert "Did you mean 'raft'?" in told[0]
    assert any("Did you mean 'partition'?" in problem for problem in told)
    assert any("Did you mean 'docker'?" in problem for problem in told)


def test_no_system_is_answered_with_those_there_are():
    assert problems_of(system="") == ("which system? There is: raft, paxos.",)


def test_no_faults():
    assert plan_of(faults="none").faults == ()
    assert "stands alone" in problems_of(faults="none,kill")[0]
    assert "--faults none" in problems_of(faults=" ")[0]


def test_a_bug_brings_the_scenario_that_exposes_it():
    settled = settle(Asked(system="raft", bugs=("r20",)), CATALOGUE)
    assert settled.plan.bugs == ("raft.ack-before-fsync",)
    assert settled.plan.workload == "set"
    assert settled.plan.faults == ("kill",)
    assert settled.plan.fault_targets == ("kill:leader",)
    assert "catalogue advises for raft.ack-before-fsync" in settled.notes[0]


def test_a_bug_may_want_shorter_faults_than_usual():
    bug = Bug("R2", "raft.forgetful", interval=(1.5, 2.0))
    catalogue = replace(CATALOGUE, bugs={bug.name: bug})
    advised = settle(Asked(system="raft", bugs=("R2",)), catalogue)
    assert (advised.plan.fault_hold_s, advised.plan.fault_quiet_s) == (1.5, 2.0)
    assert advised.notes[0].endswith("; held 1.5 s, 2 s apart.")
    named = settle(Asked(system="raft", bugs=("R2",), interval="3s,1s"), catalogue)
    assert (named.plan.fault_hold_s, named.plan.fault_quiet_s) == (3.0, 1.0)


def test_what_is_named_goes_before_the_advice():
    settled = settle(
        Asked(system="raft", bugs=("R20",), workload="register", faults="pause"), CATALOGUE
    )
    assert (settled.plan.workload, settled.plan.faults) == ("register", ("pause",))
    assert settled.plan.fault_targets == ()
    assert settled.notes == ()
    assert plan_of(bugs=("R20",), fault_targets=("any",)).fault_targets == ()


def test_aimed_faults_have_aims_of_their_own_and_take_no_advice_on_them():
    bugs = {name: replace(bug, interval=(1.5, 0.5)) for name, bug in CATALOGUE.bugs.items()}
    catalogue = replace(CATALOGUE, bugs=bugs)
    settled = settle(Asked(system="raft", bugs=("R20",), strategy="aimed"), catalogue)
    assert (settled.plan.faults, settled.plan.fault_targets) == (("kill",), ())
    assert "aimed at" not in settled.notes[0]
    usual = Plan("raft", "simulated", "set")
    assert settled.plan.fault_hold_s == usual.fault_hold_s, "scenarios have their own times"
    random = settle(Asked(system="raft", bugs=("R20",)), catalogue).plan
    assert (random.fault_hold_s, random.fault_quiet_s) == (1.5, 0.5)
    named = plan_of(bugs=("R20",), strategy="aimed", fault_targets=("leader",))
    assert named.fault_targets == ("leader",)


def test_a_bug_of_another_system_is_refused():
    assert problems_of(bugs=("X1",)) == (
        "--bug: paxos.promise is a bug of paxos, and raft is what was asked to be tested.",
    )


def test_resending_is_the_workloads_or_the_bugs_affair_unless_named():
    everything = replace(
        CATALOGUE, systems={"paxos": System("paxos", ("set", "register", "counter"))}
    )

    def resend(**asked):
        return settle(Asked(system="paxos", **asked), everything).plan.resend_s

    assert resend(workload="counter") == 0.3
    assert resend(workload="counter", resend="none") is None
    assert resend(bugs=("X1",)) == ADVISED_RESEND_S
    assert resend(bugs=("X1",), resend="1s") == 1.0


def test_a_workload_the_system_cannot_run():
    assert "raft cannot run the workload 'counter'" in problems_of(workload="counter")[0]


def test_a_fault_that_means_nothing_to_the_system_is_refused_by_name():
    fixed = System("raft", ("register",), {"membership": "its members are fixed"})
    with pytest.raises(SettingsError) as caught:
        settle(
            Asked(system="raft", faults="kill,membership"),
            replace(CATALOGUE, systems={"raft": fixed}),
        )
    assert caught.value.problems == (
        "--faults: raft can have no membership faults, for its members are fixed.",
    )


def test_a_target_must_be_one_that_an_asked_fault_knows():
    assert (
        "target of kill 'halves'" in problems_of(faults="kill", fault_targets=("kill:halves",))[0]
    )
    assert "is not asked for" in problems_of(faults="kill", fault_targets=("pause:one",))[0]
    assert "nothing to aim" in problems_of(faults="none", fault_targets=("leader",))[0]
    assert "Did you mean 'leader'?" in problems_of(fault_targets=("laeder",))[0]


def test_a_node_without_a_client_is_refused_before_anything_starts():
    assert "leave some of the 7 nodes" in problems_of(nodes="7", concurrency="3")[0]
    assert plan_of(nodes="13").concurrency == 13


def test_a_partition_needs_two_nodes():
    assert "two nodes" in problems_of(nodes="1")[0]
    assert plan_of(nodes="1", faults="kill").nodes == 1


def test_resending_later_than_the_time_out_is_refused():
    assert "nothing is ever sent again" in problems_of(resend="2s")[0]


BESIDES = (
    *("store", "as_json", "markdown", "junit", "quiet", "verbose"),
    *("runs", "jobs", "scheduler", "keep_going"),
)
"""Options that say nothing of the plan."""

PLANS = [
    Plan("raft", "sandbox", "register", seed=7),
    Plan("raft", "docker", "set", faults=(), seed=1, resend_s=0.5, rate=0.0),
    Plan("raft", "docker", "counter", overlap=True, fault_targets=("kill:leader", "one")),
    Plan("raft", "sandbox", "register", bugs=("raft.no-session-table",), seed=2**40),
    Plan("raft", "sandbox", "set", nodes=13, concurrency=13, timeout_s=0.123456789, recovery_s=0.0),
    Plan("raft", "sandbox", "register", fault_hold_s=1.25, fault_quiet_s=0.1, time_limit_s=90.0),
    Plan("raft", "simulated", "register", operations=200, rate=28.571429, time_limit_s=7.0),
    Plan("raft", "simulated", "set", strategy="aimed", live_within_s=2.5, operations=9, rate=0.0),
    Plan("raft", "simulated", "register", options=("reads=lease", "snapshot-entries=50")),
]


@pytest.mark.parametrize("plan", PLANS, ids=range(len(PLANS)))
def test_the_printed_command_repeats_exactly_the_same_plan(plan):
    words = shlex.split(repeat_command(plan))
    assert words[:2] == ["splitbrain", "test"]
    with command.make_context("test", words[2:]) as context:
        typed = {k: v for k, v in context.params.items() if k not in BESIDES}
    assert settle(Asked(**typed), load_catalogue()).plan == plan


def test_the_help_names_the_defaults_that_the_plan_has():
    told = click.testing.CliRunner().invoke(command, ["--help"]).output
    plan = Plan("raft", "", "register")
    for default in (
        f"[default: {plan.nodes}]",
        f"[default: {plan.concurrency}]",
        f"[default: {plan.rate:g}]",
        f"[default: {plan.time_limit_s:g}s]",
        f"[default: {plan.keys}]",
        f"[default: {plan.operations_per_key}]",
        f"[default: {plan.timeout_s:g}s]",
        f"[default: {','.join(plan.faults)}]",
        f"[default: {plan.fault_hold_s:g}s,{plan.fault_quiet_s:g}s]",
        f"[default: {plan.recovery_s:g}s]",
    ):
        assert default in " ".join(told.split()), default


def test_the_models_listed_are_those_that_judge():
    from checker.judge import JUDGED

    assert {*MODELS, *WHOLE} == {*JUDGED}


def test_every_bug_of_the_catalogue_can_be_run_as_advised():
    catalogue = load_catalogue()
    for bug in catalogue.bugs.values():
        settled = settle(Asked(system=bug.name.partition(".")[0], bugs=(bug.id,)), catalogue)
        assert settled.plan.bugs == (bug.name,)


FOREIGN = replace(
    CATALOGUE,
    systems={"etcd": System("etcd", ("counter",), simulated=False, resends=False)},
)


def test_a_system_without_sessions_is_asked_once_whatever_the_workload_would_like():
    asked = Asked(system="etcd", workload="counter")
    assert settle(asked, FOREIGN).plan.resend_s is None
    with pytest.raises(SettingsError, match="etcd keeps no sessions of requests"):
        settle(replace(asked, resend="300ms"), FOREIGN)


def test_a_system_of_others_is_not_simulated():
    with pytest.raises(SettingsError, match="etcd runs as real processes alone"):
        settle(Asked(system="etcd", workload="counter", host="simulated"), FOREIGN)


def test_what_is_judged_as_a_whole_does_not_stop_a_run():
    workloads = {"watch": Workload("watch", model="watch")}
    systems = {"etcd": System("etcd", ("watch",))}
    watching = replace(CATALOGUE, systems=systems, workloads={**CATALOGUE.workloads, **workloads})
    asked = Asked(system="etcd", workload="watch")
    assert settle(asked, watching).plan.workload == "watch"
    with pytest.raises(SettingsError, match="watch is judged as a whole, once the run is over"):
        settle(replace(asked, stop_on_violation=True), watching)


def test_nobody_leads_where_nobody_leads_and_that_is_told() -> None:
    equals = replace(CATALOGUE, systems={"raft": System("raft", ("register",), has_leader=False)})
    for target in ("leader", "kill:leader"):
        with pytest.raises(SettingsError, match="for no node of raft leads the others"):
            settle(Asked("raft", faults="kill", fault_targets=(target,)), equals)


def test_a_bug_is_judged_by_the_promise_that_it_breaks_unless_another_is_named() -> None:
    bug = Bug("R5", "raft.sessions", consistency=("read-your-writes",))
    catalogue = replace(CATALOGUE, bugs={bug.name: bug})
    settled = settle(Asked(system="raft", bugs=("R5",)), catalogue)
    assert settled.plan.consistency == ("read-your-writes",)
    assert "raft.sessions is judged by read-your-writes." in settled.notes
    named = settle(Asked(system="raft", bugs=("R5",), consistency="sequential"), catalogue)
    assert named.plan.consistency == ("sequential",)
