"""The list: what is asked for, in which order, and that all of it is in the address."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

from kept_runs import PLAN, STARTED, made
from web_asking import asking

from checker.verdict import Verdict
from histories.archive import Store
from splitbrain import run_files
from splitbrain.archive.index import kept_runs
from splitbrain.archive.tags import change_tags
from splitbrain.web.asked import COLUMNS, RUNS_A_PAGE, Asked
from splitbrain.web.listing import HEADS


def listed(text: str) -> list[str]:
    return re.findall(r'<tr data-run="([^"]+)"', text)


def several(store: Path) -> dict[str, str]:
    """Three runs: valid raft, invalid etcd, one whose harness was killed."""
    valid = made(store, started="2026-03-01T10:00:00+00:00")
    invalid = made(
        store,
        Verdict.INVALID,
        plan=replace(PLAN, system="etcd", workload="lock", seed=3, bugs=("b.ug",)),
        started="2026-03-02T10:00:00+00:00",
    )
    change_tags(invalid, add=["found-here"])
    cut = Store(store).create("zookeeper", "set")
    plan = replace(PLAN, system="zookeeper", workload="set")
    run_files.write_manifest(cut.path, plan, STARTED, state="running")
    cut.close()
    return {"valid": valid.name, "invalid": invalid.name, "cut": cut.path.name}


def test_the_verdict_comes_first_as_a_word_and_the_anomaly_is_told(tmp_path: Path) -> None:
    runs = several(tmp_path)
    text = asking(tmp_path).text("/")
    assert listed(text) == [runs["cut"], runs["invalid"], runs["valid"]]
    row = text.split(f'data-run="{runs["invalid"]}"')[1].split("</tr>")[0]
    order = ["</span>invalid", "stale read", "It was stale.", ">etcd<", ">lock<", ">b.ug<"]
    assert [row.index(word) for word in order] == sorted(row.index(word) for word in order)
    assert "cut off" in text and "found-here" in row and "30 s" in row


def test_each_filter_leaves_what_is_asked_for(tmp_path: Path) -> None:
    runs = several(tmp_path)
    site = asking(tmp_path)
    for query, wanted in (
        ("verdict=invalid", ["invalid"]),
        ("verdict=at+fault", ["invalid"]),
        ("verdict=cut+off", ["cut"]),
        ("system=etcd", ["invalid"]),
        ("workload=register", ["valid"]),
        ("tag=found-here", ["invalid"]),
        ("since=2026-03-02", ["cut", "invalid"]),
        ("q=STALE+b.ug", ["invalid"]),
        ("q=stale+raft", []),
        (f"q={runs['valid'][-6:]}", ["valid"]),
        ("", ["cut", "invalid", "valid"]),
    ):
        assert listed(site.text(f"/?{query}")) == [runs[name] for name in wanted], query
    assert "Show all" in site.text("/?q=nothing+like+this")


def test_every_column_sorts_both_ways_and_what_is_missing_comes_last(tmp_path: Path) -> None:
    runs = several(tmp_path)
    site = asking(tmp_path)
    assert set(COLUMNS) == set(HEADS)
    for column in COLUMNS:
        up, down = (listed(site.text(f"/?sort={sign}{column}")) for sign in ("", "-"))
        assert sorted(up) == sorted(down) == sorted(runs.values())
    assert listed(site.text("/?sort=system"))[0] == runs["invalid"]
    assert listed(site.text("/?sort=-system"))[0] == runs["cut"]
    for sign in ("", "-"):
        assert listed(site.text(f"/?sort={sign}operations"))[-1] == runs["cut"]


def test_heads_link_to_the_same_view_sorted_and_say_how_it_is(tmp_path: Path) -> None:
    several(tmp_path)
    text = asking(tmp_path).text("/?system=etcd&sort=seed")
    assert 'href="/?system=etcd&amp;sort=-seed"' in text
    assert 'class="seed" scope="col" aria-sort="ascending"' in text


def test_what_cannot_be_understood_is_told_and_the_rest_is_shown(tmp_path: Path) -> None:
    several(tmp_path)
    text = asking(tmp_path).text("/?since=soon&sort=colour&page=%00&system=etcd", 400)
    assert "since: seen &#39;soon&#39;" in text and "7d" in text
    assert "sort: seen" in text and "page: seen" in text
    assert len(listed(text)) == 1


def test_many_are_shown_page_by_page(tmp_path: Path) -> None:
    for number in range(RUNS_A_PAGE + 5):
        folder = tmp_path / "runs" / f"20260314T092653Z-raft-register-{number:06x}"
        folder.mkdir(parents=True)
        manifest = {"plan": {"system": "raft", "seed": number}, "start": STARTED}
        (folder / "run.json").write_text(json.dumps(manifest))
    site = asking(tmp_path)
    first, second = site.text("/?sort=seed"), site.text("/?sort=seed&page=2")
    assert len(listed(first)) == RUNS_A_PAGE and len(listed(second)) == 5
    assert not set(listed(first)) & set(listed(second))
    assert 'href="/?sort=seed&amp;page=2"' in first and 'rel="prev" href="/?sort=seed"' in second
    assert listed(site.text("/?sort=seed&page=99999")) == listed(second)


def test_an_address_tells_all_that_is_asked() -> None:
    asked, problems = Asked.of({"q": "a&b=c #/?", "sort": "-seed", "page": "3", "other": "x"})
    assert problems == []
    again, _ = Asked.of(dict(pair for pair in _pairs(asked.address(page=3))))
    assert again == asked
    assert Asked().address() == "/" and Asked().address(page=2) == "/?page=2"


def _pairs(address: str) -> list[tuple[str, str]]:
    from urllib.parse import parse_qsl

    return parse_qsl(address.partition("?")[2])


def test_an_empty_store_says_how_to_fill_it(tmp_path: Path) -> None:
    assert "splitbrain test raft" in asking(tmp_path).text("/")
    assert "splitbrain test raft" in asking(tmp_path / "not there").text("/")
    assert not (tmp_path / "not there").exists()


def test_nothing_is_written_with_an_index_and_without(tmp_path: Path) -> None:
    several(tmp_path)

    def files() -> dict[str, tuple[int, int]]:
        found = (path for path in tmp_path.rglob("*") if path.is_file())
        return {str(p): (p.stat().st_mtime_ns, p.stat().st_ino) for p in found}

    for _ in range(2):
        before = files()
        site = asking(tmp_path)
        for address in ("/", "/pulse.json", "/runs/latest", "/compare"):
            site.ask(address)
        assert files() == before
        kept_runs(tmp_path)
    assert (tmp_path / "index.sqlite").exists()


def test_a_run_that_comes_changes_or_goes_is_seen(tmp_path: Path) -> None:
    import shutil

    runs = several(tmp_path)
    site = asking(tmp_path)
    pulses = [site.ask("/pulse.json").json()["pulse"]]
    change_tags(tmp_path / "runs" / runs["valid"], add=["seen"])
    pulses.append(site.ask("/pulse.json").json()["pulse"])
    assert "seen" in site.text("/?tag=seen")
    shutil.rmtree(tmp_path / "runs" / runs["cut"])
    pulses.append(site.ask("/pulse.json").json()["pulse"])
    assert len(listed(site.text("/"))) == 2
    assert len(set(pulses)) == 3 and site.ask("/pulse.json").json()["pulse"] == pulses[-1]
