"""``docs/tutorial.md``: what it says to type is accepted, and answers as it shows."""

import re
import shlex

import pytest
import tutorial_making  # noqa: F401
from blocks import blocks_of, excerpt, rewritten, same
from pictures import PICTURES
from tutorial import DOCS, PAGE, walked
from walk import Walk

from splitbrain.cli import front

TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = blocks_of(TEXT)
CODES = {"VALID": 0, "INVALID": 1, "SHRUNK": 0}


def commands():
    """Every splitbrain command on the page, run here or not, as words."""
    lines = [exchange.command for block in BLOCKS for exchange in block.exchanges]
    for block in re.findall(r"^```sh\n(.*?)^```", TEXT, re.S | re.M):
        lines += block.replace("\\\n", " ").splitlines()
    for line in lines:
        for part in line.split("&&"):
            # Without what is set for the command alone, and where its output goes.
            typed = re.sub(r"^ *(?:[A-Z_]+=\S+ )*| [>|] .*", "", part)
            if typed.startswith("splitbrain "):
                yield shlex.split(typed)


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_every_command_of_the_tutorial_is_one(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(DOCS.parent / "examples")
    for made in ("certificate.json", "history.jsonl.zst", "stale-read.tar.zst"):
        (tmp_path / made).touch()
    (tmp_path / "latest").mkdir()
    command = front.cli.get_command(None, words[1])
    assert command is not None
    with command.make_context(words[1], words[2:]):
        pass


def test_the_install_command_is_the_readmes():
    (installing,) = re.findall(r"^```sh\n(python3 -m venv.*?)^```", TEXT, re.S | re.M)
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    environment, install = installing.splitlines()[:2]
    assert f"{environment}\n{install}\n" in readme


def test_the_bug_is_found_as_the_page_shows(tmp_path):
    answers_as_shown(
        Walk(tmp_path), [block for block in BLOCKS if "--bug" in block.exchanges[0].command]
    )


@pytest.mark.thorough
def test_each_command_in_its_turn_answers_as_the_page_shows(tmp_path):
    walk = Walk(tmp_path)
    answers_as_shown(walk, [block for block in BLOCKS if block.needs is None])
    assert len(walk.runs()) == 4, "the list is pictured with as many"


def answers_as_shown(walk, blocks):
    answers = walked(walk, blocks)
    for block in blocks:
        for exchange in block.exchanges:
            answer = answers[exchange.command]
            shown = excerpt(answer.told, block.shows)
            assert same(shown, exchange.shown), (
                f"$ {exchange.command}\n{answer.out}{answer.err}\n"
                "If that is meant to be: python docs/making/tutorial.py"
            )
            verdict = next((word for word in CODES if f"\n{word}:" in f"\n{shown}"), None)
            if verdict is not None:
                assert answer.code == CODES[verdict]


def test_the_page_shows_all_pictures_that_are_made_and_no_others():
    shown = re.findall(r"^!\[.+?\]\(pictures/(.+?)\.png\)$", TEXT, re.M)
    assert shown == [picture.name for picture in PICTURES]
    files = {path.stem: path for path in (DOCS / "pictures").iterdir()}
    assert set(files) == set(shown)
    assert sum(path.stat().st_size for path in files.values()) < 1_500_000


def test_what_the_page_links_is_there():
    for target in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (DOCS / target).exists(), target


LONG = "A: one\n\nB: two\n  more\n\nC: three\n\nB: four\n"


def test_an_excerpt_says_where_it_leaves_something_out():
    assert excerpt(LONG, ()) == LONG
    assert excerpt("", ()) == ""
    assert excerpt(f"…\n\n{LONG}", ()) == f"…\n{LONG}"
    assert excerpt(LONG, ("A", "C")) == "A: one\n…\nC: three\n…\n"
    assert excerpt(LONG, ("B", "B")) == "…\nB: two\n  more\n…\nB: four\n"
    assert excerpt(LONG, ("B+1",)) == "…\nB: two\n  more\n\nC: three\n…\n"
    with pytest.raises(ValueError, match="no paragraph begins with 'A'"):
        excerpt(LONG, ("C", "A"))


def test_names_of_runs_and_times_taken_may_differ_and_nothing_else():
    page = "Run 20261130T202606Z-raft-register-026925: clients 10.0 s,\ncheck 0.65 s\n"
    assert same(page, "Run 20271130T202606Z-raft-register-fe6925: clients 10.0 s, check\n12.05 s\n")
    assert not same(page, page.replace("10.0", "10.1"))
    assert not same(page, page.replace("raft", "paxos"))
    drawn = "process 9  |- write -|\n"
    assert not same(drawn, drawn.replace("  |", "   |")), "a drawing is its spaces"


def test_a_page_is_brought_up_to_date_when_it_says_another_thing():
    page = "\n".join(
        (
            *("Before", "<!-- shows A -->", "```console", "$ one \\", "    two", "A 1", "…", "```"),
            *("````console", "$ three", "```sh", "took 1 s", "$ four", "kept", "````", "After"),
        )
    )
    three = {"three": "```sh\ntook 2 s\n"}
    assert rewritten(page, three) == page, "how long it took is no news"
    new = page.replace("A 1", "A 2").replace("took 1", "took 2")
    assert rewritten(page, {"one two": "A 2\n\nB\n", **three}) == new
    assert rewritten(page, {"four": "new\n"}) == page.replace("kept\n", "new\n")


def test_a_command_that_goes_wrong_is_never_shown(tmp_path):
    page = "```console\n$ splitbrain tset\n…\n```\n"
    with pytest.raises(RuntimeError, match="exit code 2, where one of"):
        walked(Walk(tmp_path), blocks_of(page))


def test_a_comment_that_means_nothing_is_refused():
    with pytest.raises(ValueError, match="expected 'shows …' or 'needs …'"):
        blocks_of("<!-- show A -->\n```console\n$ one\n```\n")
    with pytest.raises(ValueError, match="expected a command"):
        blocks_of("```console\none\n```\n")
