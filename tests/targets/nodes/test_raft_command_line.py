from __future__ import annotations

from pathlib import Path

import pytest

from targets.nodes.disk import encode_record
from targets.nodes.raft.__main__ import main, parser

GOOD = ["--id", "n1", "--members", "n1=10.0.0.2,n2=10.0.0.3:7009", "--data", "d"]


def test_members_may_name_their_peer_port() -> None:
    options = parser().parse_args(GOOD)
    assert options.members == {"n1": ("10.0.0.2", None), "n2": ("10.0.0.3", 7009)}
    assert (options.client_port, options.peer_port, options.fsync) == (7000, 7001, True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--id", "n9"], "--id n9 is none of the members: n1, n2"),
        (["--members", "n1"], "'n1' is not NAME=ADDRESS"),
        (["--members", "n1=a,n1=b"], "member 'n1' is named twice"),
        (["--election-ms", "800,400"], "'800,400' is not MIN,MAX in milliseconds"),
        (["--heartbeat-ms", "400"], "must be shorter than the smallest election time-out"),
        (["--bug", "R99"], "no seeded bug 'R99'. There are: R4 raft.stale-leader-read"),
    ],
)
def test_a_mistake_is_named(
    change: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([*GOOD, *change])
    assert stopped.value.code == 2
    assert message in " ".join(capsys.readouterr().err.split())


def test_a_damaged_log_is_a_sentence_and_not_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "raft.log").write_bytes(encode_record(b"x")[:-1] + b"y")
    (tmp_path / "raft.log.synced").write_bytes(b"9\n")
    assert main([*GOOD[:-1], str(tmp_path)]) == 1
    assert "cannot start:" in (err := capsys.readouterr().err)
    assert "the first 0 of 9 hold intact records" in err


def test_a_log_of_somebody_else_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "raft.log").write_bytes(encode_record(b"hello"))
    assert main([*GOOD[:-1], str(tmp_path)]) == 1
    assert "cannot start:" in capsys.readouterr().err
