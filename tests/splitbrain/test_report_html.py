"""The timeline page: self-contained, small, and safe whatever a history holds."""

import json
import re
from html.parser import HTMLParser

import pytest
from report_records import MS, STALE, STALE_READ, operation, partition, record

from checker.verdict import Verdict, Violation
from histories.event import Outcome
from splitbrain.report.columns import timeline_data
from splitbrain.report.html import page

HOSTILE = (
    "</script><script>alert(1)</script>",
    "<!--slot:data-->",
    "<!--",
    "a\x00b",
    "\ud800",
    "\u202egnirts",
    "\u2028line",
    "&lt;img src=x onerror=alert(1)>",
)


class Structure(HTMLParser):
    """Counts elements, and keeps what stands in the data element."""

    def __init__(self):
        super().__init__()
        self.tags = []
        self.data = ""
        self._inside = False

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self._inside = dict(attributes).get("id") == "data"

    def handle_endtag(self, tag):
        self._inside = False

    def handle_data(self, data):
        if self._inside:
            self.data += data


def parsed(text):
    structure = Structure()
    structure.feed(text)
    structure.close()
    return structure


def embedded(text):
    return json.loads(parsed(text).data)


def test_the_page_needs_no_network():
    text = page(record(faults=(partition(),)))
    assert "default-src 'none'" in text
    reaching = r"""src\s*=|href\s*=(?!explanation\.html>|"\#)|url\((?!\#)|@import"""
    assert not re.search(rf"{reaching}|https?://(?!www\.w3\.org/2000/svg)", text)


def test_every_slot_is_filled():
    assert "<!--slot" not in page(record())


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_of_a_history_becomes_markup(text):
    operations = (
        operation(0, 0, "write", value=text, key=text, node=text),
        operation(2, 1, text, value={text: [text]}, node=text),
        operation(4, 2, "read", output=text, key=text, node=text, error=text),
    )
    violation = Violation(kind=text, sentence=text, operations=(0, 4), culprit=4, key=text)
    shown = page(record(operations, violations=(violation,), reason=text))
    plain = parsed(page(record()))
    assert parsed(shown).tags.count("script") == plain.tags.count("script") == 2
    assert "img" not in parsed(shown).tags
    shown.encode("utf-8")
    assert not set("\x00\u202e\u2028") & set(shown)
    assert embedded(shown)["columns"]["process"] == [0, 1, 2]


def test_columns_tell_every_operation_in_order_of_invocation():
    data = timeline_data(record(tuple(reversed(STALE_READ))))
    columns = data["columns"]
    assert columns["call"] == [500_000, 1_000_000, 1_000_000], "differences, in microseconds"
    assert columns["duration"] == [2000, 2000, 2000]
    assert [data["texts"]["f"][f] for f in columns["f"]] == ["write", "write", "read"]
    assert data["texts"]["value"][columns["output"][2]] == "1"


def test_what_never_completed_has_no_duration_and_no_output():
    data = timeline_data(record((operation(0, 0, "write", value=1, outcome=Outcome.INFO),)))
    assert data["columns"]["duration"] == [-1]
    assert data["columns"]["output"] == [-1]
    assert data["columns"]["outcome"] == [2]


def test_a_read_of_nil_is_an_answer_and_a_failed_read_is_none():
    data = timeline_data(
        record((operation(0, 0, "read"), operation(2, 0, "read", outcome=Outcome.FAIL)))
    )
    assert data["texts"]["value"][data["columns"]["output"][0]] == "null"
    assert data["columns"]["output"][1] == -1


def test_true_and_one_are_told_apart():
    data = timeline_data(
        record((operation(0, 0, "write", value=1), operation(2, 0, "write", value=True)))
    )
    assert data["texts"]["value"][data["columns"]["input"][1]] == "true"


def test_a_finding_names_rows_and_not_event_numbers():
    data = timeline_data(record())
    assert data["findings"] == [{"rows": [1, 2], "culprit": 2}]


def test_several_findings_are_shown_one_at_a_time():
    text = page(record(violations=(STALE, STALE)))
    assert text.count("class=finding ") == 2
    assert "<nav class=findings" in text
    assert "<nav class=findings" not in page(record())


def test_sixty_thousand_operations_fit_in_a_few_megabytes():
    operations = tuple(
        operation(2 * i, i % 10, "write", value=i, key=i // 200, at_ns=i * MS)
        for i in range(60_000)
    )
    assert len(page(record(operations, violations=()))) < 4_000_000


def test_a_run_without_operations_has_a_page():
    assert "VALID" in page(record((), verdict=Verdict.VALID))
