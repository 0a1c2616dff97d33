"""Whatever stands in the files of a run: it is shown as text, or refused in a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from kept_runs import events, made

from checker.verdict import Verdict
from histories.event import Event, EventType
from splitbrain.cli import front

HOSTILE = {
    "markup": "<script>alert(1)</script>",
    "path": "../../../etc/passwd",
    "escape": "\x1b]0;owned\x07\x1b[31mred\x1b[0m",
    "nul": "a\x00b",
    "surrogate": "a\ud800b",
    "bidi": "\u202egnp.exe",
    "lines": "one\ntwo\r\nthree",
    "long": "x" * 10_000_000,
}
NEVER = ("\x1b", "\x00", "\x07", "\ud800", "\u202e", "\r")


def seen_of(capsys: Any, *arguments: str) -> tuple[int, str]:
    code = front.run([*arguments])
    out, err = capsys.readouterr()
    text = out + err
    assert not [character for character in NEVER if character in text]
    assert "Traceback" not in text and "bug of splitbrain" not in text, text[-500:]
    return code, text


@pytest.mark.parametrize("name", HOSTILE)
def test_in_manifest_tags_and_verdict_it_is_text(tmp_path: Path, capsys: Any, name: str) -> None:
    value = HOSTILE[name]
    folder = made(tmp_path, Verdict.INVALID)
    manifest = json.loads((folder / "run.json").read_text())
    for member in ("system", "workload", "host"):
        manifest["plan"][member] = value
    manifest["plan"]["bugs"] = [value]
    manifest |= {"start": value, "state": value, "imported": {"from": value}}
    (folder / "run.json").write_text(json.dumps(manifest))
    tags = {"format": "splitbrain-tags", "version": 1, "tags": [value, 7, None]}
    (folder / "tags.json").write_text(json.dumps(tags))
    for asked in (("runs",), ("runs", "--json")):
        code, text = seen_of(capsys, *asked, "--store", str(tmp_path))
        assert code == 0 and folder.name in text and len(text) < 5_000
    assert "one\ntwo" not in text


@pytest.mark.parametrize("name", ["<script>x", "\x1b[31mred", "\u202efdp", "a\udcff", "one\rtwo"])
def test_as_the_name_of_a_folder_it_is_text(tmp_path: Path, capsys: Any, name: str) -> None:
    made(tmp_path).rename(tmp_path / "runs" / name)
    for asked in ("runs", "show", "prune"):
        more = ("--older-than", "1d", "--dry-run") if asked == "prune" else ()
        code, _ = seen_of(capsys, asked, *more, "--store", str(tmp_path))
        assert code == 0


@pytest.mark.parametrize("name", HOSTILE)
def test_in_a_finding_it_is_text(tmp_path: Path, capsys: Any, name: str) -> None:
    value = HOSTILE[name]
    found = {"kind": value, "sentence": value, "key": value, "details": {value[:50]: value}}
    folder = made(tmp_path, Verdict.INVALID, violation=found)
    code, text = seen_of(capsys, "show", "latest", "--store", str(tmp_path))
    assert code == 1 and "INVALID" in text
    page = (folder / "report.html").read_text()
    assert "<script>alert" not in page
    code, text = seen_of(capsys, "show", "--json", "--store", str(tmp_path))
    assert json.loads(text)["results"][0]["violations"][0]["sentence"] == value


@pytest.mark.parametrize("name", HOSTILE)
def test_in_a_history_it_is_text(tmp_path: Path, capsys: Any, name: str) -> None:
    value = HOSTILE[name]
    # As key, as value and as node; the long one once, for the sake of whoever waits.
    key = node = "k" if name == "long" else value
    told = [
        Event(0, 0, 0, EventType.INVOKE, "write", key, value, node),
        Event(1, 1, 0, EventType.OK, "write", key, None, node),
        Event(2, 2, 1, EventType.INVOKE, "read", key, None, node),
        Event(3, 3, 1, EventType.OK, "read", key, "another", node),
    ]
    folder = made(tmp_path, Verdict.INVALID, told=told)
    code, text = seen_of(capsys, "show", "latest", "--store", str(tmp_path))
    if name == "surrogate":  # which is no text, and no reader takes it
        assert code == 2 and "half of a surrogate pair" in text
        return
    assert code == 1
    assert "<script>alert" not in (folder / "report.html").read_text()
    code, text = seen_of(capsys, "check", str(folder))
    assert code == 1, text[:300]


WRONG: dict[str, Any] = {
    "no object": [],
    "a number": 7,
    "deep": "[" * 200_000,
    "no JSON": "{",
    "null": None,
    "huge number": int("9" * 4000),
}


@pytest.mark.parametrize("file", ["run.json", "verdict.json", "tags.json"])
@pytest.mark.parametrize("name", WRONG)
def test_files_of_another_kind_are_told_of(
    tmp_path: Path, capsys: Any, file: str, name: str
) -> None:
    folder = made(tmp_path)
    wrong = WRONG[name]
    (folder / file).write_text(wrong if isinstance(wrong, str) else json.dumps(wrong))
    code, text = seen_of(capsys, "runs", "--store", str(tmp_path))
    assert code == 0 and folder.name in text
    code, text = seen_of(capsys, "show", "--store", str(tmp_path))
    assert code == (0 if file == "tags.json" else 2), text
    if file != "tags.json":
        assert f"{file}: expected a " in text


@pytest.mark.parametrize("value", ["x", -1, 10**400, None, [], {}, True, [[1]], {"a": {}}])
def test_members_of_another_kind_are_told_of(tmp_path: Path, capsys: Any, value: Any) -> None:
    folder = made(tmp_path, Verdict.INVALID)
    for file in ("run.json", "verdict.json"):
        whole = json.loads((folder / file).read_text())
        for within in (whole, whole["plan"] if file == "run.json" else whole["results"][0]):
            for member in list(within):
                kept = within[member]
                within[member] = value
                (folder / file).write_text(json.dumps(whole))
                for asked in ("runs", "show"):
                    code, text = seen_of(capsys, asked, "--store", str(tmp_path))
                    assert code in (0, 1, 2, 3), (file, member, text)
                within[member] = kept
        (folder / file).write_text(json.dumps(whole))


def test_a_ledger_of_another_kind_is_told_of(tmp_path: Path, capsys: Any) -> None:
    folder = made(tmp_path)
    symbolic = {
        "id": 1, "kind": "\x1b[2J", "target": 7, "at_ns": "soon", "until_ns": None, "draw": []
    }  # fmt: skip
    for record in (
        b"\xff\xfe",
        json.dumps({"act": "inject", "symbolic": symbolic, "resolved": [], "time": {}}).encode(),
    ):
        (folder / "faults.jsonl").write_bytes(record + b'\n{"act":"close"}\n')
        code, _ = seen_of(capsys, "show", "--store", str(tmp_path))
        assert code in (0, 2)


def test_a_damaged_journal_is_told_of(tmp_path: Path, capsys: Any) -> None:
    from splitbrain.archive.packing import pack

    folder = made(tmp_path, told=events(2000))
    pack(folder)
    packed = bytearray((folder / "history.jsonl.zst").read_bytes())
    packed[len(packed) // 2] ^= 0xFF
    (folder / "history.jsonl.zst").write_bytes(packed)
    code, text = seen_of(capsys, "show", "--store", str(tmp_path))
    assert code == 2 and "is damaged" in text
