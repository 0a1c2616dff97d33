"""The pages of a run: what it found, its files, two of them side by side, one that goes on."""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace as Namespace
from typing import Any

import pytest
import zstandard
from bundle_forging import unpacked
from kept_runs import PLAN, STARTED, events, made
from report_records import STALE, STALE_READ, partition, record
from shrinkings import shrinking
from web_asking import asking

from checker.verdict import Promised, Result, Verdict
from histories.archive import Store
from histories.event import Event, EventType
from histories.journal import Journal
from nemesis.ledger import Ledger
from splitbrain import run_files
from splitbrain.archive.packing import pack
from splitbrain.web.comparing import count_measures
from splitbrain.web.drawing import NARROW, ROWS_MAX, WIDE, drawings
from splitbrain.web.scripts import all_known, digests_in, known_digests


def stale_read(store: Path) -> Path:
    """A run with a stale read, as ``splitbrain test`` leaves one, with its pages."""
    told = []
    for operation in STALE_READ:
        for index, kind, value, at_ns in (
            (operation.call, EventType.INVOKE, operation.input, operation.call_ns),
            (operation.call + 1, EventType.OK, operation.output, operation.ret_ns or 0),
        ):
            value = operation.input if operation.f == "write" else value
            node = operation.node
            told.append(Event(index, at_ns, operation.process, kind, operation.f, "x", value, node))
    folder = made(store, Verdict.INVALID, told=told)
    result = Result(Verdict.INVALID, "cas-register", "search", 3, 1, violations=(STALE,))
    one = replace(record(STALE_READ), run=folder.name, folder=folder, plan=PLAN, results=[result])
    run_files.write_verdict(one)
    run_files.write_page(one)
    return folder


def test_each_promise_that_was_asked_about_has_its_row(tmp_path: Path) -> None:
    folder = stale_read(tmp_path)
    rows = (
        Promised("linearizable", Verdict.INVALID, "so", "search", violations=(STALE,)),
        Promised("sequential", Verdict.VALID, None, "<inference>"),
    )
    result = Result(Verdict.INVALID, "cas-register", "", 3, 1, violations=(STALE,), promises=rows)
    one = replace(record(STALE_READ), run=folder.name, folder=folder, plan=PLAN, results=[result])
    run_files.write_verdict(one)
    text = asking(tmp_path).text(f"/runs/{folder.name}")
    assert '<th scope="row">linearizable</th><td>invalid</td><td>stale read</td>' in text
    assert "<td>valid</td><td>by &lt;inference&gt;</td>" in text


def test_a_violation_is_told_drawn_and_explained(tmp_path: Path) -> None:
    folder = stale_read(tmp_path)
    text = asking(tmp_path).text(f"/runs/{folder.name}")
    for told in (
        "INVALID: clients of raft saw what cannot have happened: stale read",
        "process 2 read 1 at 2.50 s on n1",
        "had been replaced before the read even began",
        "cannot have happened</text>",
        'class="operation ok culprit"',
        "read 1 by process 2 on n1",
        "splitbrain shrink",
        "splitbrain test raft",
        "/show/report.html",
        "/show/explanation.html",
        "logs/n1.log",
    ):
        assert told in text, told
    assert text.count("<svg") == 2


def test_a_name_may_be_its_end_or_latest_and_leads_to_the_whole(tmp_path: Path) -> None:
    first, second = made(tmp_path).name, made(tmp_path).name
    site = asking(tmp_path)
    newest = max(first, second)
    for text, whole in ((first[-6:], first), ("latest", newest)):
        answer = site.ask(f"/runs/{text}")
        assert (answer.status_code, answer.headers["location"]) == (307, f"/runs/{whole}")
    several = site.text(f"/runs/{first[:4]}", 404)
    assert "could mean 2 runs" in several and first in several and second in several
    assert "six digits" in site.text("/runs/nothing", 404)


