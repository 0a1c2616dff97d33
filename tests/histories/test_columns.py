"""Columns: numbered by first appearance, split by key, JSON-equal keys together."""

from dataclasses import replace

from histories.canonical import canonical
from histories.columns import NEVER, columns
from histories.event import Operation, Outcome

ONE = Operation(0, 1, 0, "read", "x", None, 1, Outcome.OK, 0, 5)


def test_rows_by_key_keep_their_order():
    keys = ["x", 1, "x", [1], True, 1, [1]]
    table = columns([replace(ONE, key=key, call=2 * i) for i, key in enumerate(keys)])
    assert table.keys == ["x", 1, [1], True]
    assert [rows.tolist() for rows in table.rows_by_key()] == [[0, 2], [1, 5], [3, 6], [4]]


def test_an_open_operation_never_returns():
    table = columns([replace(ONE, ret=None, ret_ns=None, outcome=Outcome.INFO)])
    assert table.ret.tolist() == [NEVER] and table.outcome.tolist() == [2]


def test_no_operations_make_no_keys():
    assert columns([]).rows_by_key() == []


def test_values_are_equal_as_json_is():
    assert canonical({"b": 1, "a": [2]}) == canonical({"a": [2], "b": 1})
    assert canonical(True) != canonical(1) and canonical("1") != canonical(1)
    assert canonical([True]) != canonical([1]) and canonical("[1]") != canonical([1])
