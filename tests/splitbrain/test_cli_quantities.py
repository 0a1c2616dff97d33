"""Quantities as they are typed, and read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from splitbrain.quantities import (
    QuantityError,
    duration_text,
    parse_concurrency,
    parse_duration,
    parse_interval,
    parse_names,
    parse_rate,
    parse_size,
    parse_whole,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *[("60", 60.0), ("60s", 60.0), ("250ms", 0.25), ("2m", 120.0), ("1.5 min", 90.0)],
        *[("1h", 3600.0), (".5", 0.5), (" 3S ", 3.0)],
    ],
)
def test_a_length_of_time(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5x", "-1", "1e3", "nan", "inf", "1 2", "999h", "٣"])
def test_what_is_no_length_of_time(text):
    with pytest.raises(QuantityError, match="expected a length of time"):
        parse_duration(text)


def test_a_length_below_the_minimum_says_what_the_minimum_is():
    with pytest.raises(QuantityError, match=r"from 0\.1 s"):
        parse_duration("10ms", minimum_s=0.1)


@given(st.floats(min_value=0, max_value=600_000, allow_nan=False).map(lambda x: round(x, 6)))
def test_a_length_of_time_is_read_back_exactly(seconds):
    assert parse_duration(duration_text(seconds)) == seconds


@pytest.mark.parametrize(("text", "clients"), [("10", 10), ("2n", 10), ("n", 5), ("3N", 15)])
def test_concurrency(text, clients):
    assert parse_concurrency(text, nodes=5) == clients


@pytest.mark.parametrize("text", ["", "0", "0n", "-3", "ten", "2nn", "9" * 5000])
def test_what_is_no_concurrency(text):
    with pytest.raises(QuantityError, match="expected"):
        parse_concurrency(text, nodes=5)


@pytest.mark.parametrize("text", ["-1", "nan", "inf", "fast", "2000000"])
def test_what_is_no_rate(text):
    with pytest.raises(QuantityError, match="operations a second"):
        parse_rate(text)
    assert parse_rate("0") == 0


def test_a_whole_number_names_its_bounds():
    with pytest.raises(QuantityError, match="expected 1 to 25"):
        parse_whole("26", minimum=1, maximum=25)
    with pytest.raises(QuantityError, match="whole number"):
        parse_whole("2.5", minimum=1, maximum=25)


def test_an_interval_is_hold_and_quiet():
    assert parse_interval("5s,4s") == (5.0, 4.0)
    assert parse_interval("3") == (3.0, 3.0)
    with pytest.raises(QuantityError, match="HOLD,QUIET"):
        parse_interval("1,2,3")


def test_names_keep_their_order_and_come_once():
    assert parse_names("kill, pause,kill,,") == ("kill", "pause")


@pytest.mark.parametrize(
    ("text", "mebibytes"),
    [("500MB", 500), ("500", 500), ("4GB", 4096), ("1.5 GiB", 1536), ("2g", 2048), ("65536k", 64)],
)
def test_a_size(text, mebibytes):
    assert parse_size(text) == mebibytes * 2**20


@pytest.mark.parametrize("text", ["", "MB", "-1GB", "1e9", "4 elephants", "1MB", "0", "9999999TB"])
def test_what_is_no_size(text):
    with pytest.raises(QuantityError, match="expected a size"):
        parse_size(text)
