"""What an unknown name is answered with."""

import pytest

from splitbrain.suggest import nearest, unknown_name
from splitbrain.text import printable, value_text

NAMES = ("raft.stale-leader-read", "raft.ack-before-fsync", "partition", "kill")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("partiton", "partition"),
        ("KILL", "kill"),
        ("stale-leader-read", "raft.stale-leader-read"),
        ("raft.ack", "raft.ack-before-fsync"),
        ("zzz", None),
        ("", None),
    ],
)
def test_the_nearest_name(typed, meant):
    assert nearest(typed, NAMES) == meant


def test_the_sentence_lists_what_there_is():
    told = unknown_name("fault", "partiton", ("partition", "kill"))
    assert told == (
        "there is no fault 'partiton'. Did you mean 'partition'? There is: partition, kill."
    )


def test_nothing_near_is_not_guessed():
    assert "Did you mean" not in unknown_name("fault", "zzz", ("partition", "kill"))


def test_text_from_elsewhere_cannot_steer_a_terminal():
    assert printable("a\x1b[31mred\x07") == "a\\x1b[31mred\\x07"
    assert printable("\u202eabc") == "\\u202eabc"
    assert printable("\ud800") == "\\ud800"
    assert printable("two\nlines\tand ümläut …") == "two\nlines\tand ümläut …"


def test_a_value_stays_on_one_line_and_short():
    assert value_text([1, "x\n", None]) == '[1, "x\\n", null]'
    assert len(value_text("y" * 1000)) == 60
