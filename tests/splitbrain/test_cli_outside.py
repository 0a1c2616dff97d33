"""Machines behind SSH and clusters that run already: from what was typed to a plan."""

from __future__ import annotations

import getpass
import shlex
from pathlib import Path

import pytest

from splitbrain.cli.catalogue import load_catalogue
from splitbrain.cli.commands.test import test_command as command
from splitbrain.cli.settings import GENTLE_RATE, Asked, SettingsError, Settled, settle
from splitbrain.credentials import NO_CREDENTIALS, Credentials
from splitbrain.hosts import make_host, needs_root, secured_endpoints, ways_in
from splitbrain.plan import Plan
from splitbrain.progress import SilentProgress
from splitbrain.report.repeat import repeat_command
from splitbrain.run import PlanError, check
from splitbrain.tenancy import key_prefix
from targets.target import Capability

CATALOGUE = load_catalogue()


def settled(**asked) -> Settled:
    return settle(Asked(system="raft", **asked), CATALOGUE)


def problems_of(**asked) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        settled(**asked)
    return caught.value.problems


@pytest.fixture
def file(tmp_path) -> str:
    path = tmp_path / "a file"
    path.write_text("secret\n")
    return str(path)


def test_machines_make_as_many_nodes_and_the_host(file):
    plan = settled(ssh="h1,root@10.0.0.2:2222,[::1]=10.0.0.3", ssh_key=file, sudo="never").plan
    me = getpass.getuser()
    assert plan.ssh == (f"{me}@h1", "root@10.0.0.2:2222", f"{me}@[::1]=10.0.0.3")
    assert (plan.host, plan.nodes, plan.concurrency) == ("ssh", 3, 10)
    assert (plan.ssh_key, plan.ssh_known_hosts, plan.sudo) == (file, None, "never")
    destinations, access = ways_in(plan)
    assert [str(d) for d in destinations] == list(plan.ssh)
    assert access.key == Path(file)


def test_a_running_cluster_is_tested_gently_and_not_hurt():
    plan = settled(endpoints="10.0.0.1,tcp://10.0.0.2:7001").plan
    assert plan.endpoints == ("10.0.0.1", "tcp://10.0.0.2:7001")
    assert (plan.host, plan.nodes, plan.faults, plan.rate) == ("ssh", 2, (), GENTLE_RATE)
    assert settled(endpoints="h1", rate="600").plan.rate == 600
    assert settled(endpoints="h1", operations="300", time_limit="10s").plan.rate == 30


def test_a_running_cluster_is_hurt_only_when_that_is_said():
    plan = settled(endpoints="h1,h2", ssh="root@h1,root@h2", allow_faults=True).plan
    assert plan.faults == ("partition", "pause")
    none = settled(endpoints="h1,h2", ssh="root@h1,root@h2", allow_faults=True, faults="none")
    assert none.plan.faults == ()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"host": "ssh"}, "--host ssh: name the machines with --ssh"),
        ({"host": "docker", "ssh": "h1,h2"}, "--ssh is for --host ssh, not docker"),
        ({"host": "docker", "endpoints": "h1"}, "--endpoints is for --host ssh, not docker"),
        ({"ssh": "h1,h2", "nodes": "5"}, "--nodes: seen 5, but --ssh names 2"),
        ({"endpoints": "h1,h2", "nodes": "3"}, "--nodes: seen 3, but --endpoints names 2"),
        ({"ssh_key": "/etc/passwd"}, "--ssh-key goes with --ssh."),
        ({"sudo": "auto"}, "--sudo goes with --ssh."),
        ({"ssh": "h1,h2", "sudo": "nevr"}, "Did you mean 'never'?"),
        ({"ssh": "h1,h2", "ssh_key": "/none"}, "--ssh-key: /none is no file that can be read."),
        ({"ssh": ""}, "--ssh: ''"),
        ({"allow_faults": True}, "--allow-faults is for a cluster that runs already"),
        ({"endpoints": "h1", "allow_faults": True, "faults": "none"}, "name them with --ssh"),
        ({"endpoints": "h1,h2", "faults": "kill"}, "is not hurt (kill) unless you say"),
        ({"endpoints": "h1,h2", "ssh": "h1,h2"}, "say --allow-faults if that is meant"),
        ({"endpoints": "h1", "ssh": "h1,h2", "allow_faults": True}, "--ssh names 2 machines"),
        ({"endpoints": "h1", "bugs": ("R4",)}, "takes no seeded bugs"),
        ({"user": "root"}, "--user and --password-file go together"),
        ({"endpoints": "h1", "tls_key": "/etc/passwd"}, "--tls-key goes with --tls-cert"),
        ({"endpoints": "h1", "tls_ca": "/etc/passwd"}, "TLS cannot be set up with these files"),
        ({"tls_ca": "/none"}, "--tls-ca: /none is no file that can be read."),
        ({"tls_ca": "/etc/passwd"}, "--tls-ca is for a cluster that runs already"),
        ({"endpoints": ",".join(f"h{i}" for i in range(26))}, "there can be 25 at most"),
    ],
)
def test_what_does_not_go_together_is_refused_by_name(asked, said):
    told = problems_of(**asked)
    assert any(said in problem for problem in told), told


