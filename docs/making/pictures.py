"""Pictures of the pages that a walk through the tutorial leaves behind, by a headless Chromium."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from walk import Walk

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
CLEAN, FOUND, SHRUNK, MENDED = range(4)
"""The runs of the tutorial, in the order in which they are made."""
SCALE = 2
"""Pixels of a picture for one of the page: sharp where screens are."""
COLORS = 256
MARGIN = 5


@dataclass(frozen=True, slots=True)
class Picture:
    """A page, how wide it is looked at, and the part of it that is kept.

    ``page`` makes the address from that of the server and the runs; ``first`` and ``last`` are
    selectors: the picture goes from the top of the one, or of the page, to the bottom of the other.
    """

    name: str
    page: Callable[[str, list[str]], str]
    last: str
    first: str | None = None
    width: int = 900


def _file(run: int, name: str) -> Callable[[str, list[str]], str]:
    return lambda address, runs: f"{runs[run]}/{name}"


PICTURES = (
    Picture("finding", _file(FOUND, "report.html"), last="#finding-1 .hint", width=1000),
    Picture("latency", _file(FOUND, "report.html"), first="#latency", last="#latency"),
    Picture("leaders", _file(FOUND, "report.html"), first="#roles", last="#roles svg:not(.icon)"),
    Picture("explanation", _file(FOUND, "explanation.html"), last="main .hint"),
    Picture("list", lambda address, _: f"{address}/", first="main", last="main table", width=1100),
    Picture("run", lambda address, runs: f"{address}/runs/{runs[SHRUNK]}", last="section.ways"),
    Picture(
        "comparison",
        lambda address, runs: f"{address}/compare?run={runs[FOUND]}&run={runs[MENDED]}",
        last="table.measures tbody",
    ),
)


def take(walk: Walk, folder: Path) -> list[Path]:
    """Make every picture in a folder, of what the walk left behind; the files."""
    runs = walk.runs()
    folders = [(walk.store / "runs" / run).as_uri() for run in runs]
    made = []
    with walk.serving() as (address, _), _browser() as browser:
        for picture in PICTURES:
            where = picture.page(address, runs)
            if not where.startswith(address):
                where = picture.page(address, folders)
            page = browser.new_page(
                viewport={"width": picture.width, "height": 1000}, device_scale_factor=SCALE
            )
            page.goto(where)
            made.append(folder / f"{picture.name}.png")
            made[-1].write_bytes(_small(_shot(page, picture)))
            page.close()
    return made


def _shot(page: Any, picture: Picture) -> bytes:
    """The part of a page that a picture shows, once its scripts have drawn it."""
    page.wait_for_timeout(500)
    top = 0.0
    if picture.first:
        top = page.locator(picture.first).first.bounding_box()["y"] - MARGIN
    box = page.locator(picture.last).first.bounding_box()
    bottom = box["y"] + box["height"] + MARGIN
    clip = {"x": 0, "y": top, "width": picture.width, "height": bottom - top}
    return bytes(page.screenshot(full_page=True, clip=clip))


def _small(png: bytes) -> bytes:
    """The same picture in a palette, which is all that a page of text and lines needs."""
    from PIL import Image

    kept = io.BytesIO()
    image = Image.open(io.BytesIO(png)).convert("RGB")
    # Of the ways to choose colours, the one that keeps white white.
    few = image.quantize(COLORS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(kept, "PNG", optimize=True)
    return kept.getvalue()


@contextmanager
def _browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    if CHROMIUM is None:
        raise RuntimeError("no Chromium on this machine (Debian: apt-get install chromium)")
    # Root has no sandbox of Chromium's own.
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=flags)
        try:
            yield browser
        finally:
            browser.close()