def test_what_cannot_be_told_is_said_in_a_sentence(tmp_path: Path) -> None:
    folder = made(tmp_path)
    (folder / "history.jsonl").write_text("none\n" * 9)
    text = asking(tmp_path).text(f"/runs/{folder.name}")
    assert "cannot be told" in text and "history.jsonl" in text


def test_each_file_can_be_had_and_only_to_keep(tmp_path: Path) -> None:
    folder = stale_read(tmp_path)
    site = asking(tmp_path)
    for name in ("run.json", "history.jsonl", "report.html", "logs/n1.log", "faults.jsonl"):
        answer = site.ask(f"/runs/{folder.name}/files/{name}")
        assert answer.content == (folder / name).read_bytes()
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment; filename=")
        head = site.ask(f"/runs/{folder.name}/files/{name}", "HEAD")
        assert head.headers["content-length"] == str(len(answer.content)) and not head.content


@pytest.mark.parametrize(
    "name",
    [
        *("..", "../run.json", "..%2f..%2findex.sqlite", "%2e%2e/%2e%2e/index.sqlite", "lock"),
        *("nodes", "/etc/passwd", "%2fetc%2fpasswd", "logs/../run.json", "logs/%2e%2e/run.json"),
        *("logs", "", "run.json%00", "run.json/", "./run.json", "logs/n1.log/..", "%ff"),
        *("RUN.JSON", "logs//n1.log", "..%5c..%5cindex.sqlite", "%252e%252e/index.sqlite"),
        *("secret.txt", "logs/secret.txt"),
    ],
)
def test_no_name_leads_anywhere_else(tmp_path: Path, name: str) -> None:
    folder = made(tmp_path)
    (tmp_path / "index.sqlite").write_text("secret")
    (folder / "secret.txt").write_text("secret")
    (folder / "logs" / "secret.txt").write_text("secret")
    status, text = asking(tmp_path).raw(f"/runs/{folder.name}/files/{name}")
    assert status == 404
    assert "secret" not in text.replace("secret.txt", "")


@pytest.mark.parametrize(
    "run",
    ["..", "%2e%2e", "../..", "%2e%2e%2f%2e%2e", ".", "%00", "latest%2f..", "runs", "%ed%a0%80"],
)
def test_no_run_leads_anywhere_else(tmp_path: Path, run: str) -> None:
    made(tmp_path)
    (tmp_path / "run.json").write_text("{}")
    for rest in ("", "/bundle", "/files/run.json", "/state.json", "/show/report.html"):
        status, text = asking(tmp_path).raw(f"/runs/{run}{rest}")
        assert status == 404 and "<h1>" in text


LINKED = ("run.json", "verdict.json", "history.jsonl", "report.html", "nodes.jsonl", "shrunk.json")
OF_OTHERS = {
    "nodes.jsonl": b'{"format": "splitbrain-nodes", "version": 1, "every_ms": 5, "start": '
    b'"2026-03-14T09:26:53+00:00"}\n{"time": 0, "node": "stale", "role": "leader"}\n',
    "shrunk.json": json.dumps(shrinking("stale").to_json()).encode(),
}


@pytest.mark.parametrize("name", LINKED)
def test_links_are_followed_nowhere(tmp_path: Path, name: str) -> None:
    folder = stale_read(tmp_path)
    outside = tmp_path / "outside"
    there = (folder / name).read_bytes() if (folder / name).exists() else OF_OTHERS[name]
    outside.write_bytes(there.replace(b"stale", b"SECRET"))
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(outside)
    site = asking(tmp_path)
    addresses = ("", f"/files/{name}", "/bundle", "/show/report.html", "/state.json")
    seen = [site.ask(f"/runs/{folder.name}{address}").text for address in addresses]
    seen += [site.ask("/").text, site.ask(f"/frame/{folder.name}/x/{name}").text]
    seen.append(site.ask(f"/frame/{folder.name}/{site.site.frame(folder.name)}/report.html").text)
    assert not any("SECRET" in text for text in seen)
    assert site.ask(f"/runs/{folder.name}/files/{name}").status_code == 404


