"""Tables: numbered by first appearance, split by key, JSON-equal keys together."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from histories.canonical import canonical
from histories.event import Operation, Outcome
from histories.table import NEVER, NO_VALUE, Operations, pair_numbers, table_of
from histories.values import Interner

ONE = Operation(0, 1, 0, "read", "x", None, 1, Outcome.OK, 0, 5)


def test_rows_by_key_keep_their_order():
    keys = ["x", 1, "x", [1], True, 1, [1]]
    table = table_of([replace(ONE, key=key, call=2 * i) for i, key in enumerate(keys)])
    assert list(table.keys) == [None, "x", 1, [1], True]
    assert [rows.tolist() for rows in table.rows_by_key()] == [[], [0, 2], [1, 5], [3, 6], [4]]


def test_an_open_operation_never_returns():
    table = table_of([replace(ONE, ret=None, ret_ns=None, outcome=Outcome.INFO)])
    assert table.ret.tolist() == [NEVER] and table.outcome.tolist() == [2]


def test_no_operations_make_no_keys():
    assert [rows.tolist() for rows in table_of([]).rows_by_key()] == [[]]


def test_operations_come_back_as_they_were():
    inputs = [None, 7, "x", [1, None], [1], [1, 2, 3], {"b": 1, "a": [2, 3]}, 2**70, 1.5, True, "é"]
    operations = [
        replace(ONE, call=2 * i, ret=2 * i + 1, input=value, output=[value], node=f"n{i % 3}")
        for i, value in enumerate(inputs)
    ]
    operations.append(replace(ONE, call=99, ret=None, ret_ns=None, outcome=Outcome.INFO, error="x"))
    view = Operations(table_of(operations))
    assert list(view) == operations
    assert view[-1] == operations[-1] and view[2:4] == operations[2:4]
    assert table_of(view) is view.table


def test_a_pair_is_kept_as_its_two_elements():
    table = table_of([replace(ONE, f="cas", input=[1, 4]), replace(ONE, call=2, ret=3, input=[1])])
    assert [table.values[v] for v in (table.input[0], table.input2[0])] == [1, 4]
    assert table.input2[1] == NO_VALUE


def test_values_are_equal_as_json_is():
    assert canonical({"b": 1, "a": [2]}) == canonical({"a": [2], "b": 1})
    assert canonical(True) != canonical(1) and canonical("1") != canonical(1)
    assert canonical([True]) != canonical([1]) and canonical("[1]") != canonical([1])


def test_some_rows_are_a_table_of_their_own():
    whole = table_of([replace(ONE, call=2 * i, key=i % 2, input=i) for i in range(6)])
    odd = Operations(whole.take(whole.rows_by_key()[2]))
    assert [(o.key, o.input) for o in odd] == [(1, 1), (1, 3), (1, 5)]


SAME = (
    (1, 1.0, True),
    (2**63, float(2**63), True),
    (2**70, float(2**70), True),
    (0, -0.0, True),
    ([1, 2.5], [1.0, 2.5], True),
    ([[1, 2]], [[1.0, 2.0]], True),
    ({"a": [1]}, {"a": [1.0]}, True),
    ([1, 2, 3], (1.0, 2, 3), True),
    (1, True, False),
    ([1], [True], False),
    (1, "1", False),
    ([1.5], [1], False),
    ([1, 2], [[1, 2]], False),
)


@pytest.mark.parametrize(("one", "other", "same"), SAME)
def test_values_are_numbered_and_compared_alike(one, other, same):
    values = Interner()
    assert (pair_numbers(values, one) == pair_numbers(values, other)) is same
    assert (pair_numbers(values, [one]) == pair_numbers(values, [other])) is same
    assert (canonical(one) == canonical(other)) is same
    assert (canonical([one]) == canonical([other])) is same


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False),
                    lambda inner: st.lists(inner, max_size=3)))  # fmt: skip
def test_what_a_table_gives_back_is_the_value_it_took(value):
    values = Interner()
    first, second = pair_numbers(values, value)
    kept = values.values()
    back = kept[first] if second == NO_VALUE else [kept[first], kept[second]]
    assert canonical(back) == canonical(value)
    assert pair_numbers(values, back) == (first, second)
