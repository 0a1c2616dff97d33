"""``splitbrain serve`` before it listens: what is refused, and in which words."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from splitbrain.cli import front
from splitbrain.web import listening


def told(capsys: Any, *arguments: str) -> tuple[int, str]:
    code = front.run(["serve", *arguments])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return code, out + err


def test_a_port_that_is_taken_is_told_in_a_sentence(tmp_path: Path, capsys: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, text = told(capsys, "--port", str(port), "--store", str(tmp_path))
    assert code == 2 and f"{port} of 127.0.0.1 is taken" in text and "0 for any" in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "x"], "seen 'x', expected a whole number"),
        (["--port", "70000"], "expected 0 to 65,535"),
        (["--bind", "no.such.name.invalid"], "is no address of a machine"),
        (["--bind", "192.0.2.1", "--port", "0"], "is no address of this machine"),
        (["--bind", ""], "--bind"),
        (["--bind", "a\x1b[31m\x00b"], "--bind"),
        (["--token", "--open", "--port", "0"], "open it by hand"),
    ],
)
def test_what_cannot_be_listened_at_is_told(
    tmp_path: Path, capsys: Any, arguments: list[str], said: str
) -> None:
    code, text = told(capsys, *arguments, "--store", str(tmp_path))
    assert code == 2 and said in text and "\x1b" not in text


def test_a_store_that_is_a_file_is_told(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "file").write_text("")
    code, text = told(capsys, "--store", str(tmp_path / "file"))
    assert code == 2 and "is no folder" in text


def test_without_a_port_the_usual_one_or_any(monkeypatch: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(listening, "PORT", taken.getsockname()[1])
        place = listening.listen("127.0.0.1", None)
        with place.socket:
            assert place.port not in (0, listening.PORT) and not place.public
            assert place.url == f"http://127.0.0.1:{place.port}/"


def test_beyond_this_machine_is_public() -> None:
    place = listening.listen("0.0.0.0", 0)
    with place.socket:
        assert place.public and socket.gethostname().lower() in place.names


def test_serve_is_loaded_when_it_is_asked_for() -> None:
    import subprocess
    import sys

    code = (
        "import sys, splitbrain.cli.front as f; f.run(['serve', '--help']); f.run(['runs']);"
        "print([m for m in ('starlette', 'uvicorn', 'jinja2') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip().endswith("[]")
