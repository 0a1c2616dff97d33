"""Text from elsewhere in Markdown: it stays text, once the page is made, too."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from splitbrain.markdown import code, fenced, row, text

PAGE = MarkdownIt("commonmark", {"html": True}).enable("table")


@pytest.mark.parametrize(
    ("told", "never"),
    [
        ("@everyone, a@b.example", "@e"),
        ("see torvalds/linux#1", "#1"),
        ("<script>alert(1)</script>", "<script"),
        ("[x](y) ![x](y)", "<a"),
        ("# head", "<h1"),
    ],
)
def test_it_calls_nobody_and_makes_nothing(told: str, never: str) -> None:
    # A page looks for names in what it has made of Markdown: there, too, they are in two pieces.
    assert never not in PAGE.render(text(told))


@pytest.mark.parametrize("told", ["https://evil.example", "www.evil.example", "WWW.evil.example"])
def test_what_looks_like_a_link_is_none(told: str) -> None:
    assert "://" not in text(told) and "www." not in text(told).lower()


def test_it_reads_as_it_was() -> None:
    import html
    import re

    told = r"process 1 read *x_y* at <n1>, # 5 of ~9 & `a` \ {b}!"
    made = re.sub("<[^>]*>", "", PAGE.render(text(told)))
    assert html.unescape(made).strip() == told


@pytest.mark.parametrize("told", ["`", "a``b", "```\n# head", "x" * 9000])
def test_nothing_in_code_ends_it(told: str) -> None:
    assert PAGE.render(code(told)).count("<code>") == 1
    made = PAGE.render(fenced(told))
    assert made.count("<pre>") == 1 and "<h1>" not in made


def test_a_row_has_as_many_cells_as_it_was_given() -> None:
    table = "\n".join((row(("a", "b")), row(("--", "--")), row((text("x | y"), text("z")))))
    assert PAGE.render(table).count("<td>") == 2
