"""The page over the runs that are kept, in a real browser: by keys, on a phone, at night."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import browsing
import pytest
from browsing import CONTRASTS, UNNAMED, WIDER, Watched, chromium, served, until
from kept_runs import PLAN, STARTED, events, made
from test_web_runs import stale_read

from checker.verdict import Verdict
from histories.archive import Store
from histories.journal import Journal
from nemesis.ledger import Ledger
from splitbrain import run_files
from splitbrain.archive.tags import change_tags

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("serve-browser")]
PHONE = {"width": 360, "height": 760}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Runs of several kinds, served."""
    if browsing.CHROMIUM is None:
        pytest.skip("no Chromium (Debian: apt-get install chromium)")
    store = tmp_path_factory.mktemp("store")
    stale = stale_read(store)
    change_tags(stale, add=["found-here"])
    made(store, plan=replace(PLAN, system="etcd", workload="set", seed=3))
    made(store, Verdict.UNKNOWN, plan=replace(PLAN, system="zookeeper", seed=12))
    made(store, Verdict.VACUOUS, plan=replace(PLAN, seed=2))
    with served(store) as one:
        one.told["stale"] = stale.name
        yield one


@pytest.fixture
def at(site: Any, browser: Any) -> Iterator[Any]:
    """Opens an address in a new window; whatever it should not do is trouble."""
    contexts, watched = [], []

    def opened(address: str, **more: Any) -> Any:
        context = browser.new_context(**more)
        contexts.append(context)
        page = context.new_page()
        watched.append(Watched(page, site.url))
        page.goto(site.url + address)
        return page

    yield opened
    trouble = [line for one in watched for line in one.trouble]
    for context in contexts:
        context.close()
    assert trouble == []


def rows(page: Any) -> list[str]:
    found = page.locator("tr[data-run] td.system").all_inner_texts()
    return [text.removeprefix("System ").strip() for text in found]


def test_the_list_opens_filters_and_sorts_and_its_address_says_how(at: Any) -> None:
    page = at("/")
    assert len(rows(page)) == 4
    page.select_option("select[name=system]", "raft")
    page.wait_for_url(re.compile("system=raft"))
    assert rows(page) == ["raft", "raft"]
    page.click("th.seed a")
    page.wait_for_url(re.compile("sort=seed"))
    seeds = page.locator("td.seed").all_inner_texts()
    page.click("th.seed a")
    page.wait_for_url(re.compile("sort=-seed"))
    assert page.locator("td.seed").all_inner_texts() == seeds[::-1]
    assert page.locator("th.seed").get_attribute("aria-sort") == "descending"
    page.click("text=Show all")
    page.wait_for_url(lambda url: "system" not in url)
    assert len(rows(page)) == 4
    page.go_back()
    assert rows(page) == ["raft", "raft"]


def test_everything_goes_by_keyboard(at: Any, site: Any) -> None:
    page = at("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["width"] > 50
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("stale jk")
    assert page.input_value("#q") == "stale jk"
    for _ in range(3):
        page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("q=stale"))
    assert rows(page) == ["raft"]
    page.goto(site.url)
    for key, place in (("j", 0), ("j", 1), ("ArrowDown", 2), ("k", 1), ("ArrowUp", 0), ("k", 0)):
        page.keyboard.press(key)
        here = "Array.from(document.querySelectorAll('a.run')).indexOf(document.activeElement)"
        assert page.evaluate(here) == place
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.inner_text("#compare") == "Compare the two"
    page.keyboard.press("c")
    page.wait_for_url(re.compile("/compare"))
    assert "Two runs side by side" in page.inner_text("h1")
    page.keyboard.press("u")
    page.wait_for_url(lambda url: "compare" not in url)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/runs/"))


def test_the_way_back_leads_to_the_view_one_came_from(at: Any) -> None:
    page = at("/?system=raft&sort=seed")
    page.click("a.run >> nth=0")
    page.click("text=All runs")
    page.wait_for_url(re.compile(r"\?system=raft&sort=seed$"))