@pytest.mark.parametrize("name", ["nodes.jsonl", "shrunk.json", "certificate.json"])
def test_nobody_waits_for_a_pipe_in_place_of_a_file(tmp_path: Path, name: str) -> None:
    import os

    folder = stale_read(tmp_path)
    (folder / name).unlink(missing_ok=True)
    (folder / "report.html").unlink()
    os.mkfifo(folder / name)
    site = asking(tmp_path)
    for rest in ("", "/show/report.html", "/bundle", f"/files/{name}"):
        assert site.ask(f"/runs/{folder.name}{rest}").status_code in (200, 404, 409)


def test_a_folder_that_is_a_link_is_no_run(tmp_path: Path) -> None:
    folder = made(tmp_path / "other")
    store = tmp_path / "store"
    (store / "runs").mkdir(parents=True)
    (store / "runs" / folder.name).symlink_to(folder)
    (store / "runs" / "logged").mkdir()
    assert asking(store).ask(f"/runs/{folder.name}").status_code == 404


def test_logs_behind_a_link_and_pipes_are_not_opened(tmp_path: Path) -> None:
    import os

    folder = made(tmp_path)
    (folder / "logs" / "n1.log").rename(tmp_path / "n1.log")
    (folder / "logs").rmdir()
    (folder / "logs").symlink_to(tmp_path)
    (folder / "tags.json").unlink(missing_ok=True)
    os.mkfifo(folder / "tags.json")
    site = asking(tmp_path)
    assert site.ask(f"/runs/{folder.name}/files/logs/n1.log").status_code == 404
    assert site.ask(f"/runs/{folder.name}/files/tags.json").status_code == 404
    assert "unreadable" in site.text("/")
    assert site.ask(f"/runs/{folder.name}").status_code == 200


def test_a_bundle_is_what_export_writes(tmp_path: Path) -> None:
    from splitbrain.archive.bundle import export

    folder = made(tmp_path, told=events(2000))
    pack(folder)
    export(folder, tmp_path / "exported.tar.zst")
    answer = asking(tmp_path).ask(f"/runs/{folder.name}/bundle")
    assert answer.headers["content-disposition"].endswith(f'{folder.name}.tar.zst"')
    (tmp_path / "served.tar.zst").write_bytes(answer.content)
    assert unpacked(tmp_path / "served.tar.zst") == unpacked(tmp_path / "exported.tar.zst")
    with tarfile.open(
        fileobj=io.BytesIO(zstandard.ZstdDecompressor().stream_reader(answer.content).read())
    ) as tar:
        assert f"{folder.name}/run.json" in tar.getnames()


def test_of_what_is_no_run_yet_no_bundle_is_made(tmp_path: Path) -> None:
    run = Store(tmp_path).create("raft", "register")
    run_files.write_manifest(run.path, PLAN, STARTED, state="running")
    text = asking(tmp_path).text(f"/runs/{run.path.name}/bundle", 409)
    assert "once it has ended" in text
    run.close()
    (run.path / "run.json").write_text("{}")
    assert "manifest" in asking(tmp_path).text(f"/runs/{run.path.name}/bundle", 409)


def test_own_pages_are_shown_in_a_cage(tmp_path: Path) -> None:
    folder = stale_read(tmp_path)
    site = asking(tmp_path)
    for name in ("report.html", "explanation.html"):
        around = site.ask(f"/runs/{folder.name}/show/{name}")
        source = around.text.split('src="/frame')[1].split('"')[0]
        below = f"http://127.0.0.1:7420/frame{source.rpartition('/')[0]}/"
        policy = around.headers["content-security-policy"]
        assert f"frame-src {below}report.html {below}explanation.html" in policy
        assert 'sandbox="allow-scripts"' in around.text
        inside = site.ask(f"/frame{source}")
        assert inside.content == (folder / name).read_bytes()
        cage = inside.headers["content-security-policy"]
        assert "sandbox allow-scripts;" in cage and "default-src 'none'" in cage
        scripts = cage.split("script-src ")[1].split(";")[0]
        assert "unsafe" not in scripts and "sha256-" in scripts
    assert site.ask(f"/runs/{folder.name}/show/run.json").status_code == 404
    assert site.ask(f"/frame/{folder.name}/guessed/report.html").status_code == 404
    outside = {"sec-fetch-dest": "document", "sec-fetch-mode": "navigate"}
    assert site.ask(f"/frame{source}", headers=outside).status_code == 404


