"""A matrix told: on a terminal, as Markdown, as JUnit XML, as JSON."""

import io
import json
import re
from dataclasses import replace

import pytest
from junit_reading import cases, read
from markdown_it import MarkdownIt
from matrices import BROKEN, CUT, INVALID, LATE, UNKNOWN, VACUOUS, VALID, ended, result

from histories.archive import write_text
from splitbrain.junit import junit_xml
from splitbrain.matrix.cell import Expect
from splitbrain.matrix.junit import matrix_suites
from splitbrain.matrix.markdown import matrix_markdown
from splitbrain.matrix.outcome import skipped
from splitbrain.matrix.text import print_matrix

HOSTILE = "a|b `x` <img src=x onerror=1> [l](http://e) \x1b[31m\ud800 \u202e\n```\n@user"

OURS = {"h2", "p", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "pre", "code"}


def text(one, width=100):
    stream = io.StringIO()
    print_matrix(one, stream, width)
    return stream.getvalue()


def all_kinds():
    founds = (VALID, INVALID, LATE, UNKNOWN, VACUOUS, BROKEN, CUT)
    outcomes = [ended(found, f"g{n}") for n, found in enumerate(founds)]
    return result(*outcomes, skipped(replace(outcomes[0].cell, group="g9"), "no time"))


def test_the_last_lines_say_what_it_comes_to_and_what_failed():
    told = text(result(ended(VALID, "a"), ended(VALID, "b", 1), ended(INVALID, "b", 2)))
    table, _, rest = told.partition("✗ b, seed 2: failed")
    assert not any(line.endswith(" ") for line in told.splitlines())
    assert "✓ passed   a   1 of 1" in re.sub(" {3,}", "   ", table)
    assert "✗ failed   b   1 of 2" in re.sub(" {3,}", "   ", table)
    assert "stale read: process 2 read 1" in rest
    assert "Again    splitbrain test raft --host simulated --seed 2" in rest
    assert rest.rstrip().splitlines()[-2] == "FAILED: of 3 cells 1 failed, 2 passed."


def test_a_pass_is_a_short_affair():
    told = text(result(ended(VALID, "a")))
    assert "PASSED: the one cell found what was expected." in told
    assert "Again    " not in told


def test_every_state_is_a_word_and_no_code_without_a_terminal():
    told = text(all_kinds())
    for word in ("passed", "failed", "unknown", "vacuous", "error", "interrupted", "skipped"):
        assert re.search(rf"[✓✗?–] {word}", told)
    assert "\x1b" not in told and "\r" not in told


def test_colours_come_when_they_are_asked_for(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in text(all_kinds())
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in text(all_kinds())


def test_what_was_expected_and_found_is_said():
    told = text(result(ended(INVALID, "bug", expect=Expect.INVALID)))
    assert "(expected: invalid)" in told and "stale read, as expected" in told


def test_an_allowed_skip_is_not_hidden():
    one = ended(VALID, "a")
    left = skipped(replace(one.cell, group="b"), "no time")
    told = result(one, left, allow_skipped=True)
    assert told.exit_code == 0
    assert "others were skipped, as was allowed" in told.headline()
    assert result(one, left).headline() == "UNDECIDED: of 2 cells 1 skipped, 1 passed."


@pytest.mark.parametrize("where", ["group", "why", "title"])
def test_hostile_texts_are_text_everywhere(where, tmp_path):
    hostile = replace(INVALID, sentence=HOSTILE, story=HOSTILE, kinds=(HOSTILE,))
    one = ended(hostile if where == "why" else INVALID, HOSTILE if where == "group" else "g")
    told = result(one, title=HOSTILE if where == "title" else "t")
    assert "\x1b" not in text(told)
    markdown = matrix_markdown(told)
    assert "\x1b" not in markdown and "\u202e" not in markdown
    page = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)
    # Whatever HTML there is in it is ours.
    assert set(re.findall(r"</?(\w+)", page)) <= OURS
    assert "onerror=1&gt;" in page or where == "title"
    path = tmp_path / "j.xml"
    write_text(path, junit_xml(matrix_suites(told)))
    read(path)


def test_markdown_has_the_verdict_first_then_a_table_then_what_failed():
    lines = matrix_markdown(all_kinds()).splitlines()
    assert lines[0] == "## nightly: interrupted"
    rows = [line for line in lines if line.startswith("| ")]
    assert len(rows) == 2 + 8 and all(line.count("|") == 7 for line in rows)
    assert sum(line == "<details>" for line in lines) == 6
    assert "|--- read 1 ---|" in lines


def test_junit_has_a_case_a_cell_and_only_what_passed_passes(tmp_path):
    path = tmp_path / "j.xml"
    write_text(path, junit_xml(matrix_suites(all_kinds())))
    assert cases(path) == {
        "g0, seed 1": None,
        "g1, seed 1": "failure: invalid",
        "g2, seed 1": "failure: unavailable",
        "g3, seed 1": "error: unknown",
        "g4, seed 1": "error: vacuous",
        "g5, seed 1": "error: harness",
        "g6, seed 1": "error: interrupted",
        "g9, seed 1": "skipped: skipped",
    }


def test_an_unexpected_pass_is_a_failure(tmp_path):
    path = tmp_path / "j.xml"
    told = result(ended(VALID, "bug", expect=Expect.INVALID))
    write_text(path, junit_xml(matrix_suites(told)))
    assert cases(path) == {"bug, seed 1": "failure: unexpected pass"}
    assert told.exit_code == 1


def test_the_document_counts_and_names_each_cell():
    told = json.loads(json.dumps(all_kinds().to_json()))
    assert told["counts"] == dict.fromkeys(told["counts"], 1) | {"failed": 2}
    assert [one["state"] for one in told["cells"]][:2] == ["passed", "failed"]
    assert told["result"] == "interrupted" and told["exit_code"] == 130
