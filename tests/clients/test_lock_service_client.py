"""The client core of the lock service: whose token it shows, and every row of its error table."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clients.client import Completion, GarbledAnswer, Invocation
from clients.frames import framed
from clients.lock_service import REFUSALS, LockCore
from histories.event import Outcome


def request(data: bytes) -> Any:
    return json.loads(data[4:])


def answer(number: int, **members: Any) -> bytes:
    return framed(json.dumps({"id": number, **members}).encode())


class Asking:
    """A core, and an operation after another."""

    def __init__(self, *, resends: bool = False, prefix: str = "") -> None:
        self.core = LockCore("fenced-lock", "run", resends=resends, prefix=prefix)
        self.asked = 0

    def ask(self, f: str, value: Any = None, key: str = "a", process: int = 3) -> Any:
        data = self.core.encode(Invocation(process, f, key, value))
        self.asked += bool(data)
        return request(data) if data else None

    def told(self, **members: Any) -> Completion | None:
        return self.core.receive(answer(self.asked, **members))

    def acquire(self, token: int, key: str = "a", process: int = 3) -> Completion | None:
        self.ask("acquire", 500, key, process)
        return self.told(ok=True, value=token)


def test_a_grant_tells_its_token_and_what_follows_shows_it() -> None:
    client = Asking()
    assert client.acquire(7) == Completion(Outcome.OK, [500, 7])
    asked = client.ask("write", 1)
    assert (asked["f"], asked["value"], asked["seq"]) == ("resource.write", [7, 1], 2)
    assert client.told(ok=True, value=None) == Completion(Outcome.OK, [1, 7])
    assert client.ask("renew")["value"] == 7
    assert client.told(ok=True, value=None) == Completion(Outcome.OK, [None, 7])
    assert client.ask("release")["value"] == 7
    assert client.told(ok=True, value=None) == Completion(Outcome.OK, [None, 7])


def test_a_token_is_shown_until_the_next_one_lost_or_not() -> None:
    client = Asking()
    client.acquire(7)
    client.ask("release")
    client.told(ok=True, value=None)
    client.ask("acquire", 500)
    assert client.told(ok=False, error="held", definite=True).outcome is Outcome.FAIL
    assert client.ask("write", 2)["value"] == [7, 2]
    client.told(ok=False, error="fenced", definite=True)
    client.acquire(9)
    assert client.ask("write", 3)["value"] == [9, 3]


@pytest.mark.parametrize("f", ["write", "renew", "release"])
def test_without_a_token_nothing_is_sent(f: str) -> None:
    client = Asking()
    client.acquire(7, key="b")
    assert client.ask(f, 1) is None
    assert client.core.receive(b"") == Completion(Outcome.FAIL, None, "no-token")
    assert client.acquire(8) == Completion(Outcome.OK, [500, 8])


def test_a_new_process_has_no_tokens_of_the_one_before() -> None:
    client = Asking()
    client.acquire(7)
    assert client.ask("write", 1, process=13) is None
    assert client.core.receive(b"") == Completion(Outcome.FAIL, None, "no-token")


def test_what_is_answered_late_is_no_answer_to_what_was_never_sent() -> None:
    client = Asking()
    client.ask("acquire", 500)
    assert client.ask("write", 1, process=13) is None
    assert client.told(ok=True, value=7) == Completion(Outcome.FAIL, None, "no-token")
    assert client.ask("write", 2, process=13) is None


def test_a_read_tells_value_and_token_and_needs_none() -> None:
    client = Asking(prefix="run/")
    assert client.ask("read")["key"] == "run/a"
    assert client.told(ok=True, value=[1, 7]) == Completion(Outcome.OK, [1, 7])
    client.ask("read")
    assert client.told(ok=True, value=None) == Completion(Outcome.OK, None)


@pytest.mark.parametrize("error", ["held", "not-held", "fenced"])
def test_what_the_service_refuses_had_no_effect_however_often_it_was_sent(error: str) -> None:
    assert REFUSALS[error].outcome is Outcome.FAIL
    client = Asking(resends=True)
    invocation = Invocation(3, "acquire", "a", 500)
    client.core.encode(invocation)
    client.core.encode(invocation)
    completion = client.core.receive(answer(1, ok=False, error=error, definite=True))
    assert completion is not None
    assert (completion.outcome, completion.error) == (Outcome.FAIL, error)


def test_a_grant_without_a_token_is_no_answer() -> None:
    client = Asking()
    client.ask("acquire", 500)
    with pytest.raises(GarbledAnswer, match="expected a token, seen None"):
        client.told(ok=True, value=None)


def test_a_lost_leader_leaves_it_open() -> None:
    client = Asking()
    client.ask("acquire", 500)
    lost = client.told(ok=False, error="lost-leadership", definite=False)
    assert lost is not None and lost.outcome is Outcome.INFO
