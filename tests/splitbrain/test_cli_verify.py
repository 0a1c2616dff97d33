"""``splitbrain verify``: proofs of both verdicts, from every file that has them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from splitbrain.cli.front import run

VALID = [(0, "invoke", "write", 1), (0, "ok", "write", 1), (1, "invoke", "read", None)]
STALE = [*VALID, (1, "ok", "read", None)]
FRESH = [*VALID, (1, "ok", "read", 1)]


def history(path: Path, events: list[Any]) -> Path:
    lines: list[Any] = [{"format": "splitbrain-history", "version": 1, "model": "cas-register"}]
    lines += [
        {"index": i, "time": i, "process": p, "type": t, "f": f, "key": "x", "value": v}
        for i, (p, t, f, v) in enumerate(events)
    ]
    path.write_text("\n".join(map(json.dumps, lines)) + "\n")
    return path


def proved(tmp_path: Path, capsys: Any, events: list[Any]) -> tuple[Path, Path]:
    """A history, and the certificate that ``check --certificate`` wrote of it."""
    path, certificate = history(tmp_path / "h.jsonl", events), tmp_path / "proof.json"
    run(["check", str(path), "--certificate", str(certificate)])
    capsys.readouterr()
    return path, certificate


@pytest.mark.parametrize(("events", "claim"), [(FRESH, "is linearizable"), (STALE, "is not")])
def test_either_verdict_is_proved(tmp_path: Path, capsys: Any, events: Any, claim: str) -> None:
    path, certificate = proved(tmp_path, capsys, events)
    assert run(["verify", str(certificate), str(path)]) == 0
    told = capsys.readouterr().out
    assert claim in told and "2 operations, 1 key: read in" in told and "verified in" in told


def test_a_certificate_of_another_history_is_rejected(tmp_path: Path, capsys: Any) -> None:
    _, certificate = proved(tmp_path, capsys, FRESH)
    other = history(tmp_path / "other.jsonl", STALE)
    assert run(["verify", str(certificate), str(other), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["proved"], told["verdict"]) == (False, "valid")
    assert "impossible when the state is 1" in told["problem"]


def test_what_check_prints_and_what_a_run_keeps_is_read_too(tmp_path: Path, capsys: Any) -> None:
    path, certificate = proved(tmp_path, capsys, FRESH)
    assert run(["check", "--json", str(path)]) == 0
    printed = tmp_path / "check.json"
    printed.write_text(capsys.readouterr().out)
    kept = tmp_path / "certificate.json"
    kept.write_text(json.dumps({"cas-register": json.loads(certificate.read_text())}))
    for one in (printed, kept):
        assert run(["verify", str(one), str(path)]) == 0


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("", "expected a certificate in JSON"),
        ("[1, 2]", "a certificate is a JSON object, not a list"),
        ('{"format": "splitbrain-linearization", "version": 1}', "version is 1, not 2"),
        ('{"format": "splitbrain-refutation", "version": 1}', "names no model"),
        ("[" * 100_000, "expected a certificate in JSON"),
    ],
)
def test_a_file_that_is_none_is_told(tmp_path: Path, capsys: Any, text: str, phrase: str) -> None:
    path, certificate = history(tmp_path / "h.jsonl", FRESH), tmp_path / "proof.json"
    certificate.write_text(text)
    assert run(["verify", str(certificate), str(path)]) == 2
    assert phrase in capsys.readouterr().err


def test_a_model_that_is_not_ours_has_to_be_named(tmp_path: Path, capsys: Any) -> None:
    path, certificate = proved(tmp_path, capsys, FRESH)
    data = json.loads(certificate.read_text())
    certificate.write_text(json.dumps({**data, "model": "mine"}))
    assert run(["verify", str(certificate), str(path)]) == 2
    assert "--model FILE.py:NAME" in capsys.readouterr().err


def keyed(path: Path, answer: str) -> Path:
    """EDN with a pair for every value: two keys written, and one of them read."""
    story = [("write", "[1 5]", "[1 5]"), ("write", "[2 6]", "[2 6]"), ("read", "[1 nil]", answer)]
    path.write_text(
        "".join(
            f"{{:process 0 :type :{kind} :f :{f} :value {value}}}\n"
            for f, invoked, answered in story
            for kind, value in (("invoke", invoked), ("ok", answered))
        )
    )
    return path


@pytest.mark.parametrize("name", ["h.edn", "h.jsonl"])
@pytest.mark.parametrize(("answer", "verdict"), [("[1 5]", 0), ("[1 6]", 1)])
@pytest.mark.parametrize("option", ["--independent", "--no-independent"])
def test_a_certificate_says_how_keys_were_read(
    tmp_path: Path, capsys: Any, name: str, answer: str, verdict: int, option: str
) -> None:
    """Whatever option decided it, so that ``verify`` needs none."""
    path, certificate = keyed(tmp_path / "a.edn", answer), tmp_path / "proof.json"
    if name != path.name:
        run(["convert", str(path), str(tmp_path / name), "--no-independent"])
        path = tmp_path / name
    asked = ["check", str(path), "--model", "register", option, "--certificate", str(certificate)]
    assert run(asked) == (verdict if option == "--independent" else 1)
    data = json.loads(certificate.read_text())
    assert data["independent"] is (option == "--independent")
    capsys.readouterr()
    assert run(["verify", str(certificate), str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["independent"] is (option == "--independent")
    # One written before certificates said so: by option, or as the file is read by default.
    del data["independent"]
    certificate.write_text(json.dumps(data))
    assert run(["verify", str(certificate), str(path), option]) == 0
    by_default = name == "h.edn"
    assert run(["verify", str(certificate), str(path)]) == int(
        by_default != (option == "--independent")
    )


def test_how_keys_were_read_is_part_of_what_is_proved(tmp_path: Path, capsys: Any) -> None:
    path, certificate = keyed(tmp_path / "h.edn", "[1 5]"), tmp_path / "proof.json"
    run(["check", str(path), "--model", "register", "--certificate", str(certificate)])
    capsys.readouterr()
    assert run(["verify", str(certificate), str(path)]) == 0
    assert "values [k v] as independent keys and their values" in capsys.readouterr().out
    data = json.loads(certificate.read_text())
    certificate.write_text(json.dumps(data | {"independent": "yes"}))
    assert run(["verify", str(certificate), str(path)]) == 2
    assert "'independent' is 'yes', not true or false" in capsys.readouterr().err
