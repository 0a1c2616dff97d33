"""``splitbrain test --target FILE.py``: what is asked, kept, repeated and listed."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import pytest
from own_targets import SOUND, written

from splitbrain.cli import front
from splitbrain.cli.catalogue import load_catalogue
from splitbrain.cli.examination import examine
from splitbrain.cli.replayable import refuse_plan
from splitbrain.cli.settings import Asked, SettingsError, settle
from splitbrain.plan import Plan
from splitbrain.plugins import TargetRefused, found_named
from splitbrain.report.repeat import repeat_command


def settled(**typed: object) -> Plan:
    asked = Asked(**{"system": "", **typed})
    return settle(asked, load_catalogue(asked.system, asked.target)).plan


def test_the_plan_names_the_system_in_the_file_and_the_files_whole_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = written(tmp_path)
    monkeypatch.chdir(tmp_path)
    plan = settled(target="mine.py")
    assert (plan.system, plan.target, plan.workload) == ("mine", target, "register")
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan
    assert settled(target="mine.py:TARGET").target == f"{target}:TARGET"


def test_a_plan_without_a_file_is_written_as_ever() -> None:
    assert "target" not in settled(system="raft").to_json()


def test_its_own_workload_is_known_and_others_are_not(tmp_path: Path) -> None:
    target = written(tmp_path)
    assert settled(target=target, workload="looks").workload == "looks"
    with pytest.raises(SettingsError, match="mine cannot run the workload 'set'"):
        settled(target=target, workload="set")
    with pytest.raises(SettingsError, match="there is no workload 'looks'"):
        settled(system="raft", workload="looks")


def test_a_system_without_registers_gets_its_first_workload_and_a_note(tmp_path: Path) -> None:
    target = written(tmp_path, ('("register", "looks")', '("looks",)'))
    asked = Asked(system="", target=target)
    made = settle(asked, load_catalogue("", target))
    assert made.plan.workload == "looks"
    assert "Workload looks: mine cannot run register." in made.notes


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"system": "raft"}, "raft and --target are two systems"),
        ({"host": "simulated"}, "mine runs as real processes alone"),
        ({"resend": "1s"}, "mine keeps no sessions"),
        ({"bugs": ("R4",)}, "raft.stale-leader-read is a bug of raft"),
    ],
)
def test_what_does_not_go_with_a_target_is_refused(
    tmp_path: Path, typed: dict[str, object], told: str
) -> None:
    with pytest.raises(SettingsError, match=told):
        settled(target=written(tmp_path), **typed)


def test_the_command_that_repeats_a_run_names_the_file(tmp_path: Path) -> None:
    plan = settled(target=written(tmp_path), host="sandbox", seed="7", workload="looks")
    words = shlex.split(repeat_command(plan))
    assert words[:4] == ["splitbrain", "test", "--target", plan.target]
    refuse_plan(plan, tmp_path)


def test_a_run_whose_file_is_gone_says_what_it_needs(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone.py")
    plan = Plan("mine", "sandbox", "register", target=gone)
    with pytest.raises(TargetRefused, match="there is no such file") as caught:
        refuse_plan(plan, tmp_path / "20260314-mine")
    assert "20260314-mine: is a run of that target." in str(caught.value)


def test_a_file_whose_system_has_another_name_now_is_refused(tmp_path: Path) -> None:
    from histories.archive import ArchiveError

    plan = settled(target=written(tmp_path, name="was.py"), host="sandbox")
    other = Plan("yours", "sandbox", "register", target=plan.target)
    with pytest.raises(ArchiveError, match="yours and --target are two systems"):
        refuse_plan(other, tmp_path)


def test_mistakes_in_the_file_are_told_without_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = written(tmp_path, ('name = "mine"', "name = 7"), ("async def", "def"))
    assert front.run(["test", "--target", target]) == 2
    told = capsys.readouterr().err
    assert "'name' is 7" in told and "'status'" in told and "Traceback" not in told


def test_systems_of_packages_are_listed_with_where_they_come_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "listed.py").write_text(SOUND)
    info = tmp_path / "splitbrain_mine-1.5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: splitbrain-mine\nVersion: 1.5\n")
    (info / "entry_points.txt").write_text(
        "[splitbrain.targets]\nmine = listed:TARGET\nbroken = nowhere_at_all\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    found_named.cache_clear()
    try:
        assert front.run(["systems", "--json"]) == 0
        rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
        assert rows["raft"]["origin"] == "built in"
        assert rows["mine"]["origin"] == "splitbrain-mine 1.5"
        assert rows["mine"]["workloads"] == ["register", "looks"]
        assert "ModuleNotFoundError" in rows["broken"]["broken"]
        assert front.run(["systems"]) == 0
        assert "splitbrain-mine 1.5" in capsys.readouterr().out
        assert settled(system="mine", workload="looks").target is None
        findings = {finding.subject: finding for finding in examine(tmp_path)}
        assert not findings["broken"].well and findings["broken"].optional
        assert "for the authors of splitbrain-mine 1.5 to mend" in findings["broken"].cure
        assert "mine" not in findings, "it needs nothing"
        assert front.run(["score", "mine"]) == 2
        assert "mine has no seeded bugs" in capsys.readouterr().err
    finally:
        found_named.cache_clear()
        sys.modules.pop("listed", None)


def test_a_broken_package_is_in_nobody_elses_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "splitbrain_bad-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: splitbrain-bad\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[splitbrain.targets]\nbad = nowhere_at_all\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert settled(system="raft").system == "raft"
    with pytest.raises(SettingsError, match=r"no system 'rafft'.*zookeeper, bad"):
        settled(system="rafft")