def test_all_problems_are_told_at_once():
    assert len(problems_of(ssh="h1,h1,::1", ssh_key="/none", host="docker", sudo="no")) == 5


PLANS = [
    Plan("raft", "ssh", "register", nodes=3, ssh=("root@h1", "u@h2:22022", "u@[::1]=10.0.0.1")),
    Plan("raft", "ssh", "set", nodes=2, ssh=("a@h1", "a@h2"), sudo="never", resend_s=0.5),
    Plan("raft", "ssh", "register", nodes=2, endpoints=("h1", "tcp://h2:7000"), faults=()),
    Plan("raft", "ssh", "register", nodes=1, endpoints=("h1",), faults=(), rate=50.0),
    Plan(
        *("raft", "ssh", "register"),
        nodes=2,
        endpoints=("h1", "h2"),
        ssh=("a@h1", "a@h2"),
        faults=("partition",),
    ),
]


@pytest.mark.parametrize("plan", PLANS, ids=range(len(PLANS)))
def test_the_printed_command_repeats_exactly_the_same_plan(plan):
    words = shlex.split(repeat_command(plan))
    with command.make_context("test", words[2:]) as context:
        typed = {k: v for k, v in context.params.items() if k in Asked.__slots__}
    assert settle(Asked(**typed), CATALOGUE).plan == plan


def test_credentials_are_no_part_of_the_plan_and_the_user_is_told(file):
    made = settled(endpoints="h1", user="me", password_file=file)
    assert made.credentials == Credentials(user="me", password_file=Path(file))
    assert made.credentials.password() == "secret"
    assert "a file" not in str(made.plan.to_json())
    assert made.notes == (
        "What --user and --password-file named is not kept: name it again to repeat the run.",
        "The password is sent to h1 as it is: nothing secures the way.",
    )
    secured = settled(endpoints="https://h1", user="me", password_file=file)
    assert len(secured.notes) == 1
    assert not settled(endpoints="h1").credentials


def refusals(plan: Plan, credentials: Credentials = NO_CREDENTIALS) -> str:
    with pytest.raises(PlanError) as caught:
        check(plan, make_host(plan, SilentProgress()), credentials)
    return str(caught.value)


def test_what_the_systems_clients_make_nothing_of_is_refused(file):
    secured = settled(endpoints="https://h1", user="me", password_file=file)
    said = refusals(secured.plan, Credentials(Path(file), user="me", password_file=Path(file)))
    assert "clients of raft speak tcp, not https" in said
    assert "raft knows no users" in said
    chosen = settled(endpoints="h1", options=("reads=lease", "snapshot-entries=9")).plan
    assert "--option: reads, snapshot-entries: a cluster that runs already was" in refusals(chosen)
    plain = settled(endpoints="h1").plan
    assert "clients of raft do not speak TLS" in refusals(plain, Credentials(Path(file)))


def test_what_others_started_can_be_cut_apart_and_paused_and_not_killed():
    asked = {"endpoints": "h1,h2", "ssh": "a@h1,a@h2", "allow_faults": True}
    plan = settled(**asked).plan
    check(plan, make_host(plan, SilentProgress()))
    said = refusals(settled(**asked, faults="partition,kill").plan)
    assert "cannot do kill: nodes that others started can be cut off" in said
    assert needs_root(settled(**asked, faults="pause").plan)
    assert not needs_root(settled(ssh="a@h1,a@h2", faults="pause").plan)
    assert make_host(settled(endpoints="h1").plan, SilentProgress()).capabilities == frozenset()


def test_without_root_and_sudo_packets_cannot_be_refused():
    said = refusals(settled(ssh="me@h1,me@h2", sudo="never").plan)
    assert "cannot do partition: refusing packets needs root" in said
    plan = settled(ssh="me@h1,me@h2", sudo="never", faults="kill,pause").plan
    host = make_host(plan, SilentProgress())
    check(plan, host)
    assert Capability.PARTITION not in host.capabilities
    assert not needs_root(plan) and needs_root(settled(ssh="me@h1,me@h2").plan)


def test_a_run_has_keys_of_its_own_in_a_cluster_that_is_not_its_own():
    assert key_prefix(settled(endpoints="h1").plan, "run-7") == "splitbrain/run-7/"
    assert key_prefix(settled(ssh="h1,h2").plan, "run-7") == ""


def test_endpoints_are_secured_by_their_scheme():
    plan = Plan("raft", "ssh", "register", endpoints=("h1", "https://h2", "tcp://h3", "tls://h4"))
    assert secured_endpoints(plan) == {1, 3}
