"""JUnit XML: what is not known to be valid is no pass in it, and whatever it holds can be read."""

import json
import shlex
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from junit_reading import cases, properties, read
from report_records import PLAN, STALE_READ, record

from checker.verdict import Promised, Result, Verdict, Violation
from histories.archive import write_text
from splitbrain.cli import front
from splitbrain.junit import Case, Problem, Suite, junit_xml
from splitbrain.junit.runs import failed_suite, name_of, run_suite
from splitbrain.liveness import Unavailable
from splitbrain.plan import Plan

NAME = name_of(PLAN)
LATE = Unavailable(10.0, 5.0, None, 20.0)
HOSTILE = "a\x00b\x1b[31m\ud800]]>\r\n<script>&amp;\ufffe\u202e" + "\U0001f600"


def written(tmp_path, *suites):
    path = tmp_path / "junit.xml"
    write_text(path, junit_xml(suites))
    return path


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        ({"verdict": Verdict.VALID}, None),
        ({"verdict": Verdict.INVALID}, "failure: invalid"),
        ({"verdict": Verdict.UNKNOWN, "reason": "the time was over"}, "error: unknown"),
        ({"verdict": Verdict.VACUOUS, "reason": "no effect"}, "error: vacuous"),
        ({"verdict": Verdict.VALID, "unavailable": LATE}, "failure: unavailable"),
        ({"verdict": Verdict.VACUOUS, "unavailable": LATE}, "failure: unavailable"),
        ({"verdict": Verdict.INVALID, "unavailable": LATE}, "failure: invalid"),
        ({"verdict": Verdict.VALID, "interrupted": True}, "error: interrupted"),
        ({"verdict": Verdict.INVALID, "interrupted": True}, "failure: invalid"),
        ({"verdict": Verdict.VALID, "unwritten": "the disk is full"}, "error: harness"),
    ],
)
def test_a_run_passes_if_it_is_valid_and_not_otherwise(outcome, kind, tmp_path):
    path = written(tmp_path, run_suite(record(STALE_READ, **outcome)))
    assert cases(path) == {NAME: kind}


def test_a_failure_tells_the_sentence_and_draws_it(tmp_path):
    found = Violation("stale read", "process 2 read 1", (0, 2, 4), culprit=4, key="x")
    result = Result(Verdict.INVALID, "register", "search", 3, 1, violations=(found,))
    one = replace(record(STALE_READ), results=[result])
    path = written(tmp_path, run_suite(one, seconds=2.5))
    case = read(path).find("testsuite/testcase")
    failure = case.find("failure")
    assert failure.get("message") == "stale read: process 2 read 1"
    assert "|---" in failure.text or "|- " in failure.text
    assert "Again: splitbrain test raft" in failure.text
    assert case.get("time") == "2.500"
    assert case.findtext("system-out").startswith("INVALID: ")


def test_properties_say_the_seed_the_plan_and_what_repeats_it(tmp_path):
    told = properties(written(tmp_path, run_suite(record(STALE_READ))))
    assert told["seed"] == "7"
    assert Plan.from_json(json.loads(told["plan"])) == PLAN
    assert shlex.split(told["command"])[:3] == ["splitbrain", "test", "raft"]


def test_each_promise_is_a_case_and_so_is_service_after_the_faults(tmp_path):
    rows = (
        Promised("linearizable", Verdict.INVALID, None, violations=()),
        Promised("sequential", Verdict.VALID),
        Promised("monotonic-reads", Verdict.UNKNOWN, "too many orders"),
    )
    result = Result(Verdict.INVALID, "register", "search", 3, 1, promises=rows)
    one = replace(record(STALE_READ, unavailable=LATE), results=[result])
    assert cases(written(tmp_path, run_suite(one))) == {
        f"{NAME} [linearizable]": "failure: invalid",
        f"{NAME} [sequential]": None,
        f"{NAME} [monotonic-reads]": "error: unknown",
        f"{NAME} [serves again]": "failure: unavailable",
    }


def test_a_harness_that_failed_is_an_error(tmp_path):
    path = written(tmp_path, failed_suite(PLAN, "harness", "no engine\nfor these reasons"))
    assert cases(path) == {NAME: "error: harness"}
    assert read(path).find(".//error").get("message") == "no engine"


