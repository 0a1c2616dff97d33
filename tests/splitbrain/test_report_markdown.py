"""A run as Markdown, and over time in letters: all that counts, nothing that acts, not too long."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from report_records import MS, PLAN, STALE, STALE_READ, S, operation, partition, record

from checker.verdict import Verdict, Violation
from histories.event import Outcome
from nemesis.fault import SymbolicFault
from splitbrain.cli.commands.show import show_command
from splitbrain.cli.markdown_file import problems_with, write_markdown
from splitbrain.plan import Plan
from splitbrain.report.markdown import CHARACTERS_MAX, run_markdown
from splitbrain.report.sparks import sparks
from splitbrain.run import execute

SMALL = Plan(
    "raft", "simulated", "register", rate=50, time_limit_s=2, seed=3, faults=("partition",)
)


def test_verdict_finding_command_and_numbers_are_told_in_this_order() -> None:
    told = run_markdown(record(faults=(partition(),), plan=replace(PLAN, bugs=("R4",))))
    places = [
        told.index(words)
        for words in (
            "**INVALID: clients of raft saw",
            "### Stale read",
            "*A read returned what had been replaced",
            "> process 2 read 1 at 2.50 s",
            "```text\nfaults",
            "splitbrain test raft --host sandbox --seed 7 --bug R4",
            "| write | 2 |",
            "| 1.00 s – 3.00 s |",
            "### Who led",
            "<details><summary>The plan</summary>",
        )
    ]
    assert places == sorted(places)


def test_a_meaning_is_told_once_and_of_many_findings_the_first_ones() -> None:
    told = run_markdown(record(violations=(STALE,) * 9))
    assert told.count("A read returned what had been replaced") == 1
    assert told.count("### Stale read") == 3 and "… and 6 more." in told


@pytest.mark.parametrize(
    "text",
    [
        "<img src=x onerror=alert(1)>",
        "@everyone #1 [x](http://evil) ![y](z)",
        "`````\n</details>\n# head\n| a | b |",
        "http://evil.example www.evil.example",
        "a\x00b\x1b[31m\u202e",
        "\ud800",
        "z" * 1_000_000,
    ],
    ids=("tag", "calls", "fence", "link", "control", "surrogate", "long"),
)
def test_nothing_a_run_says_is_markup_a_link_or_a_call(text: str) -> None:
    operations = (
        operation(0, 0, "write", value=text, key=text, node=text),
        operation(2, 1, text, node=text, error=text),
        operation(4, 2, "read", output=text, key=text, node=text),
    )
    fault = partition()
    fault.symbolic = SymbolicFault(1, text, text, 0, S, 0.5)
    fault.error = text
    violation = Violation(text, text, (0, 4), culprit=4, key=text)
    plan = replace(PLAN, system=text, options=(text,), target=text)
    told = run_markdown(
        record(operations, faults=(fault,), violations=(violation,), plan=plan, reason=text)
    )
    assert len(told) < CHARACTERS_MAX + 200
    told.encode()
    assert not set("\x00\x1b\u202e") & set(told)
    outside = re.sub(r"^(`{3,})\w*\n.*?\n\1$", "", told, flags=re.DOTALL | re.MULTILINE)
    assert not re.search(r"[@#](?!<!-- -->|#|\s|\d+;)", outside)
    outside = re.sub(r"(@|\\#)<!-- -->", "", outside)
    allowed = outside.replace("<details><summary>The plan</summary>", "").replace("</details>", "")
    assert not re.search(r"(?<!\\)[<@]|(?<!\\)\[|://|www\.", allowed)
    assert not re.search(r"^#+ head", outside, re.MULTILINE)


def test_a_long_run_is_cut_where_a_comment_ends() -> None:
    faults = tuple(partition() for _ in range(5_000))
    plan = replace(PLAN, options=tuple(f"o{i}={'x' * 900}" for i in range(2_000)))
    told = run_markdown(record(faults=faults, plan=plan))
    assert len(told) < 65_000 and "and 4,960 more" in told and "is left out" in told


def test_a_run_over_time_is_told_in_columns() -> None:
    operations = tuple(
        operation(
            2 * i,
            i % 4,
            "write",
            value=i,
            at_ns=i * 10 * MS,
            lasts_ns=(500 if i == 150 else 2) * MS,
            outcome=Outcome.FAIL if 100 <= i < 300 and i != 150 else Outcome.OK,
        )
        for i in range(400)
    )
    violation = replace(STALE, operations=(0, 798), culprit=798)
    lines = list(sparks(record(operations, faults=(partition(),), violations=(violation,)), 100))
    assert lines[0] == "Over time   each column is 0.1 s"
    rows = {line.split()[0]: line.split()[1] for line in lines[1:] if not line.startswith("  not")}
    assert set(rows) == {"ok", "slowest", "faults", "violation"}
    assert {len(bars) for bars in rows.values()} == {40}
    assert rows["faults"] == "·" * 10 + "█" * 21 + "·" * 9
    assert rows["violation"].index("▲") == 39 and rows["slowest"].index("█") == 15
    assert rows["ok"][0] == "█" and rows["ok"][12] == "·"


def test_a_run_without_operations_has_nothing_over_time() -> None:
    assert list(sparks(record((), verdict=Verdict.VALID))) == []
    assert "**VALID" in run_markdown(record((), verdict=Verdict.VALID))


def show(*words: str) -> Result:
    return CliRunner().invoke(show_command, words, standalone_mode=False)


def test_show_writes_markdown_to_a_file_or_to_stdout(tmp_path: Path) -> None:
    kept = execute(SMALL, store=tmp_path)
    store = ("latest", "--store", str(tmp_path))
    file = tmp_path / "run.md"
    both = show(*store, "--markdown", str(file))
    alone = show(*store, "--markdown", "-")
    assert both.return_value == alone.return_value == kept.exit_code
    assert alone.output == file.read_text() == run_markdown(kept)
    assert both.output.startswith(("VALID", "VACUOUS")) and "Leaders     n" in both.output
    assert (kept.folder / "nodes.jsonl").is_file()


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path, capsys) -> None:
    assert problems_with(None) == [] == problems_with(Path("-"))
    assert "both want stdout" in problems_with(Path("-"), as_json=True)[0]
    assert "there is no such folder" in problems_with(tmp_path / "no" / "x.md")[0]
    assert not write_markdown(record(STALE_READ), tmp_path / "no" / "x.md")
    assert "cannot be written" in capsys.readouterr().err
