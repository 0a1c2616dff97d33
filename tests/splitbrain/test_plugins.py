"""Targets that others write: found, looked over, and told of as theirs when they fail."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from own_targets import SOUND, line, written

from clients.client import Completion, Invocation
from histories.event import Outcome
from splitbrain.plan import Plan
from splitbrain.plugins import (
    ClientSetting,
    TargetBroke,
    TargetRefused,
    blamed,
    changes,
    found_at,
    found_for,
    found_named,
    look_over,
    origin_of,
    remembered,
    workload_of,
)

READ = Invocation(0, "read", 1, None)
SETTING = ClientSetting("register", "run", ("127.0.0.1", 7400))


def plan(target: str, **given: object) -> Plan:
    return Plan("mine", "sandbox", "register", target=target, **given)


def refused(target: str) -> list[str]:
    with pytest.raises(TargetRefused) as caught:
        found_at(target)
    assert not isinstance(caught.value, TargetBroke)
    return [str(problem) for problem in caught.value.problems]


def test_a_file_with_one_target_gives_its_system_clients_and_workloads(tmp_path: Path) -> None:
    found = found_at(written(tmp_path))
    assert found.system.name == "mine"
    assert not found.ours
    assert found.target.make_client(SETTING).encode(READ) == b"?"
    assert workload_of(Plan("mine", "sandbox", "looks", target=found.origin)).name == "looks"
    assert found_for(plan(found.origin)) is found


def test_what_the_file_leaves_out_is_as_little_as_can_be(tmp_path: Path) -> None:
    system = found_at(written(tmp_path)).system
    assert (system.summary, system.simulated, system.resends) == ("", False, False)
    assert system.has_leader
    assert asyncio.run(system.admin(("127.0.0.1", 1), {}, 1.0)) is None
    core = found_at(written(tmp_path)).target.make_client(SETTING)
    assert (core.opening(), core.awaits_greeting, core.greeted(b"")) == (b"", False, True)


def test_ours_are_targets_too() -> None:
    found = found_named("raft")
    assert found.ours
    assert remembered(Plan("raft", "sandbox", "register")) is None
    assert found.target.make_client(SETTING).awaits_greeting


@pytest.mark.parametrize(
    ("change", "at", "seen", "expected"),
    [
        (('name = "mine"', 'name = "My DB"'), 'name = "mine"', "'My DB'", "lower-case"),
        (('name = "mine"', 'name = "raft"'), 'name = "mine"', "'raft' is a system of ours", ""),
        (("client_port = 7400", "client_port = '7400'"), "client_port =", "'7400'", "65535"),
        (('"looks")', '"look")'), 'workloads = ("', "the workload 'look'", "There is: register"),
        (('"looks")', '"lock")'), 'workloads = ("', "the workload 'lock'", "cannot be given"),
        (('("register", "looks")', '"register"'), 'workloads = ("', "'register'", "in a tuple"),
        (("async def status", "def status"), "async def status", "'status'", "async def status"),
        (
            ('name = "mine"', "name = property(lambda self: 1 / 0)"),
            'name = "mine"',
            "ZeroDivision",
            "",
        ),
        (("def launch", "def start"), "class Mine", "no 'launch'", "gives a Launch"),
        (("Mine(), lambda", "Mine, lambda"), "class Mine", "the class Mine", "Mine()"),
        (('"reads", "register"', '"reads", "regster"'), "TARGET =", "'regster'", "cas-register"),
        (('Workload("looks"', 'Workload("set"'), "TARGET =", "'set' is one of ours", "another"),
        (("lambda asked: Core()", "None"), "TARGET =", "make_client is None", "ClientSetting"),
        (("(LOOKS,)", "LOOKS"), "TARGET =", "workloads is Workload", "(MINE,)"),
    ],
)
def test_each_mistake_is_told_by_its_line_with_what_was_expected(
    tmp_path: Path, change: tuple[str, str], at: str, seen: str, expected: str
) -> None:
    target = written(tmp_path, change)
    told = "\n".join(refused(target))
    assert f"{target}:{line(at)}: " in told
    assert seen in told and expected in told


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    target = written(
        tmp_path, ('name = "mine"', "name = 7"), ("async def", "def"), ("lambda asked: Core()", "3")
    )
    assert len(refused(target)) == 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = 1 /\n", "{path}:1: cannot be imported: SyntaxError"),
        ("import sys\nsys.exit(0)\n", "{path}:2: cannot be imported: SystemExit: 0."),
        ("x = 1\n", "{path}: there is no target."),
        (f"{SOUND}OTHER = TARGET\n", "there are several targets: TARGET, OTHER."),
    ],
)
def test_a_file_that_defines_no_one_target_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "own.py"
    path.write_text(text)
    assert told.format(path=path) in refused(str(path))[0]


def test_of_several_targets_one_is_named_and_a_wrong_name_is_told(tmp_path: Path) -> None:
    path = written(tmp_path)
    Path(path).write_text(f"{SOUND}OTHER = Target(Mine(), lambda asked: Core(), (LOOKS,))\n")
    assert found_at(f"{path}:OTHER").system.name == "mine"
    assert "has no 'THIRD'" in refused(f"{path}:THIRD")[0]
    assert "no such file" in refused(str(tmp_path / "none.py"))[0]


LAUNCH = """Launch(script="a.py", files={"a.py": "print('{data}')"}, ports=(7400,))"""


@pytest.mark.parametrize(
    ("launch", "seen"),
    [
        ("None", "launch gave None"),
        ("1 / 0", "launch raised ZeroDivisionError"),
        ("Launch(ports=(7400,))", "nothing to run"),
        ('Launch("json.tool", program="true", ports=(7400,))', "'json.tool' and 'true' to run"),
        ('Launch("json.tool")', "ports is ()"),
        ('Launch("json.tool", ["x"], (7400,))', "arguments is ['x']"),
        ('Launch(script="b.py", files={"a.py": ""}, ports=(7400,))', "script is 'b.py'"),
        ('Launch(script="../b", files={"../b": ""}, ports=(7400,))', "outside its folder: ../b"),
        ('Launch("json.tool", (), (7400,), {"N": 1})', "environment is {'N': 1}"),
        ('Launch(program="true", ports=(7400,))', "program is 'true'"),
        ('Launch(program="true", ports=(7400,), needs=("true",))', "needs is ('true',)"),
    ],
)
def test_a_launch_no_machine_can_run_is_refused_before_anything_starts(
    tmp_path: Path, launch: str, seen: str
) -> None:
    target = written(tmp_path, (LAUNCH, launch), ("lambda asked: Core()", "lambda asked: None"))
    with pytest.raises(TargetRefused) as caught:
        look_over(plan(target))
    first, last = str(caught.value.problems[0]), str(caught.value.problems[-1])
    assert not isinstance(caught.value, TargetBroke)
    assert seen in first and f"{target}:" in first
    assert "make_client gave None" in last


def test_options_that_are_wrong_are_left_to_be_told_with_all_else(tmp_path: Path) -> None:
    target = written(tmp_path)
    look_over(plan(target, options=("fast=yes",)))
    with pytest.raises(ValueError, match=r"seen fast=yes, expected none \(.*mine.py:\d+\)"):
        found_at(target).system.launch("n1", {"n1": "127.0.0.1"}, (), ("fast=yes",))


def test_a_core_without_what_a_core_must_have_is_refused(tmp_path: Path) -> None:
    target = written(tmp_path, ("def receive", "def receives"), ("def reset", "def resets"))
    with pytest.raises(TargetRefused) as caught:
        look_over(plan(target))
    told = [problem.seen for problem in caught.value.problems]
    assert told == ["Core has no 'receive'.", "Core has no 'reset'."]


@pytest.mark.parametrize(
    ("change", "ask", "seen"),
    [
        (('return b"?"', "return 1 / 0"), "encode", "encode of 'read' with None raised ZeroDiv"),
        (('return b"?"', "return '?'"), "encode", "encode of 'read' with None gave '?'"),
        (("data.decode()", "data.nothing"), "receive", "receive raised AttributeError"),
        (("Outcome.OK", "'ok'"), "receive", "receive gave the outcome 'ok'"),
        (('invocation.f == "read"', "None"), "is_read", "is_read of 'read' gave None"),
        (("        pass", "        exit()"), "reset", "reset raised SystemExit"),
    ],
)
def test_a_core_that_fails_ends_the_run_and_asserts_nothing(
    tmp_path: Path, change: tuple[str, str], ask: str, seen: str
) -> None:
    target = written(tmp_path, change)
    found, stopped = found_at(target), []
    core = found.target.make_client(SETTING)
    found.failures.begin(lambda: stopped.append(True))
    asked = {"encode": (READ,), "is_read": (READ,), "receive": (b"x",), "reset": ()}[ask]
    answer = getattr(core, ask)(*asked)
    assert answer in (b"", False, None) or answer == Completion(Outcome.INFO, error="client-broke")
    assert stopped == [True]
    with pytest.raises(TargetBroke, match=r"mine.py:\d+: ") as caught:
        found.failures.check()
    assert seen in str(caught.value)


def test_only_the_first_failure_of_a_run_is_told(tmp_path: Path) -> None:
    found = found_at(written(tmp_path, ('return b"?"', "return invocation.nothing")))
    core = found.target.make_client(SETTING)
    found.failures.begin(None)
    core.encode(READ)
    first = found.failures.first
    core.encode(READ)
    assert found.failures.first is first is not None
    found.failures.begin(None)
    found.failures.check()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ('{"role": "leader"}', {"role": "leader"}),
        ("None", None),
        ("(_ for _ in ()).throw(ConnectionRefusedError())", None),
        ("(_ for _ in ()).throw(EOFError())", None),
        ("await __import__('asyncio').sleep(9)", None),
    ],
)
def test_a_node_that_does_not_answer_has_no_status(
    tmp_path: Path, body: str, status: object
) -> None:
    found = found_at(written(tmp_path, ('return {"role": "leader"}', f"return {body}")))
    assert asyncio.run(found.system.status(("127.0.0.1", 1), 0.05)) == status


@pytest.mark.parametrize("body", ["'leader'", "{}", "1 / 0"])
def test_a_status_that_is_none_breaks_the_run(tmp_path: Path, body: str) -> None:
    found = found_at(written(tmp_path, ('return {"role": "leader"}', f"return {body}")))
    with pytest.raises(TargetBroke, match=r"mine.py:\d+: status"):
        asyncio.run(found.system.status(("127.0.0.1", 1), 1.0))


def test_what_arises_in_its_files_is_blamed_on_them_and_nothing_else_is(tmp_path: Path) -> None:
    target = written(tmp_path, ('Repeat("read", key=1)', "Repeat()"))
    looking = Plan("mine", "sandbox", "looks", target=target)
    with pytest.raises(TargetBroke, match=r"mine.py:\d+: this raised TypeError"), blamed(looking):
        workload_of(looking).phases(looking)
    with pytest.raises(RuntimeError, match="ours"), blamed(looking):
        raise RuntimeError("ours")


def test_a_run_remembers_what_the_file_its_neighbours_and_its_nodes_files_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "own_words.py").write_text("WORD = 'one'\n")
    asked = plan(written(tmp_path, ("class Mine", "from own_words import WORD\n\nclass Mine")))
    kept = remembered(asked)
    assert kept is not None
    assert set(kept["sha256"]) == {"mine.py", "own_words.py"}
    assert set(kept["given_to_nodes"]) == {"a.py"}
    assert changes(asked, kept) == []
    other = {**kept, "sha256": {**kept["sha256"], "own_words.py": "0"}, "given_to_nodes": {}}
    told = "The target has changed since: own_words.py is not what it was; a.py is not what it was."
    assert changes(asked, other) == [told]


def test_a_script_goes_along_as_it_is_and_a_module_that_does_not_is_named(tmp_path: Path) -> None:
    from targets.hosts.docker import DockerHost
    from targets.target import Launch

    launch = found_at(written(tmp_path)).system.launch("n1", {"n1": "127.0.0.1"}, ())
    assert launch.told("/d") == ["/d/a.py"]
    assert launch.files_in("/d") == {"a.py": b"print('{data}')"}
    assert DockerHost().lacks(launch) == []
    (told,) = DockerHost().lacks(Launch("mine.server", (), (7400,)))
    assert "'mine.server' does not go into a machine" in told and "script" in told


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where installed packages can be made up; forgotten afterwards."""
    monkeypatch.syspath_prepend(str(tmp_path))
    found_named.cache_clear()
    yield tmp_path
    found_named.cache_clear()
    sys.modules.pop("mine", None)


