"""``splitbrain check -``: a pipe is followed, and a violation told while it goes on."""

import array
import fcntl
import io
import json
import os
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
import zstandard

from histories.errors import HistoryError
from histories.event import Event, EventType
from histories.journal import line
from splitbrain.cli import front
from splitbrain.cli.commands.following import Pipe, follow

GOLDEN = Path(__file__).parents[1] / "golden"


def journal(*story, model="register"):
    """Lines of a journal: a header, then (process, type, f, value) each."""
    header = {"format": "splitbrain-history", "version": 1, "model": model}
    told = [json.dumps(header) + "\n"] if model else []
    for index, (process, kind, f, value) in enumerate(story):
        told.append(line(Event(index, index * 10**6, process, EventType(kind), f, "x", value)))
    return "".join(told).encode()


GOOD = journal(
    (0, "invoke", "write", 1),
    (0, "ok", "write", 1),
    (1, "invoke", "read", None),
    (1, "ok", "read", 1),
)
STALE = (
    GOOD
    + line(Event(4, 5 * 10**6, 2, EventType.INVOKE, "read", "x", None)).encode()
    + line(Event(5, 6 * 10**6, 2, EventType.OK, "read", "x", None)).encode()
)


@pytest.mark.parametrize("model", ["bank", "unique-ids"])
def test_what_only_a_whole_history_tells_is_asked_for_as_a_file(model):
    with pytest.raises(HistoryError, match="judges a history as a whole") as told:
        follow(io.BytesIO(journal((0, "invoke", "read", None), model=model)))
    assert "bank" not in str(told.value).splitlines()[-1]


def started(*arguments):
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "splitbrain", "check", "-", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"COLUMNS": "100"},
    )


def test_every_golden_history_through_a_pipe_gets_the_verdict_of_its_folder(capsys):
    for path in sorted(GOLDEN.glob("*/*/*.jsonl")):
        code = follow(io.BytesIO(path.read_bytes()))
        told = capsys.readouterr().out
        assert code == {"valid": 0, "invalid": 1}[path.parent.name], path
        assert told.startswith(f"-: {path.parent.name}  (")


def test_a_violation_is_told_while_the_pipe_stays_open():
    process = started()
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(GOOD)
    process.stdin.flush()
    time.sleep(1.5)
    assert process.poll() is None
    process.stdin.write(STALE[len(GOOD) :])
    process.stdin.flush()
    assert process.stderr is not None
    said = process.stderr.readline().decode()
    assert process.wait(timeout=10) == 1
    assert "process 2's read of nil" in said
    assert b"-: invalid" in process.stdout.read()
    process.stdin.close()
    process.stdout.close()
    process.stderr.close()


def test_as_json_it_is_one_document_as_for_a_file(capsys):
    assert follow(io.BytesIO(STALE), as_json=True) == 1
    (document,) = json.loads(capsys.readouterr().out)
    assert document["file"] == "-"
    assert document["verdict"] == "invalid"
    assert "process 2 read nil" in document["reason"]
    assert set(document) == {
        *("file", "verdict", "reason", "model", "operations", "keys", "algorithm"),
        *("search_seconds", "total_seconds", "peak_mb", "certificate"),
    }


def wait_until_idle(process: subprocess.Popen[bytes]) -> None:
    """Until it has read all there is, and has slept for a second since, using no processor."""
    unread = array.array("i", [1])
    calm, before = 0, ""
    for _ in range(300):
        time.sleep(0.1)
        fcntl.ioctl(process.stdin, termios.FIONREAD, unread)
        told = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        state, used = told[0], " ".join(told[11:13])
        calm = calm + 1 if unread[0] == 0 and state == "S" and used == before else 0
        before = used
        if calm == 10:
            return
    raise AssertionError("it never waits for more")


