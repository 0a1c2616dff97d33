"""Where a cluster that runs already is spoken to."""

import pytest

from splitbrain.endpoints import Endpoint, parse_endpoints


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("n1", Endpoint("n1")),
        ("127.0.0.1:7000", Endpoint("127.0.0.1", 7000)),
        ("https://etcd-1.example:2379/", Endpoint("etcd-1.example", 2379, "https")),
        ("http://[::1]:2379", Endpoint("::1", 2379, "http")),
        ("[fe80::1]", Endpoint("fe80::1")),
    ],
)
def test_what_is_typed_is_read_and_written_back(text, expected):
    assert Endpoint.parse(text) == expected
    assert Endpoint.parse(str(expected)) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "'' is no machine's name"),
        ("n1:", "not ''"),
        ("n1:99999", "a port is a number from 1 to 65535, not '99999'"),
        ("HTTP//n1", "no machine's name"),
        ("1p://n1", "'1p' is no scheme"),
        ("[n1]:7000", "an IPv6 address"),
        ("[::1]7000", "expected [scheme://]host[:port]"),
        ("n1/path", "no machine's name"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_was_seen(text, said):
    with pytest.raises(ValueError, match=r"expected|IPv6|a port") as caught:
        Endpoint.parse(text)
    assert said in str(caught.value)


def test_a_password_in_an_endpoint_is_refused_and_not_repeated():
    with pytest.raises(ValueError, match="neither user nor password") as caught:
        Endpoint.parse("http://root:geheim@n1:2379")
    assert "geheim" not in str(caught.value)


def test_all_problems_of_a_list_are_told_at_once():
    read, problems = parse_endpoints("n1:7000, n2:x, n1:7000")
    assert len(read) == 2
    assert problems == [
        "'n2:x': a port is a number from 1 to 65535, not 'x'.",
        "n1:7000 is named twice.",
    ]