def install(folder: Path, package: str, entries: str) -> None:
    info = folder / f"{package}-1.5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.5\n")
    (info / "entry_points.txt").write_text(f"[splitbrain.targets]\n{entries}\n")


def test_an_installed_package_offers_its_target_by_name(packages: Path) -> None:
    written(packages)
    install(packages, "splitbrain-mine", "mine = mine:TARGET")
    found = found_named("mine")
    assert (found.system.name, found.origin) == ("mine", "splitbrain-mine 1.5")
    asked = Plan("mine", "sandbox", "looks")
    kept = remembered(asked)
    assert kept is not None and kept["package"] == "splitbrain-mine 1.5"
    assert workload_of(asked).name == "looks"
    (told,) = changes(asked, {**kept, "package": "splitbrain-mine 1.4"})
    assert "splitbrain-mine 1.4 is now splitbrain-mine 1.5" in told


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ("other = mine:TARGET", "gives a system called 'mine'"),
        ("other = mine:NOTHING", "cannot be imported: AttributeError"),
        ("other = mine:LOOKS", "A target is a splitbrain.Target"),
        ("other = not_there_at_all", "cannot be imported: ModuleNotFoundError"),
    ],
)
def test_a_package_that_offers_no_target_is_told_by_its_name(
    packages: Path, entries: str, told: str
) -> None:
    written(packages)
    install(packages, "splitbrain-mine", entries)
    with pytest.raises(TargetRefused) as caught:
        found_named("other")
    assert told in str(caught.value)
    assert "splitbrain-mine 1.5" in str(caught.value)


def test_two_packages_of_one_name_are_refused_and_ours_cannot_be_taken(packages: Path) -> None:
    written(packages)
    install(packages, "one", "mine = mine:TARGET\nraft = mine:TARGET")
    install(packages, "two", "mine = mine:TARGET")
    with pytest.raises(TargetRefused, match=r"'mine' comes from (one|two) 1.5 and"):
        found_named("mine")
    assert found_named("raft").ours
    assert origin_of("raft") == "built in"
