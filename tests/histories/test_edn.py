"""EDN values: what each becomes, and what is refused without a traceback."""

import pytest

from histories.formats.edn import Discarded, Incomplete, KeyValue, form
from histories.formats.reader import Refused


def read(text, *, final=True):
    data = text if isinstance(text, bytes) else text.encode()
    value, end = form(data, 0, final=final)
    assert end == len(data)
    return value


@pytest.mark.parametrize(
    ("text", "value"),
    (
        ("nil", None),
        ("true", True),
        ("-12", -12),
        ("12N", 12),
        ("+7", 7),
        ("0x1F", 31),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("2.50M", 2.5),
        ("0.1000000000000000000001M", "0.1000000000000000000001"),
        ("1e999999999M", "1e999999999"),
        ("22/7", "22/7"),
        ("##NaN", "NaN"),
        (":ok", "ok"),
        (":a.b/c", "a.b/c"),
        ("::here", "here"),
        ("java.lang.String", "java.lang.String"),
        ("-", "-"),
        (r"\a", "a"),
        (r"\newline", "\n"),
        (r"\u00e9", "é"),
        (r"\(", "("),
        (r'"a\"b\\ \n \u00e9 \101"', 'a"b\\ \n é A'),
        (r'"\ud83d\ude00"', "😀"),
        ('"two\nlines ; no comment"', "two\nlines ; no comment"),
        ("[1 , 2,,3]", [1, 2, 3]),
        ("(1 [2 ()])", [1, [2, []]]),
        ("#{3 10 :b 1 nil}", [1, 3, 10, "b", None]),
        ("{:a 1, :b {2 3}}", {"a": 1, "b": {"2": 3}}),
        ("[1 #_ 2 #_ #_ 3 4 5 ; six\n]", [1, 5]),
        ('#inst "2020-01-01"', "2020-01-01"),
        ("#:user{:a 1}", {"a": 1}),
        ("#jepsen.history.Op{:a 1}", {"a": 1}),
        ("#jepsen.history.Op {:a 1}", {"a": 1}),
        ('#object[java.lang.X 0x1f "X@1f"]', ["java.lang.X", 31, "X@1f"]),
        ("#_ 1", Discarded),
    ),
)
def test_each_kind_of_value(text, value):
    assert read(text) == value


def test_sets_in_any_order_are_one_value():
    assert read('#{"b" :a 2 1}') == read('#{1 :a 2 "b"}')


def test_a_tagged_tuple_is_a_key_and_its_value():
    for tag in ("jepsen.independent/tuple", "clojure.lang.MapEntry"):
        assert isinstance(read(f"#{tag} [:x 1]"), KeyValue)
    assert not isinstance(read("[:x 1]"), KeyValue)


@pytest.mark.parametrize(
    ("text", "seen"),
    (
        ("}", "unbalanced"),
        ("[1)", "unbalanced"),
        ("{:a}", "a key that has no value"),
        ("012", "is no number"),
        ("1a", "is no number"),
        ("9" * 5000, "a number of 5,000 characters"),
        ("0x" + "f" * 3900, "is no number"),
        ("1e999", "too large"),
        (":", "is no keyword"),
        (":::a", "is no keyword"),
        ("'quoted", "is code"),
        (r"\foo", "is no character"),
        (r'"\q"', "the escape"),
        (r'"\ud83d"', "half of a surrogate pair"),
        ("[" * 65 + "]" * 65, "nested too deeply"),
        ("[" * 100_000, "nested too deeply"),
        ("#_ " * 100_000, "nested too deeply"),
        ("#a " * 100_000, "nested too deeply"),
        (b'"\xff"', "not UTF-8"),
        (b":\xff\xfe", "not UTF-8"),
        ("#, 1 2", "cannot read"),
    ),
)
def test_what_is_no_value_is_refused(text, seen):
    with pytest.raises(Refused) as raised:
        read(text)
    assert seen in raised.value.seen


@pytest.mark.parametrize("text", ("[1 2", '"open', "{:a", "#tag", "#", "\\", "[1 #_", ""))
def test_what_does_not_end_is_incomplete(text):
    for final in (True, False):
        with pytest.raises(Incomplete):
            form(text.encode(), 0, final=final)


@pytest.mark.parametrize("text", ("12", ":ke", "ni", "\\newl", "##N"))
def test_a_token_at_the_end_may_go_on_unless_it_is_the_last(text):
    with pytest.raises(Incomplete):
        form(text.encode(), 0, final=False)
    form(text.encode().replace(b"\\newl", b"\\newline"), 0, final=True)