def test_a_hostile_value_is_spelt_out_wherever_it_stands(tmp_path):
    suite = Suite(
        HOSTILE,
        [Case(HOSTILE, HOSTILE, 1.0, Problem("failure", HOSTILE, HOSTILE, HOSTILE), HOSTILE)],
        started=HOSTILE,
        properties={HOSTILE: HOSTILE},
    )
    text = read(written(tmp_path, suite)).find(".//failure").text
    assert text.startswith("a\\x00b\\x1b[31m\\ud800]]>") and "<script>&amp;\\ufffe\\u202e" in text


@given(st.text())
def test_whatever_the_text_it_is_one_that_xml_can_hold(text):
    suite = Suite(text, [Case(text, text, problem=Problem("error", text, text, text), output=text)])
    parsed = ElementTree.fromstring(junit_xml([suite]).encode("utf-8", "backslashreplace"))
    assert len(parsed.findall(".//testcase")) == 1


def test_a_value_of_ten_megabytes_is_cut(tmp_path):
    suite = Suite("s", [Case("c", "n" * 10**7, problem=Problem("error", "k", "m", "b" * 10**7))])
    path = written(tmp_path, suite)
    read(path)
    assert path.stat().st_size < 200_000


def test_the_time_stamp_is_in_utc_without_an_offset(tmp_path):
    suite = Suite("s", [], started="2026-03-14T10:26:53+01:00")
    assert read(written(tmp_path, suite)).find("testsuite").get("timestamp") == (
        "2026-03-14T09:26:53"
    )


def test_check_tells_each_file(tmp_path, capsys):
    golden = "tests/golden/register"
    out = tmp_path / "junit.xml"
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"format": "splitbrain-history", "version": 99}\n')
    files = [f"{golden}/invalid/new-then-old.jsonl", str(bad)]
    assert front.run(["check", *files, "--jobs", "1", "--junit", str(out)]) == 1
    assert cases(out) == {
        "new-then-old.jsonl": "failure: invalid",
        "bad.jsonl": "error: unreadable",
    }
    failure = read(out).find(".//failure")
    assert failure.get("message").startswith("stale read: ") and "no place" in failure.text
    command = shlex.split(properties(out)["command"])
    assert front.run(command[1:]) == 1


def test_check_tells_each_promise_of_a_file(tmp_path, capsys):
    file = "tests/golden/promises/sequential/valid/stale-read-of-another-session.jsonl"
    out = tmp_path / "junit.xml"
    asked = ["--consistency", "linearizable,sequential", "--junit", str(out)]
    assert front.run(["check", file, *asked]) == 1
    assert cases(out) == {
        "stale-read-of-another-session.jsonl [linearizable]": "failure: invalid",
        "stale-read-of-another-session.jsonl [sequential]": None,
    }


def test_a_file_that_cannot_be_written_is_told_before_anything_is_done(tmp_path, capsys):
    file = "tests/golden/register/invalid/new-then-old.jsonl"
    assert front.run(["check", file, "--junit", str(tmp_path / "no" / "j.xml")]) == 2
    assert front.run(["check", file, "--junit", file]) == 2
    assert "there is no such folder" in capsys.readouterr().err


@pytest.mark.parametrize(("verdict", "code"), [("valid", 70), ("invalid", 1)])
def test_a_file_that_could_not_be_written_is_told_with_70_unless_there_is_a_violation(
    verdict, code, tmp_path, monkeypatch, capsys
):
    import histories.archive

    def full(path, text):
        raise OSError(28, "No space left on device")

    golden = {"valid": "tests/golden/register/valid", "invalid": "tests/golden/register/invalid"}
    monkeypatch.setattr(histories.archive, "write_text", full)
    out = tmp_path / "junit.xml"
    assert front.run(["check", golden[verdict], "--jobs", "1", "--junit", str(out)]) == code
    assert f"{out}: was not written: No space left on device" in capsys.readouterr().err


def test_an_interrupted_check_says_what_was_not_judged(tmp_path, monkeypatch, capsys):
    import splitbrain.cli.commands.check as check

    def interrupted(paths, asked, jobs):
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(check, "judge_all", interrupted)
    out = tmp_path / "junit.xml"
    assert front.run(["check", "tests/golden/register", "--junit", str(out)]) == 130
    assert cases(out) == {"all files judged": "error: interrupted"}


def test_the_same_plan_has_the_same_name_and_others_have_others():
    others = [replace(PLAN, seed=8), replace(PLAN, faults=()), replace(PLAN, bugs=("raft.x",))]
    assert len({name_of(one) for one in (PLAN, *others)}) == 4
