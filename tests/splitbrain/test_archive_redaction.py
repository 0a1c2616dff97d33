"""What looks like a secret is cut out, and nothing else is."""

from __future__ import annotations

import pytest

from splitbrain.archive.redaction import redact, redact_options


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("--password=hunter2 --port=7", "--password=[redacted] --port=7"),
        ("--password hunter2 --port 7", "--password [redacted] --port 7"),
        ("db_password: hunter2\nnext", "db_password: [redacted]\nnext"),
        ('{"token": "abc def", "n": 1}', '{"token": [redacted], "n": 1}'),
        ("API-KEY='a b'", "API-KEY=[redacted]"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [redacted]"),
        ("authorization: dG9rZW4=", "authorization: [redacted]"),
        ("https://me:hunter2@host:2379/x", "https://me:[redacted]@host:2379/x"),
        (
            "a\n-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----\nb",
            "a\n[redacted]\nb",
        ),
        ("-----BEGIN PRIVATE KEY-----\nMII", "[redacted]"),
        ("secret=[redacted]", "secret=[redacted]"),
    ],
)
def test_secrets_are_cut_out(text: str, kept: str) -> None:
    told, cut = redact(text)
    assert told == kept
    assert cut == (text != kept)
    assert redact(told) == (kept, 0)


@pytest.mark.parametrize(
    "text",
    [
        "lock granted, token=33 (fencing)",
        "initial-cluster=n1=http://10.0.0.1:2380",
        "no password was given",
        "password: null",
        "tokens left: 5",
        "http://host:2379/path@x",
        "passwords=5",
        "monkey=3, keyboard: qwerty",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == (text, 0)


def test_a_secret_that_is_known_is_cut_out_wherever_it_stands() -> None:
    assert redact("xhunter2y, hunter2", ["hunter2"]) == ("x[redacted]y, [redacted]", 2)
    assert redact("a bc", ["bc"]) == ("a bc", 0)  # too short to be told from anything


def test_options_called_a_secret_lose_their_value() -> None:
    options = ("reads=plain", "password=x", "tls-private-key=/a", "token", "lock-ttl-s=3")
    kept = ("reads=plain", "password=[redacted]", "tls-private-key=[redacted]", "token")
    assert redact_options(options) == ((*kept, "lock-ttl-s=3"), 2)
    assert redact_options(kept) == (kept, 0)