def test_ctrl_c_judges_what_came_until_then():
    process = started("--json")
    assert process.stdin is not None
    process.stdin.write(GOOD)
    process.stdin.flush()
    wait_until_idle(process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    (document,) = json.loads(out)
    assert (document["verdict"], document["operations"]) == ("valid", 2)
    assert document["interrupted"]


def test_without_a_header_the_model_must_be_named(capsys):
    headless = GOOD.split(b"\n", 1)[1]
    with pytest.raises(HistoryError, match="no model is named"):
        follow(io.BytesIO(headless))
    assert follow(io.BytesIO(headless), model="register") == 0


def test_nothing_at_all_is_vacuous(capsys):
    assert follow(io.BytesIO(b""), model="register") == 3


@pytest.mark.parametrize(
    ("last", "seen"),
    [
        (b"{nonsense}\n", "-:6"),
        (line(Event(4, 0, 1, EventType.OK, "read", "x", 1)).encode(), "-:6"),
        (line(Event(4, 0, 1, EventType.INVOKE, "pop", "x", 1)).encode(), "-:6"),
    ],
)
def test_what_is_no_history_is_refused_with_its_line(last, seen, capsys):
    with pytest.raises(HistoryError) as caught:
        follow(io.BytesIO(GOOD + last))
    assert caught.value.problems[0].where == seen


def test_a_cut_last_line_is_a_note(capsys):
    assert follow(io.BytesIO(GOOD + b'{"index": 4, "ti')) == 0
    assert "cut off" in capsys.readouterr().err


def test_progress_says_how_far_it_is(capsys, monkeypatch):
    from splitbrain.cli.commands import following

    monkeypatch.setattr(following, "PLAIN_S", 0.0)
    monkeypatch.setattr(following, "PROBE_S", 0.0)
    story = [(0, kind, "write", number) for number in range(400) for kind in ("invoke", "ok")]
    follow(io.BytesIO(journal(*story)))
    assert "events, " in (told := capsys.readouterr().err)
    assert "0 open" in told and "no violation so far" in told


def test_a_pipe_gives_lines_as_they_come_and_what_is_left_at_the_end():
    pipe = Pipe(io.BytesIO(b"one\ntwo\n\nlast"), lambda: None)
    assert [pipe.readline() for _ in range(6)] == [b"one\n", b"two\n", b"\n", b"last", b"", b""]
    pipe = Pipe(io.BytesIO(b"abcdef\ngh"), lambda: None)
    assert [pipe.readline(4), pipe.readline(4), pipe.read(10), pipe.read(1)] == [
        *(b"abcd", b"ef\n", b"gh", b""),
    ]


def test_a_pipe_that_is_silent_calls_for_a_look():
    reading, writing = os.pipe()
    looks = []

    def look():
        looks.append(1)
        os.write(writing, b"line\n")

    with os.fdopen(reading, "rb", buffering=0) as stream:
        assert Pipe(stream, look).readline() == b"line\n"
    os.close(writing)
    assert looks == [1]


def edn(*story):
    """EDN of (process, type, f, value) each, the value as EDN."""
    return "".join(
        f"{{:process {process} :type :{kind} :f :{f} :value {value}}}\n"
        for process, kind, f, value in story
    ).encode()


def both(process, f, value, answer=None):
    return (process, "invoke", f, value), (process, "ok", f, answer or value)


TWO_KEYS = (*both(0, "write", "[1 5]"), *both(1, "write", "[2 6]"))
KEYED = edn(*TWO_KEYS, *both(1, "read", "[1 nil]", "[1 5]"))
VECTORS = edn(*TWO_KEYS, *both(1, "read", "nil", "[2 6]"))


def test_independent_keys_are_told_apart_when_asked_for(capsys):
    assert follow(io.BytesIO(KEYED), model="register", independent=True) == 0
    assert "2 keys" in capsys.readouterr().out
    assert follow(io.BytesIO(KEYED), model="register", independent=False) == 1


def test_pairs_that_may_be_independent_keys_accuse_nobody():
    with pytest.raises(HistoryError, match="--independent or --no-independent") as caught:
        follow(io.BytesIO(KEYED), model="register")
    assert caught.value.problems[0].where == "-:5"
    # As plain values the second would be impossible; as keys and values both are fine.
    swaps = edn(*both(0, "cas", "[1 [nil 5]]"), *both(0, "cas", "[2 [nil 6]]"))
    with pytest.raises(HistoryError, match="--independent or --no-independent"):
        follow(io.BytesIO(swaps + edn(*both(1, "read", "[1 nil]", "[1 5]"))), model="cas-register")
    many = edn(*(one for n in range(600) for one in both(0, "write", f"[{n} 1]")))
    with pytest.raises(HistoryError, match="--independent or --no-independent"):
        follow(io.BytesIO(many), model="register")


def test_pairs_that_cannot_be_independent_keys_are_values(capsys):
    """What was held back until that was clear is judged with the rest, each with its line."""
    assert follow(io.BytesIO(VECTORS), model="register") == 0
    assert "3 operations" in capsys.readouterr().out
    only_writes = edn(*TWO_KEYS)
    assert follow(io.BytesIO(only_writes), model="register") == 0, "as for a file from elsewhere"
    told = capsys.readouterr().out
    assert "2 operations" in told and "no read ever saw a write" in told
    bad = edn(*both(0, "write", "[1 5]"), *both(0, "pop", "[2 6]"), *both(1, "read", "nil", "1"))
    with pytest.raises(HistoryError) as caught:
        follow(io.BytesIO(bad), model="register")
    assert caught.value.problems[0].where == "-:3"


def test_the_pairs_of_a_journal_are_values_unless_asked(capsys):
    story = (
        *((0, kind, "write", [1, 5]) for kind in ("invoke", "ok")),
        *((0, kind, "write", [2, 6]) for kind in ("invoke", "ok")),
        (1, "invoke", "read", [1, None]),
        (1, "ok", "read", [1, 5]),
    )
    unkeyed = journal(*story).replace(b'"key":"x",', b"").replace(b'"key": "x", ', b"")
    assert b"key" not in unkeyed
    assert follow(io.BytesIO(unkeyed)) == 1
    assert follow(io.BytesIO(unkeyed), independent=True) == 0


@pytest.mark.parametrize("option", ["--time-limit=5s", "--memory-limit=1GB", "--jobs=2"])
def test_options_that_do_not_apply_to_a_pipe_are_refused(option, capsys):
    assert front.run(["check", "-", "--model", "register", option]) == 2
    assert f"{option.partition('=')[0]}: does not apply to a pipe" in capsys.readouterr().err


def test_a_closed_standard_input_is_told():
    command = [sys.executable, "-P", "-m", "splitbrain", "check", "-", "--model", "register"]
    ended = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", *command], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "-: standard input is closed" in ended.stderr and "Try:" in ended.stderr


def test_what_cannot_be_judged_is_told_with_what_is_odd_about_it(capsys):
    packed = zstandard.ZstdCompressor().compress(GOOD)
    with pytest.raises(HistoryError, match="no model is named"):
        follow(io.BytesIO(packed[:-30]))
    assert "note: -: the packed file is cut off after" in capsys.readouterr().err
