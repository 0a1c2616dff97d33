"""The page of a judged history: complete, small, and safe whatever a history holds."""

import base64
import gzip
import json
import random
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from report_records import MS, operation

from checker import linearizable
from checker.verdict import Result, Verdict, Violation
from histories.event import Outcome
from histories.history import read_history
from histories.table import table_of
from splitbrain.report.history_page import document as documents
from splitbrain.report.history_page import history_page, write_history_page

HOSTILE = (
    "</script><script>alert(1)</script>",
    "<!--slot:data-->",
    "<img src=x onerror=alert(1)>",
    "a\x00b",
    "\ud800",
    "\u202egnirts",
    "\u2028line",
)
STALE_READ = (
    operation(0, 0, "write", value=4, at_ns=1 * MS),
    operation(2, 1, "write", value=7, at_ns=4 * MS),
    operation(4, 3, "read", output=4, at_ns=9 * MS),
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


def page_of(operations, model="cas-register", **more):
    table = table_of(operations)
    result = more.pop("result", None) or linearizable(table, model)
    return history_page(table, result, title="history.jsonl", **more)


def parsed(text):
    structure = Structure()
    structure.feed(text)
    structure.close()
    return structure


def data_of(text):
    return json.loads(gzip.decompress(base64.b64decode(parsed(text).data)))


def paths(data, key=0):
    """The rows of the best order of a key, and the texts of the states along it."""
    tree = data["keys"][key]["tree"]
    rows = list(np.cumsum(tree["operation"]))
    parents = [v - back for v, back in enumerate(tree["back"])]
    node, path = tree["best"], []
    while node >= 0:
        path.append(node)
        node = parents[node]
    path.reverse()
    states = [data["texts"]["state"][tree["state"][v]] for v in path]
    return [int(rows[v]) for v in path], states


def test_a_stale_read_has_its_order_and_its_reason():
    data = data_of(page_of(STALE_READ))
    assert paths(data) == ([0, 1], ["4", "7"])
    ((node, row, reason),) = data["keys"][0]["tree"]["refused"]
    assert (node, row) == (1, 2)
    assert data["texts"]["reason"][reason] == "needs 4, but the register holds 7"
    assert data["findings"][0]["culprit"] == data["keys"][0]["stuck"] == 2
    assert data["findings"][0]["rows"] == [0, 1, 2]


def test_the_sentence_stands_on_top():
    text = page_of(STALE_READ)
    assert "<h1>INVALID: stale read</h1>" in text
    assert text.index("process 3 read 4") < text.index("<canvas")


def test_columns_tell_every_operation():
    crashed = operation(6, 4, "write", value=9, outcome=Outcome.INFO, error="timeout")
    columns = data_of(page_of((*STALE_READ, crashed)))["columns"]
    assert columns["call"] == [0, 2, 2, 2], "differences between event indexes"
    assert columns["span"] == [1, 1, 1, 0], "events until the return, 0: never"
    assert columns["duration"] == [2000, 2000, 2000, -1]
    assert columns["outcome"] == [0, 0, 0, 2]
    assert columns["process"] == [0, 1, 3, 4]


def test_a_valid_history_shows_one_order():
    data = data_of(page_of(STALE_READ[:2]))
    assert data["keys"][0]["verdict"] == 0
    assert paths(data)[0] == [0, 1]
    assert data["findings"] == []


def test_each_key_has_its_verdict():
    other = [operation(10 + 2 * i, 5, "write", value=i, key="y") for i in range(3)]
    data = data_of(page_of((*STALE_READ, *other)))
    assert [(key["name"], key["verdict"]) for key in data["keys"]] == [('"x"', 1), ('"y"', 0)]
    assert data["columns"]["key"] == [0, 0, 0, 1, 1, 1]


def test_a_history_without_a_model_is_shown_without_orders():
    violation = Violation("odd", "it is odd", (0, 4), 4, "x")
    result = Result(Verdict.INVALID, "of-my-own", "by hand", 3, 1, violations=(violation,))
    data = data_of(page_of(STALE_READ, result=result))
    assert data["keys"][0]["tree"] is None
    assert data["findings"][0]["rows"] == [0, 2]


def test_the_page_needs_no_network():
    text = page_of(STALE_READ)
    assert "default-src 'none'" in text and "<!--slot" not in text
    assert not re.search(
        r"""\b(src|href)\s*=|url\((?!#)|@import|https?://(?!www\.w3\.org/2000/svg)""", text
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_of_a_history_becomes_markup(text):
    operations = (
        operation(0, 0, "write", value=text, key=text, node=text),
        operation(2, 1, "write", value={text: [text]}, key=text, node=text),
        operation(4, 2, "read", output=text, key=text, node=text, error=text),
    )
    table = table_of(operations)
    violation = Violation(kind=text, sentence=text, operations=(0, 4), culprit=4, key=text)
    result = Result(Verdict.INVALID, text, "by hand", 3, 1, reason=text, violations=(violation,))
    for judged in (result, linearizable(table)):
        shown = history_page(table, judged, title=text)
        assert parsed(shown).tags.count("script") == 2
        assert "img" not in parsed(shown).tags
        shown.encode("utf-8")
        assert not set("\x00\u202e\u2028") & set(shown)
        told = json.dumps(data_of(shown), ensure_ascii=False)
        assert not set("\x00\u202e\u2028\ud800") & set(told)


def test_the_same_history_gives_the_same_page():
    assert page_of(STALE_READ) == page_of(STALE_READ)


def many(count, keys=20):
    """Operations one after the other, so that deciding them costs nothing."""
    rng = random.Random(1)
    state = dict.fromkeys(range(keys))
    for i in range(count):
        key = rng.randrange(keys)
        if rng.random() < 0.5:
            state[key] = i
            yield operation(2 * i, i % 10, "write", value=i, key=key, at_ns=i * MS)
        else:
            yield operation(2 * i, i % 10, "read", output=state[key], key=key, at_ns=i * MS)


def test_forty_thousand_operations_take_half_a_megabyte():
    text = page_of(tuple(many(40_000)))
    assert len(text) < 600_000
    assert len(data_of(text)["columns"]["call"]) == 40_000


def test_of_a_longer_history_what_is_near_the_finding_is_shown(monkeypatch):
    monkeypatch.setattr(documents, "OPERATIONS_MAX", 1000)
    operations = list(many(4000, keys=2))
    wrong = next(o for o in operations[3000:] if o.f == "read" and o.key == 0)
    stale = operation(wrong.call, wrong.process, "read", output=operations[0].input, key=0)
    operations[operations.index(wrong)] = stale
    data = data_of(page_of(tuple(operations)))
    assert data["left_out"] > 2900
    finding = data["findings"][0]
    assert all(row >= 0 for row in finding["rows"])
    assert sum(data["columns"]["call"][: finding["culprit"] + 1]) == stale.call


def test_the_page_is_written_beside_what_is_there(tmp_path):
    source = tmp_path / "history.jsonl"
    header = {"format": "splitbrain-history", "version": 1, "model": "register"}
    event = {"index": 0, "time": 5, "process": 0, "type": "invoke", "f": "write", "value": 1}
    source.write_text("".join(f"{json.dumps(line)}\n" for line in (header, event)))
    history = read_history(source)
    write_history_page(tmp_path / "a.html", history, linearizable(history.operations, "register"))
    text = (tmp_path / "a.html").read_text()
    assert "history.jsonl" in text
    assert data_of(text)["columns"]["span"] == [0]


def test_no_operations_at_all():
    data = data_of(page_of(()))
    assert data["columns"]["call"] == [] and data["keys"] == []
