from __future__ import annotations

from pathlib import Path

import pytest

from targets.nodes.command_line import main, parser
from targets.nodes.disk import encode_record
from targets.nodes.raft.__main__ import RAFT
from targets.nodes.raft.options import Options
from targets.systems.raft import Raft

GOOD = ["--id", "n1", "--members", "n1=10.0.0.2,n2=10.0.0.3:7009", "--data", "d"]


def test_members_may_name_their_peer_port() -> None:
    options = parser(RAFT).parse_args(GOOD)
    assert options.members == {"n1": ("10.0.0.2", None), "n2": ("10.0.0.3", 7009)}
    assert (options.client_port, options.peer_port, options.fsync) == (7000, 7001, True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--id", "n9"], "--id n9 is none of the members: n1, n2"),
        (["--members", "n1"], "'n1' is not NAME=ADDRESS"),
        (["--members", "n1=a,n1=b"], "member 'n1' is named twice"),
        (["--option", "reads"], "'reads' is none of this system's options NAME=VALUE: members,"),
        (["--option", "election-ms=800,400"], "'800,400' is not MIN,MAX in milliseconds"),
        (["--option", "heartbeat-ms=400"], "is not shorter than the smallest election time-out"),
        (["--option", "heartbeat-ms=x"], "heartbeat-ms=x: expected milliseconds"),
        (["--option", "sessions=0"], "sessions=0: expected a whole number, at least 1"),
        (["--option", "reads=fast"], "reads=fast: expected index or lease"),
        (["--option", "clock-drift=1"], "clock-drift=1: expected a fraction"),
        (["--option", "members=n1,n1"], "members=n1,n1: expected names, each once"),
        (["--bug", "R99"], "no seeded bug 'R99'. There are: R"),
    ],
)
def test_a_mistake_is_named(
    change: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(RAFT, [*GOOD, *change])
    assert stopped.value.code == 2
    assert message in " ".join(capsys.readouterr().err.split())


def test_a_damaged_log_is_a_sentence_and_not_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "raft.log").write_bytes(encode_record(b"x")[:-1] + b"y")
    (tmp_path / "raft.log.synced").write_bytes(b"9\n")
    assert main(RAFT, [*GOOD[:-1], str(tmp_path)]) == 1
    assert "cannot start:" in (err := capsys.readouterr().err)
    assert "the first 0 of 9 hold intact records" in err


def test_a_log_of_somebody_else_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "raft.log").write_bytes(encode_record(b"hello"))
    assert main(RAFT, [*GOOD[:-1], str(tmp_path)]) == 1
    assert "cannot start:" in capsys.readouterr().err


def test_voters_without_an_address_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(RAFT, [*GOOD[:-1], str(tmp_path), "--option", "members=n1,n7"]) == 1
    assert "members=n1,n7 names n7, of whom no address is given" in capsys.readouterr().err


def test_options_of_a_plan_reach_the_node() -> None:
    launch = Raft().launch("n1", {"n1": "10.0.0.2"}, (), ("sessions=7", "members=n2,n1"))
    assert launch.arguments[-4:] == ("--option", "sessions=7", "--option", "members=n2,n1")
    options = parser(RAFT).parse_args(launch.arguments)
    assert Options.from_texts(options.option) == Options(sessions=7, members=("n1", "n2"))
    with pytest.raises(ValueError, match=r"sessions=-1: expected .*; 'x' is none of"):
        Raft().launch("n1", {"n1": "10.0.0.2"}, (), ("sessions=-1", "x"))