def test_the_scripts_of_own_pages_are_known_and_others_are_not(tmp_path: Path) -> None:
    folder = stale_read(tmp_path)
    for name in ("report.html", "explanation.html"):
        text = (folder / name).read_text()
        assert list(digests_in(text)) and set(digests_in(text)) <= known_digests()
        for more in ("<script>alert(1)</script>", "<script type=module>1</script>"):
            assert not all_known(text.replace("</main>", f"{more}</main>"))


def test_a_page_with_other_scripts_is_made_anew(tmp_path: Path) -> None:
    folder = stale_read(tmp_path)
    page = (folder / "report.html").read_text()
    hostile = page.replace("<main>", "<main><script>evil()</script>")
    assert hostile != page
    (folder / "report.html").write_text(hostile)
    site = asking(tmp_path)
    mark = site.site.frame(folder.name)
    text = site.text(f"/frame/{folder.name}/{mark}/report.html")
    assert "evil()" not in text and "stale read" in text
    (folder / "report.html").unlink()
    assert "stale read" in site.text(f"/frame/{folder.name}/{mark}/report.html")
    assert not (folder / "report.html").exists()


def test_two_runs_are_told_side_by_side(tmp_path: Path) -> None:
    left = stale_read(tmp_path)
    right = made(tmp_path, plan=replace(PLAN, seed=8, faults=()))
    site = asking(tmp_path)
    text = site.text(f"/compare?run={left.name}&run={right.name[-6:]}")
    differing = text.split("What was asked differently")[1].split("things were the same")[0]
    assert "seed" in differing and ">7<" in differing and ">8<" in differing
    assert "faults" in differing and ">none<" in differing
    for told in ("invalid", "valid", "p99 (ms, of ok)", "all operations", "No fault happened"):
        assert told in text
    same = site.text(f"/compare?run={left.name}&run={left.name}")
    assert "both have the same plan and seed" in same
    for asked in ("", f"?run={left.name}", f"?run=a&run=b&run={left.name}"):
        assert "Two runs are compared" in site.text(f"/compare{asked}", 400)
    assert "no such run" in site.text(f"/compare?run={left.name}&run=zz", 404)


@pytest.mark.parametrize(
    ("left", "right", "change"),
    [
        (2.0, 1.999, ""),
        (2.0, 2.5, "+25 %"),
        (2.0, 1.5, "-25 %"),
        (2.0, 8.0, "4 times as long"),
        (8.0, 2.0, "4 times as quick"),
        (None, 2.0, ""),
    ],
)
def test_a_change_of_latency_is_told_where_there_is_one(left: Any, right: Any, change: str) -> None:
    def told(ms: float | None) -> Any:
        latency = None if ms is None else Namespace(p50_ms=ms, p95_ms=ms, p99_ms=ms)
        return Namespace(counts={"all": Namespace(ok=1, fail=0, info=0, latency=latency)})

    ((_, measures),) = count_measures(told(left), told(right))
    assert {one.change for one in measures} - {""} == {change} - {""}


