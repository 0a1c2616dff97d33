"""What ``docs/tutorial.md`` shows beyond text: its pictures can be made, and etcd answers so."""

import shutil
import sys
from pathlib import Path

import pytest
from browsing import CHROMIUM

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "docs" / "making"))
from blocks import blocks_of
from pictures import PICTURES, SCALE, take
from tutorial import PAGE, walked
from walk import Walk

pytestmark = [pytest.mark.live, pytest.mark.thorough]
BLOCKS = blocks_of(PAGE.read_text(encoding="utf-8"))


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (Debian: apt-get install chromium)")
def test_every_picture_can_be_made(tmp_path):
    pytest.importorskip("playwright.sync_api", reason="no playwright from PyPI")
    image = pytest.importorskip("PIL.Image", reason="no Pillow from PyPI")
    walk = Walk(tmp_path / "walk")
    # Those that make a run are enough.
    made = [
        block
        for block in BLOCKS
        if block.needs is None
        and block.exchanges[0].command.startswith(("splitbrain test", "splitbrain shrink"))
        and "--runs" not in block.exchanges[0].command
    ]
    walked(walk, made)
    pictures = take(walk, tmp_path)
    assert [path.stem for path in pictures] == [picture.name for picture in PICTURES]
    for picture, path in zip(PICTURES, pictures, strict=True):
        with image.open(path) as one:
            assert one.width == picture.width * SCALE
            assert 200 * SCALE <= one.height <= 1200 * SCALE
            assert len(one.getcolors()) > 20, "an empty page is no picture"


def test_the_page_with_the_runs_says_where_it_is_as_the_tutorial_shows(tmp_path):
    (block,) = (block for block in BLOCKS if block.exchanges[0].command == "splitbrain serve")
    with Walk(tmp_path).serving() as (address, said):
        assert block.exchanges[0].shown.startswith(said.replace(address, "http://127.0.0.1:7420"))


def test_etcd_reads_what_is_past_when_it_is_allowed_to(tmp_path):
    (block,) = (block for block in BLOCKS if block.needs == "etcd")
    if shutil.which("etcd") is None:
        pytest.skip("no etcd (Debian: apt-get install etcd-server)")
    (answer,) = walked(Walk(tmp_path), [block]).values()
    assert answer.code == 1, answer
    first = answer.out.splitlines()[0]
    assert first.startswith("INVALID: clients of etcd saw") and "stale read" in first
