"""How a machine is named: ``[user@]host[:port][=ADDRESS]``."""

import pytest

from targets.hosts.ssh import Destination, parse_destinations


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("h1", Destination("me", "h1")),
        ("root@h1", Destination("root", "h1")),
        ("root@10.0.0.1:2222", Destination("root", "10.0.0.1", 2222)),
        ("[::1]", Destination("me", "::1")),
        ("root@[fe80::1%eth0]:23=10.0.0.5", Destination("root", "fe80::1%eth0", 23, "10.0.0.5")),
        ("a.b@corp@h-1.example.org.", Destination("a.b@corp", "h-1.example.org.")),
    ],
)
def test_what_is_typed_is_read_and_written_back(text, expected):
    read = Destination.parse(text, "me")
    assert read == expected
    assert Destination.parse(str(read), "somebody else") == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "'' is no machine's name"),
        ("@h1", "'' is no user's name"),
        ("-oProxyCommand=x", "'-oProxyCommand' is no machine's name"),
        ("-h1", "'-h1' is no machine's name"),
        ("-u@h1", "'-u' is no user's name"),
        ("::1", "an IPv6 address stands in brackets"),
        ("[::1", "in brackets stands an IPv6 address"),
        ("[h1]:22", "in brackets stands an IPv6 address"),
        ("h1:ssh", "a port is a number from 1 to 65535, not 'ssh'"),
        ("h1:70000", "not '70000'"),
        ("h1=h2", "behind '=' stands the IPv4 address"),
        ("h 1", "'h 1' is no machine's name"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_was_seen(text, said):
    with pytest.raises(ValueError, match=r"^'") as caught:
        Destination.parse(text, "me")
    assert said in str(caught.value)


def test_all_problems_of_a_list_are_told_at_once():
    read, problems = parse_destinations("h1, h2:x,h1,::1", "me")
    assert [d.host for d in read] == ["h1", "h1"]
    assert len(problems) == 3
    assert problems[-1] == "h1:22 is named twice; each machine runs one node."


def test_the_name_of_its_log_is_safe_for_a_file():
    assert Destination("u", "fe80::1%eth0", 23).file_name == "fe80--1-eth0-23"
    assert Destination("u", "h1").file_name == "h1"