def test_a_violation_is_shown_and_drawn(at: Any, site: Any) -> None:
    page = at(f"/runs/{site.told['stale']}")
    assert "cannot have happened: stale read" in page.inner_text("h1")
    drawing = page.locator("svg.wide")
    assert drawing.is_visible() and not page.locator("svg.narrow").is_visible()
    box, bar = drawing.bounding_box(), page.locator("svg.wide .culprit .bar").bounding_box()
    assert box["x"] < bar["x"] and bar["x"] + bar["width"] < box["x"] + box["width"]
    mark = page.locator("svg.wide .mark").bounding_box()
    assert mark["x"] + mark["width"] <= box["x"] + box["width"]
    red = page.locator("svg.wide .culprit .bar").evaluate("e => getComputedStyle(e).fill")
    assert red == "rgb(181, 18, 27)"
    assert "cannot have happened" in page.locator("svg.wide title").text_content()


@pytest.mark.parametrize("token", [False, pytest.param(True, marks=pytest.mark.thorough)])
def test_report_and_explanation_work_in_their_cage(
    browser: Any, tmp_path: Path, token: bool
) -> None:
    stale = stale_read(tmp_path)
    with served(tmp_path, *(["--token"] if token else [])) as one:
        context = browser.new_context()
        page = context.new_page()
        watched = Watched(page, one.url)
        page.goto(one.told["url"])
        page.wait_for_selector("tr[data-run]")
        assert "token" not in page.url
        page.goto(f"{one.url}/runs/{stale.name}")
        page.keyboard.press("r")
        page.wait_for_url(re.compile("/show/report.html"))
        frame = next(f for f in page.frames if "/frame/" in f.url)
        frame.wait_for_load_state()
        assert frame.evaluate("origin") == "null"
        assert frame.evaluate("document.querySelector('svg, canvas') !== null")
        for reach in ("parent.document.title", "top.location.href", "document.cookie"):
            with pytest.raises(Exception, match=r"SecurityError|cross-origin|sandboxed"):
                frame.evaluate(reach)
        frame.click("a[href='explanation.html']")
        frame.wait_for_url(re.compile(r"/frame/.*/explanation\.html"))
        frame.wait_for_selector("canvas")
        context.close()
        assert watched.trouble == []


@pytest.mark.thorough
def test_a_run_is_followed_to_its_verdict(browser: Any, tmp_path: Path) -> None:
    with served(tmp_path) as one:
        context = browser.new_context()
        listing, page = context.new_page(), context.new_page()
        listing.goto(one.url)
        assert "No run is kept" in listing.inner_text("main")
        run = Store(tmp_path).create("raft", "register")
        name = run.path.name
        run_files.write_manifest(run.path, PLAN, STARTED, state="running")
        journal = Journal(
            run.path / run_files.JOURNAL, {"run": name, "system": "raft", "model": "register"}
        )
        told = events(40)
        for event in told[:20]:
            journal.append(event)
        journal.flush()
        page.goto(f"{one.url}/runs/{name}")
        assert page.inner_text("[data-live=operations]") == "10"
        listing.bring_to_front()
        listing.wait_for_selector(f'tr[data-run="{name}"] .going-on')
        for event in told[20:]:
            journal.append(event)
        journal.close()
        Ledger(run.path / run_files.LEDGER, {"pid": 1}).close()
        until(listing, "document.querySelector('.live').innerText.startsWith('20 ')")
        page.bring_to_front()
        until(page, "document.querySelector('[data-live=operations]').innerText === '20'")
        finished(run, tmp_path)
        page.wait_for_selector(".badge.valid")
        assert "VALID: all that clients saw" in page.inner_text("h1")
        listing.bring_to_front()
        listing.wait_for_selector(f'tr[data-run="{name}"] .badge.valid')
        context.close()


def finished(run: Any, tmp_path: Path) -> None:
    """Write what a run leaves that has ended."""
    other = made(tmp_path / "other")
    (run.path / "verdict.json").write_bytes((other / "verdict.json").read_bytes())
    run_files.write_manifest(run.path, PLAN, STARTED, state="finished")
    run.close()


