"""Bundles made by hand, member by member, for the tests of who takes them in."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import zstandard
from kept_runs import PLAN, events, made

from checker.verdict import Verdict
from splitbrain.archive.bundle import export
from splitbrain.archive.packing import pack
from splitbrain.cli import front
from splitbrain.plan import Plan

Members = dict[str, bytes]


def bundled(store: Path, plan: Plan = PLAN, verdict: Verdict = Verdict.VALID) -> tuple[str, Path]:
    """A run, packed and exported; its name and the bundle."""
    folder = made(store / "from", verdict, plan=plan, told=events(200))
    pack(folder)
    bundle = store / "bundle.tar.zst"
    export(folder, bundle)
    return folder.name, bundle


def unpacked(bundle: Path) -> Members:
    data = zstandard.ZstdDecompressor().stream_reader(bundle.read_bytes()).read()
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]


def packed(path: Path, members: Members, *more: tuple[tarfile.TarInfo, bytes]) -> Path:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
        for member, data in more:
            member.size = len(data) if data else member.size
            tar.addfile(member, io.BytesIO(data) if data else None)
    path.write_bytes(zstandard.ZstdCompressor().compress(out.getvalue()))
    return path


def taken(bundle: Path, store: Path, capsys: Any) -> tuple[int, str]:
    capsys.readouterr()
    code = front.run(["import", str(bundle), "--store", str(store)])
    out, err = capsys.readouterr()
    assert "Traceback" not in err and "bug of splitbrain" not in err, err
    assert "\x1b" not in out + err
    return code, out + err


def nothing_is_in(store: Path) -> bool:
    return not (store / "runs").exists() or [*(store / "runs").iterdir()] == []


def changed(run: str, members: Members, file: str, /, **change: Any) -> Members:
    data = json.loads(members[f"{run}/{file}"])
    manifest = json.loads(members[f"{run}/run.json"])
    if file != "run.json":
        manifest["sha256"].pop(file, None)
    told = {f"{run}/run.json": json.dumps(manifest).encode()}
    return members | told | {f"{run}/{file}": json.dumps(data | change).encode()}
