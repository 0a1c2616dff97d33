"""Bundles that mean ill: refused whole, in a sentence, with nothing written anywhere."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import zstandard
from bundle_forging import Members, bundled, changed, nothing_is_in, packed, taken, unpacked

from splitbrain.archive import importing
from splitbrain.cli import front


def link(kind: bytes, name: str, target: str = "") -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member, b""


NAMES = [
    "/etc/passwd",
    "../escaped",
    "RUN/../../escaped",
    "RUN/logs/../../../escaped.log",
    "RUN//run.json",
    "./RUN/run.json",
    "RUN/lock",
    "RUN/nodes/n1",
    "RUN/x.py",
    "RUN/logs/x.py",
    "RUN/logs/.hidden.log",
    "RUN/logs/deep/n1.log",
    "RUN/run.json/x",
    "RUN/.run.json.0badc0de",
    "latest/run.json",
    "latest",
    "RUN\\..\\x",
    "RUN/\x1b[31mred.log",
    "RUN/a\udcff.log",
    "\u202e/run.json",
    "index.sqlite",
    "RUN",
    "another/run.json",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_no_run_has_is_refused_and_nothing_is_written(
    tmp_path: Path, capsys: Any, name: str
) -> None:
    run, bundle = bundled(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    members = unpacked(bundle) | {name.replace("RUN", run): b"owned"}
    code, text = taken(packed(tmp_path / "bad", members), tmp_path / "to", capsys)
    assert code == 2 and "is no bundle that can be taken" in text
    assert nothing_is_in(tmp_path / "to")
    assert [p for p in sorted(tmp_path.rglob("*")) if p not in before] == [
        tmp_path / "bad", tmp_path / "to", tmp_path / "to" / "runs",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (tarfile.SYMTYPE, "is a link"),
        (tarfile.LNKTYPE, "is a hard link"),
        (tarfile.CHRTYPE, "is a device"),
        (tarfile.BLKTYPE, "is a device"),
        (tarfile.FIFOTYPE, "is a pipe"),
        (tarfile.GNUTYPE_SPARSE, "is a file with holes"),
        (tarfile.XHDTYPE, "is an extended header"),
        (tarfile.XGLTYPE, "is an extended header"),
        (tarfile.GNUTYPE_LONGNAME, "is a name too long"),
        (b"Z", "is of an unknown kind"),
    ],
)
def test_what_is_no_plain_file_is_refused(
    tmp_path: Path, capsys: Any, kind: bytes, told: str
) -> None:
    run, bundle = bundled(tmp_path)
    bad = packed(
        tmp_path / "bad", unpacked(bundle), link(kind, f"{run}/logs/n9.log", "/etc/passwd")
    )
    code, text = taken(bad, tmp_path / "to", capsys)
    assert code == 2 and told in text, text
    assert nothing_is_in(tmp_path / "to")


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path, capsys: Any) -> None:
    run, bundle = bundled(tmp_path)
    members = unpacked(bundle)
    del members[f"{run}/run.json"]
    members |= {"/abs": b"", f"{run}/x.py": b"", f"{run}/history.jsonl": b""}
    twice = tarfile.TarInfo(f"{run}/verdict.json")
    code, text = taken(packed(tmp_path / "bad", members, (twice, b"{}")), tmp_path / "to", capsys)
    assert code == 2
    for problem in (
        "'/abs' is not below a folder that is called like a run",
        f"'{run}/x.py' is no file of a run",
        f"'{run}/verdict.json' is there twice",
        "it holds the journal twice, packed and not",
        "it holds no run.json",
    ):
        assert problem in text, problem


def claiming(size: int) -> Callable[[Path, str, Members], Path]:
    def make(path: Path, run: str, members: Members) -> Path:
        header = tarfile.TarInfo(f"{run}/logs/n9.log")
        header.size = size
        path.write_bytes(zstandard.ZstdCompressor().compress(header.tobuf(tarfile.GNU_FORMAT)))
        return path

    return make


def bomb(path: Path, run: str, members: Members) -> Path:
    members = {f"{run}/logs/n9.log": b"\0" * (9 << 20)} | members
    return packed(path, members)


def packed_bomb(path: Path, run: str, members: Members) -> Path:
    body = zstandard.ZstdCompressor().compress(b"\0" * (9 << 20))
    return packed(path, members | {f"{run}/history.jsonl.zst": body})


def many(path: Path, run: str, members: Members) -> Path:
    return packed(path, members | {f"{run}/logs/n{n}.log": b"" for n in range(60)})


def wide_window(path: Path, run: str, members: Members) -> Path:
    parameters = zstandard.ZstdCompressionParameters(window_log=28, enable_ldm=True)
    out = io.BytesIO()
    writer = zstandard.ZstdCompressor(compression_params=parameters).stream_writer(
        out, closefd=False
    )
    with writer:
        writer.write(packed_tar(members))
    path.write_bytes(out.getvalue())
    return path


def packed_tar(members: Members) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return out.getvalue()


def big_ledger(path: Path, run: str, members: Members) -> Path:
    return packed(path, members | {f"{run}/tags.json": os.urandom(1 << 20) + b" "})


def cut(path: Path, run: str, members: Members) -> Path:
    whole = packed(path, members).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return path


def damaged(path: Path, run: str, members: Members) -> Path:
    whole = bytearray(packed(path, members).read_bytes())
    whole[len(whole) // 3] ^= 0xFF
    path.write_bytes(whole)
    return path


def no_tar(path: Path, run: str, members: Members) -> Path:
    path.write_bytes(zstandard.ZstdCompressor().compress(b"hello " * 1000))
    return path


def no_zstd(path: Path, run: str, members: Members) -> Path:
    path.write_bytes(packed_tar(members))
    return path


def empty(path: Path, run: str, members: Members) -> Path:
    path.write_bytes(b"")
    return path


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (claiming(1 << 40), "1,099,511,627,776 bytes; 4,294,967,296 may be"),
        (claiming(1 << 20), "it ends after"),
        (bomb, "bytes unpack to more than 8,388,608, as no run does"),
        (packed_bomb, "history.jsonl.zst unpacks to more than 8,388,608 bytes"),
        (many, "more than 50 members"),
        (big_ledger, "1,048,577 bytes; 1,048,576 may be"),
        (cut, "it ends after"),
        (damaged, "is no bundle that can be taken"),
        (no_tar, "member 1 has no header of a tar"),
        (no_zstd, "is damaged as a packed file"),
        (empty, "it ends after 0 bytes"),
    ],
)
def test_what_is_too_much_or_damaged_is_refused(
    tmp_path: Path,
    capsys: Any,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[Path, str, Members], Path],
    told: str,
) -> None:
    # The same limits, but so that nobody has to make gigabytes.
    small = replace(importing.LIMITS, members=50, free_bytes=8 << 20)
    monkeypatch.setattr(importing, "LIMITS", small)
    run, bundle = bundled(tmp_path)
    code, text = taken(make(tmp_path / "bad", run, unpacked(bundle)), tmp_path / "to", capsys)
    assert code == 2 and told in text, text
    assert nothing_is_in(tmp_path / "to")


def test_the_limits_are_those_that_import_tells(capsys: Any) -> None:
    gb = 1 << 30
    assert importing.Limits(500, 4 * gb, 8 * gb, gb // 4, 200) == importing.LIMITS
    front.run(["import", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert "(500 files, 4 GB each, 8 GB in all, 200 times the size of FILE)" in told


def test_a_window_that_asks_for_our_memory_is_refused(tmp_path: Path, capsys: Any) -> None:
    run, bundle = bundled(tmp_path)
    bad = wide_window(tmp_path / "bad", run, unpacked(bundle))
    code, text = taken(bad, tmp_path / "to", capsys)
    assert code == 2 and "is damaged as a packed file" in text and "memory" in text


@pytest.mark.parametrize(
    ("file", "change", "told"),
    [
        ("run.json", {"run": "20260101T000000Z-x-y-0"}, "its manifest tells of"),
        ("run.json", {"version": 99}, "expected a splitbrain-run manifest"),
        ("run.json", {"plan": {"system": "\x1b[31m"}}, "lacks ['host', 'workload']"),
        ("run.json", {"plan": 7}, "expected an object"),
        ("verdict.json", {"verdict": "splendid"}, "expected one of valid, invalid"),
        ("verdict.json", {"results": [[]]}, "expected an object"),
        ("verdict.json", {"died": "n1"}, "expected a list"),
    ],
)
def test_what_cannot_be_told_is_not_taken(
    tmp_path: Path, capsys: Any, file: str, change: dict[str, Any], told: str
) -> None:
    run, bundle = bundled(tmp_path)
    members = changed(run, unpacked(bundle), file, **change)
    code, text = taken(packed(tmp_path / "bad", members), tmp_path / "to", capsys)
    assert code == 2 and told in text, text
    assert ".import-" not in text
    assert nothing_is_in(tmp_path / "to")


@pytest.mark.parametrize("file", ["faults.jsonl", "verdict.json", "history.jsonl.zst"])
def test_a_file_that_was_changed_on_the_way_is_noticed(
    tmp_path: Path, capsys: Any, file: str
) -> None:
    run, bundle = bundled(tmp_path)
    members = unpacked(bundle)
    data = members[f"{run}/{file}"]
    more = zstandard.ZstdCompressor().compress(b"\n") if file.endswith("zst") else b"\n"
    members[f"{run}/{file}"] = data + more
    code, text = taken(packed(tmp_path / "bad", members), tmp_path / "to", capsys)
    assert code == 2 and f"{file} is not what it was when the run ended" in text