def test_a_run_that_goes_on_is_followed_to_its_end(tmp_path: Path) -> None:
    run = Store(tmp_path).create("raft", "register")
    name = run.path.name
    run_files.write_manifest(run.path, PLAN, STARTED, state="running")
    header = {"run": name, "system": "raft", "model": "register"}
    journal = Journal(run.path / run_files.JOURNAL, header)
    ledger = Ledger(run.path / run_files.LEDGER, {"pid": 1})
    told = events(40)
    for event in told[:20]:
        journal.append(event)
    journal.flush()
    site = asking(tmp_path)
    text = site.text(f"/runs/{name}")
    assert "going on" in text and 'http-equiv="refresh"' in text and "data-alive" in text
    assert '<span class="count" data-live="operations">10</span>' in text
    for event in told[20:31]:
        journal.append(event)
    journal.flush()
    ledger.announce(partition())
    state = site.ask(f"/runs/{name}/state.json").json()
    assert (state["over"], state["operations"], state["ok"]) == (False, 16, 15)
    assert state["faults"] == 1 and "partition" in state["in_force"][0]
    assert site.ask("/pulse.json").json()["live"][name]["operations"] == 16
    assert "16</span> operations so far" in site.text("/")
    journal.close()
    run.close()
    assert site.ask(f"/runs/{name}/state.json").json() == {"outcome": "cut off", "over": True}
    text = site.text(f"/runs/{name}")
    assert "cut off" in text and "splitbrain check" in text and "http-equiv" not in text


def test_what_is_half_written_or_none_is_passed_over(tmp_path: Path) -> None:
    run = Store(tmp_path).create("raft", "register")
    run_files.write_manifest(run.path, PLAN, STARTED, state="running")
    lines = [json.dumps({"process": 1, "type": "invoke", "time": 5}), "[", "7", '{"process": "x"}']
    lines += [json.dumps({"process": 1, "type": "ok", "time": 10**30}), "[" * 100_000, '{"proc']
    (run.path / "history.jsonl").write_text("\n".join(lines))
    state = asking(tmp_path).ask(f"/runs/{run.path.name}/state.json").json()
    assert (state["operations"], state["ok"], state["seconds"]) == (1, 1, 0.0)
    run.close()


def test_a_harness_that_failed_is_told_with_its_words(tmp_path: Path) -> None:
    run = Store(tmp_path).create("raft", "register")
    error = "TargetError: <b>no engine</b>"
    run_files.write_manifest(run.path, PLAN, STARTED, state="failed", error=error)
    run.close()
    text = asking(tmp_path).text(f"/runs/{run.path.name}")
    assert "harness failed" in text and "&lt;b&gt;no engine" in text


def test_a_drawing_keeps_the_order_of_the_journal_and_marks_what_has_no_place() -> None:
    wide, narrow = drawings(STALE, STALE_READ, (partition(),))
    assert (wide.shape, narrow.shape) == (WIDE, NARROW)
    for one in (wide, narrow):
        starts = [bar.x for bar in one.bars]
        assert starts == sorted(starts) and len(one.bars) == 2
        assert [bar.culprit for bar in one.bars] == [False, True]
        assert one.bars[0].x + one.bars[0].width < one.bars[1].x
        assert all(bar.x >= 0 and bar.x + bar.width <= one.shape.width for bar in one.bars)
        assert one.shades[0].x < one.bars[0].x and one.shades[0].label.startswith("partition")


def test_of_many_operations_some_are_drawn_and_the_culprit_is_one() -> None:
    from report_records import MS, operation

    many = tuple(operation(2 * i, i, "write", value=i, at_ns=i * MS) for i in range(40))
    violation = replace(STALE, operations=tuple(o.call for o in many), culprit=78)
    for one in drawings(violation, many, ()):
        assert len(one.bars) == ROWS_MAX and one.omitted == 40 - ROWS_MAX
        assert [bar.culprit for bar in one.bars][-1] and not one.bars[0].culprit


def test_what_a_kind_of_anomaly_means_is_said_as_the_report_says_it(tmp_path: Path) -> None:
    from splitbrain.report.meanings import meaning

    folder = stale_read(tmp_path)
    told = meaning("stale read")
    assert told in asking(tmp_path).text(f"/runs/{folder.name}")
    assert told in (folder / "report.html").read_text()
