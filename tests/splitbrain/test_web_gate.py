"""Who is let in, and what each answer tells a browser it may do."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from kept_runs import made
from web_asking import asking

from splitbrain.web.gate import Gate, host_of

TOKEN = "a-token-that-nobody-guesses"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_nothing_but_looking_is_answered(tmp_path: Path, method: str) -> None:
    answer = asking(tmp_path).ask("/", method)
    assert answer.status_code == 405 and answer.headers["allow"] == "GET, HEAD"
    assert "command line" in answer.text


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:7420", "localhost:1", "LOCALHOST", "[::1]:7420", "127.9.9.9"]
)
def test_names_and_addresses_of_this_machine_are_answered(tmp_path: Path, host: str) -> None:
    assert asking(tmp_path).ask("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1", ""),
        *("[::1", "127.0.0.1@evil.example", "127.0.0.1:80:80", "0.0.0.0", "localhost:x"),
    ],
)
def test_a_name_that_was_rebound_to_us_is_turned_away(tmp_path: Path, host: str) -> None:
    answer = asking(tmp_path).ask("/", headers={"host": host})
    assert answer.status_code == 421
    assert "--name" in answer.text


def test_two_host_headers_are_none(tmp_path: Path) -> None:
    headers = [("host", "127.0.0.1"), ("host", "evil.example")]
    assert asking(tmp_path).ask("/", headers=headers).status_code == 421


def test_bound_elsewhere_addresses_and_our_names_are_answered(tmp_path: Path) -> None:
    site = asking(tmp_path, names=frozenset({"db-7.lan"}), any_address=True, token=TOKEN)
    cookies = {"cookie": f"splitbrain={TOKEN}"}
    for host, status in (("10.0.0.7:7420", 200), ("DB-7.lan.", 200), ("evil.example", 421)):
        assert site.ask("/", headers={"host": host} | cookies).status_code == status


def test_a_host_is_a_name_and_perhaps_a_port() -> None:
    seen = [host_of(text) for text in ("a:80", "[fe80::1]:80", "[fe80::1]x", "a:", "a:80x", ":80")]
    assert seen == ["a", "fe80::1", "", "a", "", ""]


@pytest.mark.parametrize("address", ["/", "/runs/latest", "/static/style.css", "/pulse.json"])
def test_without_the_token_nothing_is_shown(tmp_path: Path, address: str) -> None:
    made(tmp_path)
    site = asking(tmp_path, token=TOKEN)
    for more in ({}, {"headers": {"cookie": "splitbrain=wrong"}}, {"params": {"token": "wrong"}}):
        answer = site.ask(address, **more)
        assert answer.status_code == 401, more
        assert "raft" not in answer.text


def test_the_token_is_kept_in_a_cookie_and_leaves_the_address(tmp_path: Path) -> None:
    made(tmp_path)
    site = asking(tmp_path, token=TOKEN)
    answer = site.ask("/", params={"token": TOKEN, "system": "raft", "q": '"><script>'})
    assert answer.status_code == 200
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie
    assert "url=/?system=raft&amp;q=%22%3E%3Cscript%3E" in answer.text
    assert TOKEN not in answer.text and "token" not in answer.headers.get("location", "")
    kept = {"cookie": cookie.split(";")[0]}
    assert "raft" in site.text("/", headers=kept)
    # Also in a browser that is let in already.
    assert "url=/?system=raft" in site.text(f"/?token={TOKEN}&system=raft", headers=kept)


def test_a_way_on_is_never_another_site(tmp_path: Path) -> None:
    answer = asking(tmp_path, token=TOKEN).ask(f"//evil.example/x?token={TOKEN}")
    assert "url=//" not in answer.text


def test_the_token_is_compared_as_a_whole() -> None:
    gate = Gate(token=TOKEN)
    assert gate.lets_in(TOKEN)
    assert not any(gate.lets_in(x) for x in ("", TOKEN[:-1], f"{TOKEN}x", "\udcff", "é" * 24))
    assert not Gate().lets_in("")


@pytest.mark.parametrize(
    ("site", "mode", "dest", "status"),
    [
        ("same-origin", "cors", "empty", 200),
        ("none", "navigate", "document", 200),
        ("cross-site", "navigate", "document", 200),
        ("cross-site", "no-cors", "image", 403),
        ("cross-site", "cors", "empty", 403),
        ("cross-site", "navigate", "iframe", 403),
        ("same-site", "no-cors", "script", 403),
    ],
)
def test_other_sites_may_link_and_nothing_else(
    tmp_path: Path, site: str, mode: str, dest: str, status: int
) -> None:
    headers = {"sec-fetch-site": site, "sec-fetch-mode": mode, "sec-fetch-dest": dest}
    assert asking(tmp_path).ask("/", headers=headers).status_code == status


def test_every_answer_tells_a_browser_to_be_careful(tmp_path: Path) -> None:
    run = made(tmp_path).name
    site = asking(tmp_path)
    addresses = ("/", "/nothing", f"/runs/{run}", f"/runs/{run}/files/run.json", "/pulse.json")
    addresses += (f"/runs/{run}/bundle", "/runs/latest", "/static/keys.js", "/compare", "/static/x")
    for address in addresses:
        headers = site.ask(address).headers
        assert headers["x-content-type-options"] == "nosniff", address
        assert headers["referrer-policy"] == "no-referrer", address
        assert headers["cross-origin-resource-policy"] == "same-origin", address
        assert headers["cross-origin-opener-policy"] == "same-origin", address
        assert "access-control-allow-origin" not in headers
        assert "default-src 'none'" in headers.get("content-security-policy", "") or (
            headers.get("location") == f"/runs/{run}"
        ), address
        assert "unsafe" not in headers.get("content-security-policy", "")


def test_our_pages_hold_no_script_style_or_handler_of_their_own(tmp_path: Path) -> None:
    import re

    made(tmp_path)
    site = asking(tmp_path)
    for address in ("/", f"/runs/{made(tmp_path).name}", "/compare", "/nothing"):
        text = site.ask(address).text
        assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\son\w+=|\sstyle=|javascript:", text)
        assert not re.search(r"(src|href)=.?(https?:)?//", text)


def test_a_bug_of_ours_is_told_and_the_server_goes_on(
    tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    site = asking(tmp_path)

    def broken() -> None:
        raise ZeroDivisionError("\x1b[31m<b>oops</b>")

    with monkeypatch.context() as patch:
        patch.setattr(site.site.shelf, "runs", broken)
        text = site.text("/", 500)
    assert "&lt;b&gt;oops" in text and "bug of splitbrain" in text and "\x1b" not in text
    assert "\x1b" not in capsys.readouterr().err
    assert site.ask("/").status_code == 200


def test_nothing_is_logged_of_a_token(tmp_path: Path, caplog: Any, capsys: Any) -> None:
    caplog.set_level(logging.DEBUG, logger="uvicorn")
    asking(tmp_path, token=TOKEN).ask("/", params={"token": TOKEN})
    out, err = capsys.readouterr()
    assert TOKEN not in out + err
