"""``splitbrain serve`` in a process of its own, and a headless Chromium that looks at it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
# What hand-made run folders are made with lies beside the unit tests.
sys.path[:0] = [str(Path(__file__).parents[1] / "splitbrain")]


class Served:
    """A server that listens: its address, and its process."""

    def __init__(self, store: Path, *arguments: str) -> None:
        command = [sys.executable, "-m", "splitbrain", "serve", "--port", "0", "--json"]
        self.process = subprocess.Popen(
            [*command, "--store", str(store), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        assert self.process.stdout is not None
        told = ""
        while not told.endswith("}\n"):
            line = self.process.stdout.readline()
            assert line, self.process.communicate()
            told += line
        self.told: dict[str, Any] = json.loads(told)
        self.url = str(self.told["url"]).partition("?")[0].rstrip("/")

    def end(self, how: int = signal.SIGINT) -> tuple[int, str, str]:
        """Interrupt it; exit code and the rest of what it said."""
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, out, err


@contextmanager
def served(store: Path, *arguments: str) -> Iterator[Served]:
    """A server, ended afterwards; it must have had nothing to complain of."""
    one = Served(store, *arguments)
    try:
        yield one
    except BaseException:
        one.process.kill()
        one.process.communicate()
        raise
    if one.process.poll() is None:
        code, _, err = one.end()
        assert (code, err.strip()) == (130, "splitbrain: interrupted.")


@contextmanager
def chromium() -> Iterator[Any]:
    """A headless Chromium; the test is skipped where there is none."""
    if CHROMIUM is None:
        pytest.skip("no Chromium (Debian: apt-get install chromium)")
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright from PyPI")
    # Root has no sandbox of Chromium's own.
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=flags)
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A page and everything it should not do: dialogs, errors, requests to elsewhere."""

    def __init__(self, page: Any, url: str) -> None:
        self.page = page
        self.trouble: list[str] = []
        page.on("dialog", self._dialog)
        page.on("pageerror", lambda error: self.trouble.append(f"error: {error}"))
        page.on("console", self._console)
        page.on("request", lambda request: self._request(request.url, url))

    def _dialog(self, dialog: Any) -> None:
        self.trouble.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.trouble.append(f"console: {message.text}")

    def _request(self, asked: str, url: str) -> None:
        if not asked.startswith((f"{url}/", "data:", "blob:")):
            self.trouble.append(f"request: {asked}")


WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
"""By how much a page would have to be scrolled sideways."""

CONTRASTS = """
() => {
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const over = (top, below) => {
    const a = top.length > 3 ? top[3] : 1;
    return [0, 1, 2].map((i) => top[i] * a + below[i] * (1 - a));
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((c) => c / 255)
      .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = matchMedia("(prefers-color-scheme: dark)").matches ? 18 : 255;
  const behind = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement)
      layers.push(parse(getComputedStyle(e).backgroundColor));
    return layers.reverse().reduce((below, layer) => over(layer, below), [paper, paper, paper]);
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
    const unseen = element.closest("title, noscript, option, :disabled");
    if (!text || unseen || !element.checkVisibility()) continue;
    const style = getComputedStyle(element), back = behind(element);
    const ink = over(parse(element.closest("svg") ? style.fill : style.color), back);
    const [a, b] = [light(ink), light(back)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) poor.push([text.slice(0, 40), ratio]);
  }
  return poor;
}
"""
"""The texts whose contrast with what is behind them is less than WCAG's AA asks of small text."""

UNNAMED = """
() => Array.from(document.querySelectorAll(
    "a, button, input:not([type=hidden]), select, svg[role], iframe"))
  .filter((e) => e.checkVisibility())
  .filter((e) => !e.textContent.trim() && !e.getAttribute("aria-label"))
  .filter((e) => !e.title && !e.labels?.length)
  .map((e) => e.outerHTML.slice(0, 80))
"""
"""What a screen reader would have no name for."""


def until(page: Any, expression: str) -> None:
    """Wait until an expression holds in the page; Playwright's own way asks for eval."""
    for _ in range(150):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"never: {expression}")
