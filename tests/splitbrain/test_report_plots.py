"""The drawings of a run: what they show, how long they get, and that nothing in them is markup."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from report_records import MS, S, operation, partition, record

from checker.verdict import Verdict, Violation
from histories.event import Outcome
from nemesis.fault import Fault, SymbolicFault
from splitbrain.report.plots import drawings, found_s
from splitbrain.report.plots.canvas import spelt
from splitbrain.report.plots.series import series_of, thinned
from splitbrain.roles import Roles, Span

NO_ROLES = Roles()


def test_quantiles_are_those_of_the_operations_called_in_a_bin():
    operations = [
        operation(2 * i, 0, "read", at_ns=i * MS, lasts_ns=(i % 100 + 1) * MS) for i in range(1000)
    ]
    whole = series_of(operations, points_max=0)
    (kind,) = whole.kinds
    assert kind.bands is not None and whole.bin_s == pytest.approx(0.01)
    first = sorted((i % 100 + 1) for i in range(10))
    expected = [first[4], first[9], first[9], first[9]]
    assert kind.bands[:, 0].tolist() == pytest.approx(expected)


def test_rates_add_up_to_the_operations_by_outcome():
    outcomes = (Outcome.OK, Outcome.OK, Outcome.FAIL, Outcome.INFO)
    operations = [
        operation(2 * i, 0, "write", at_ns=i * 10 * MS, outcome=outcomes[i % 4]) for i in range(400)
    ]
    whole = series_of(operations)
    (kind,) = whole.kinds
    assert np.rint(kind.rates.sum(axis=1) * whole.bin_s).tolist() == [200, 100, 100]
    assert kind.bands is None and len(kind.ok) == 200 and len(kind.info) == 100


def test_kinds_come_by_their_number_and_many_share_a_panel():
    operations = [
        operation(2 * i, 0, f"f{i % k}", at_ns=i * MS) for i, k in enumerate([9] * 90 + [1] * 9)
    ]
    names = [kind.f for kind in series_of(operations).kinds]
    assert names[0] == "f0" and len(names) == 6 and names[-1] == "4 other kinds"


def test_points_that_fall_on_one_another_are_drawn_once():
    points = np.array([[1.0, 1.0], [1.1, 1.0], [9.0, 9.0]])
    assert thinned(points, 1.0, 10).tolist() == [[1.0, 1.0], [9.0, 9.0]]
    assert len(thinned(points, 1.0, 1)) == 1
    assert len(thinned(np.empty((0, 2)), 1.0, 10)) == 0


def test_a_violation_is_marked_where_it_was_seen():
    assert found_s(record()) == [2.502]
    assert found_s(record(violations=())) == []
    told = drawings(record(), NO_ROLES).latency
    assert ">violation<" in told and "var(--bad)" in told


def test_faults_are_named_and_one_without_effect_is_told():
    told = drawings(record(faults=(partition(),)), NO_ROLES).latency
    assert "partition n1 | n2 n3" in told
    weak = drawings(record(faults=(partition(mechanical=False),)), NO_ROLES).latency
    assert "no effect: " in weak


def test_outcomes_differ_in_shape_and_colour():
    operations = tuple(
        operation(2 * i, i, "write", outcome=outcome, at_ns=i * S)
        for i, outcome in enumerate((Outcome.OK, Outcome.FAIL, Outcome.INFO))
    )
    told = drawings(record(operations, violations=()), NO_ROLES).latency
    paths = {
        name: re.search(rf'<path d="([^"]*)"[^>]*stroke: var\(--{name}\)', told)
        for name in ("ok", "fail", "info")
    }
    shapes = [match and match[1].split().count("L") for match in paths.values()]
    assert shapes == [1, 2, 3], "a dot, a cross, a triangle"


def test_colours_are_those_of_the_page_in_light_and_dark():
    told = drawings(record(faults=(partition(),)), NO_ROLES)
    for drawing in (told.latency, told.rate):
        assert "var(--ok)" in drawing and "#0102" not in drawing
        assert not re.search(
            r"<metadata|xmlns:xlink|DejaVu|https?://(?!www\.w3\.org/2000/svg)", drawing
        )


def test_the_same_run_gives_the_same_bytes():
    one = record(faults=(partition(),))
    assert drawings(one, NO_ROLES) == drawings(one, NO_ROLES)


def test_a_drawing_is_short_however_many_operations_there_are():
    operations = tuple(
        operation(
            2 * i,
            i % 10,
            "read",
            at_ns=i * MS // 2,
            lasts_ns=(1 + i * i % 700) * MS,
            outcome=(Outcome.OK, Outcome.FAIL, Outcome.INFO)[i % 3],
        )
        for i in range(30_000)
    )
    told = drawings(record(operations, violations=()), NO_ROLES)
    assert not told.each and len(told.latency) < 150_000 and len(told.rate) < 50_000


def test_roles_are_lanes_in_which_a_leader_tells_its_term():
    spans = (
        Span("n1", "leader", 1, 0, 2 * S),
        Span("n1", "dead", None, 2 * S, 4 * S),
        Span("n2", "follower", 1, 0, 2 * S),
        Span("n2", "leader", 2, 2 * S, 4 * S),
        Span("n3", "<observer>", None, 0, 4 * S),
    )
    told = drawings(record(faults=(partition(),)), Roles(spans, 500)).roles
    for text in ("leader, term 1", "leader, term 2", "dead", ">n3<", "&lt;observer"):
        assert text in told


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "text",
    ["</text><script>alert(1)</script>", "$\\frac{1}{", "\x00\ud800\u202e", "名前", "x" * 10**6],
)
def test_nothing_a_run_says_is_markup_in_a_drawing(text):
    operations = (
        operation(0, 0, text, value=text, at_ns=0),
        operation(2, 1, "read", output=text, at_ns=3 * S, node=text),
    )
    symbolic = SymbolicFault(1, text, text, 0, S, 0.5)
    fault = Fault(symbolic, {"nodes": [text]}, 0, healed_ns=2 * S)
    violation = Violation(kind=text, sentence=text, operations=(0, 2), culprit=2)
    roles = Roles((Span(text[:60], text[:60], 1, 0, 3 * S),), 500)
    told = drawings(record(operations, faults=(fault,), violations=(violation,)), roles)
    for drawing in (told.latency, told.rate, told.roles):
        tags = {
            element.tag.rpartition("}")[2] for element in ET.fromstring(_closed(drawing)).iter()
        }
        assert tags <= {"svg", "g", "path", "defs", "style", "text", "use", "clipPath", "rect"}
        assert drawing.isascii() or set(drawing) - set(map(chr, range(128))) <= {"µ", "…"}
        assert len(drawing) < 100_000


def _closed(drawing):
    """With the names that a page needs not be told."""
    return drawing.replace("<svg ", '<svg xmlns:xlink="http://www.w3.org/1999/xlink" ', 1)


def test_text_is_spelt_in_what_every_font_has():
    assert spelt("a\u202eb名", 40) == "a\\u202eb\\u540d"
    assert len(spelt("x" * 100, 10)) == 10


@pytest.mark.parametrize(
    "operations",
    [
        (),
        (operation(0, 0, "read", at_ns=0, lasts_ns=0),),
        (operation(0, 0, "read", at_ns=0, lasts_ns=-5),),
        (operation(0, 0, "write", outcome=Outcome.INFO, at_ns=1),),
        (operation(0, 0, "read", at_ns=1 << 62, lasts_ns=1),),
        (operation(0, 0, "read", at_ns=-S, lasts_ns=1),),
    ],
)
def test_odd_times_are_drawn_or_left(operations):
    told = drawings(record(operations, verdict=Verdict.VALID), NO_ROLES)
    assert bool(told.latency) is bool(operations)