@pytest.mark.thorough
def test_a_list_that_changes_keeps_what_one_was_at(browser: Any, tmp_path: Path) -> None:
    first, second = made(tmp_path), made(tmp_path)
    with served(tmp_path) as one:
        page = browser.new_page()
        page.goto(one.url)
        page.check(f'tr[data-run="{first.name}"] input')
        page.focus(f'tr[data-run="{second.name}"] a.run')
        change_tags(first, add=["just-now"])
        page.wait_for_selector("text=just-now")
        assert page.is_checked(f'tr[data-run="{first.name}"] input')
        focused = "document.activeElement.closest('tr').dataset.run"
        assert page.evaluate(focused) == second.name
        page.close()


PAGES = ("/", "/?since=soon", "/runs/{stale}", "/compare?run={stale}&run={stale}", "/runs/nothing")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, pytest.param(768, marks=pytest.mark.thorough), 1280])
def test_everything_can_be_read_at_every_width_by_day_and_night(
    site: Any, browser: Any, scheme: str, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    for address in (*PAGES, "/runs/{stale}/show/report.html"):
        page.goto(site.url + address.format(stale=site.told["stale"]))
        assert page.evaluate(WIDER) <= 0, address
        assert page.evaluate(CONTRASTS) == [], address
        assert page.evaluate(UNNAMED) == [], address
        assert page.evaluate("document.querySelectorAll('h1').length") == 1, address
    page.goto(f"{site.url}/runs/{site.told['stale']}")
    assert page.locator("svg.narrow").is_visible() == (width == 360)
    shape = "svg.narrow" if width == 360 else "svg.wide"
    box, mark = page.locator(shape).bounding_box(), page.locator(f"{shape} .mark").bounding_box()
    assert box["x"] <= mark["x"] and mark["x"] + mark["width"] <= box["x"] + box["width"]
    assert mark["y"] + mark["height"] <= box["y"] + box["height"]
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(20, 24, 31)" if scheme == "dark" else "rgb(255, 255, 255)")
    context.close()


@pytest.mark.thorough
def test_who_wants_no_motion_gets_none(browser: Any, tmp_path: Path) -> None:
    run = Store(tmp_path).create("raft", "register")
    run_files.write_manifest(run.path, PLAN, STARTED, state="running")
    with served(tmp_path) as one:
        for wish, name in (("no-preference", "pulse"), ("reduce", "none")):
            context = browser.new_context(reduced_motion=wish)
            page = context.new_page()
            page.goto(one.url)
            moves = "getComputedStyle(document.querySelector('.going-on .sign')).animationName"
            assert page.evaluate(moves) == name
            context.close()
    run.close()


def test_without_javascript_all_of_it_is_there(at: Any, site: Any) -> None:
    page = at("/", java_script_enabled=False, viewport=PHONE)
    page.fill("#q", "stale")
    page.select_option("select[name=sort]", "seed")
    page.click("text=Filter")
    assert len(rows(page)) == 1 and "sort=seed" in page.url
    page.click("a.run")
    assert "cannot have happened" in page.inner_text("h1")
    page.click("text=All runs")
    for box in page.locator("tr input[type=checkbox]").all()[:2]:
        box.check()
    page.click("#compare")
    assert "Two runs side by side" in page.inner_text("h1")


@pytest.mark.thorough
def test_what_is_downloaded_is_the_file_and_the_bundle(at: Any, site: Any, tmp_path: Path) -> None:
    page = at(f"/runs/{site.told['stale']}", accept_downloads=True)
    for text, name in (("history.jsonl", "history.jsonl"), ("Download as a bundle", ".tar.zst")):
        with page.expect_download() as caught:
            page.click(f"text={text}")
        path = tmp_path / name
        caught.value.save_as(path)
        assert caught.value.suggested_filename.endswith(name) and path.stat().st_size > 200


def test_the_server_ends_at_once_while_it_is_looked_at(browser: Any, tmp_path: Path) -> None:
    import time

    made(tmp_path)
    with served(tmp_path) as one:
        page = browser.new_page()
        page.goto(one.url)
        began = time.monotonic()
        code, out, err = one.end()
        assert (code, err.strip(), out) == (130, "splitbrain: interrupted.", "")
        assert time.monotonic() - began < 5
        page.close()
