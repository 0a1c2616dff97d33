"""Whatever the files of a run say: it is text in every view, and cut where nobody would read on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from web_asking import asking
from web_hostile import HOSTILE, RAW, said_everywhere

from splitbrain.cli import front

BYTES_MAX = 300_000


LONG = pytest.param("long", marks=pytest.mark.thorough)


@pytest.mark.parametrize("name", [*(name for name in HOSTILE if name != "long"), LONG])
def test_it_is_text_in_every_view(tmp_path: Path, name: str) -> None:
    value = HOSTILE[name]
    folder = said_everywhere(tmp_path, value, short="y" * 5000 if name == "long" else None)
    site = asking(tmp_path)
    run = folder.name
    addresses = ["/", f"/runs/{run}", f"/compare?run={run}&run={run}", "/?sort=tags", "/?q=stale"]
    addresses += ["/pulse.json", f"/runs/{run}/state.json"]
    for address in addresses:
        text = site.text(address)
        assert not [raw for raw in RAW if raw in text], address
        assert len(text) < BYTES_MAX, (address, len(text))
    report = site.ask(f"/runs/{run}/show/report.html")
    assert report.status_code == (404 if name == "surrogate" else 200)
    assert not [raw for raw in RAW if raw in report.text]
    told = site.text(f"/runs/{run}")
    # A history with half a character is none: then what the verdict says is told.
    assert "half of a surrogate pair" in told if name == "surrogate" else "<svg" in told
    assert 'class="badge invalid"' in told and 'class="told"' in told


@pytest.mark.parametrize("name", [name for name in HOSTILE if name != "long"])
def test_in_an_address_it_is_text(tmp_path: Path, name: str) -> None:
    said_everywhere(tmp_path, "mild")
    site = asking(tmp_path)
    value = HOSTILE[name].encode("utf-8", "surrogatepass")
    for part in ("q", "verdict", "system", "workload", "tag", "since", "sort", "page", "other"):
        answer = site.ask("/", params={part: value})
        assert answer.status_code in (200, 400)
        assert not [raw for raw in RAW if raw in answer.text], part
    from urllib.parse import quote

    for address in ("/runs/{}", "/{}", "/compare?run={}&run=b", "/static/{}", "/frame/a/b/{}"):
        status, text = site.raw(address.format(quote(value, safe="")))
        assert status in (400, 404) and not [raw for raw in RAW if raw in text], address


def test_a_page_of_a_run_says_it_as_text_in_its_cage(tmp_path: Path) -> None:
    folder = said_everywhere(tmp_path, HOSTILE["markup"])
    site = asking(tmp_path)
    mark = site.site.frame(folder.name)
    answer = site.ask(f"/frame/{folder.name}/{mark}/report.html")
    assert answer.status_code == 200 and "<script>alert" not in answer.text
    assert "sandbox" in answer.headers["content-security-policy"]


def test_a_hostile_bundle_that_was_taken_in_is_text(tmp_path: Path) -> None:
    folder = said_everywhere(tmp_path / "from", HOSTILE["markup"])
    bundle, store = tmp_path / "b.tar.zst", tmp_path / "to"
    out = ["--store", str(tmp_path / "from"), "-o", str(bundle)]
    assert front.run(["export", folder.name, *out]) == 0
    assert front.run(["import", str(bundle), "--store", str(store)]) == 0
    site = asking(store)
    for address in ("/", f"/runs/{folder.name}", f"/runs/{folder.name}/show/explanation.html"):
        text = site.ask(address).text
        assert not [raw for raw in RAW if raw in text], address
    assert "Imported" in site.text(f"/runs/{folder.name}")


NONE = {"empty": "", "list": "[]", "cut": "{", "null": "null", "deep": "[" * 100_000}
NONE |= {"text": '"x"', "other": '{"plan": []}'}


@pytest.mark.parametrize("kind", NONE)
def test_files_that_are_none_are_told_as_such(tmp_path: Path, kind: str) -> None:
    for name in ("run.json", "verdict.json", "tags.json", "faults.jsonl", "history.jsonl"):
        folder = said_everywhere(tmp_path, "mild")
        (folder / name).write_text(NONE[kind])
        site = asking(tmp_path)
        for address in ("/", f"/runs/{folder.name}", f"/compare?run={folder.name}&run=latest"):
            assert site.ask(address).status_code == 200, (name, address)
        assert site.ask(f"/runs/{folder.name}/show/report.html").status_code in (200, 404)
        assert site.ask(f"/runs/{folder.name}/state.json").status_code == 200


def test_members_of_another_kind_are_passed_over(tmp_path: Path) -> None:
    folder = said_everywhere(tmp_path, "mild")
    verdict = json.loads((folder / "verdict.json").read_text())
    for results in (7, [7], [{"violations": 7}], [{"violations": [7]}], {"a": 1}):
        verdict["results"] = results
        (folder / "verdict.json").write_text(json.dumps(verdict))
        for address in ("/", f"/runs/{folder.name}"):
            assert asking(tmp_path).ask(address).status_code == 200, results
