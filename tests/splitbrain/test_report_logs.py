"""The nodes' logs as one: by time, bounded, and whatever their bytes are."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from splitbrain.report import logs as limits
from splitbrain.report.logs import Logs, read_logs
from splitbrain.report.logs_section import logs_section

START = datetime(2026, 3, 14, 9, 26, 53, 500_000, UTC)


def logs_of(folder: Path, start: datetime | None = START, **logs: str | bytes) -> Logs:
    (folder / "logs").mkdir(exist_ok=True)
    for node, text in logs.items():
        data = text if isinstance(text, bytes) else text.encode()
        (folder / "logs" / f"{node}.log").write_bytes(data)
    return read_logs(folder, start)


def told(logs: Logs) -> list[tuple[float | None, str, str]]:
    return [(line.at_s, line.node, line.text) for line in logs.lines]


def test_lines_of_all_nodes_are_merged_by_time(tmp_path: Path) -> None:
    logs = logs_of(
        tmp_path,
        n1="2026-03-14T09:26:54.000Z n1 term 1: follows n2\n2026-03-14T09:26:56Z n1 end\n",
        n2="2026-03-14T09:26:53.250Z n2 started\n2026-03-14T09:26:55.500Z n2 leads\n",
    )
    assert told(logs) == [
        (-0.25, "n2", "started"),
        (0.5, "n1", "term 1: follows n2"),
        (2.0, "n2", "leads"),
        (2.5, "n1", "end"),
    ]
    assert logs.nodes == ("n1", "n2") and logs.left_out == logs.unread == 0


def test_times_of_others_are_found_in_their_lines(tmp_path: Path) -> None:
    line = '{"level":"info","ts":"2026-03-14T10:26:54.500123+0100","msg":"up"}'
    ((at_s, _, text),) = told(logs_of(tmp_path, n1=line))
    assert at_s == 1.000123 and text == line


def test_a_log_that_names_no_zone_is_of_the_run_all_the_same(tmp_path: Path) -> None:
    text = "2026-03-14 14:56:54,500 [myid:1] - INFO up\njava.lang.Exception\n\tat x\n"
    lines = told(logs_of(tmp_path, n1=text))
    assert [at_s for at_s, _, _ in lines] == [1.0, 1.0, 1.0]
    assert lines[1][2] == "java.lang.Exception"


def test_without_the_time_of_zero_lines_have_no_time_and_keep_their_order(tmp_path: Path) -> None:
    logs = logs_of(tmp_path, start=None, n1="2026-03-14T09:26:54Z n1 a\nb\n", n2="c\n")
    assert [(at_s, text) for at_s, _, text in told(logs)] == [(None, "a"), (None, "b"), (None, "c")]
    assert "Nothing tells when" in logs_section(logs)


def test_an_impossible_time_is_no_time(tmp_path: Path) -> None:
    logs = logs_of(tmp_path, n1="2026-99-99T99:99:99Z a\n0001-01-01T00:00:00+14:00 b\n")
    assert told(logs)[0][0] is None


def test_of_many_lines_those_are_kept_that_are_nearest_to_what_matters(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    lines = [f"2026-03-14T09:{27 + i // 60}:{i % 60:02d}Z n1 {i} {'x' * 300}" for i in range(1800)]
    (tmp_path / "logs" / "n1.log").write_text("\n".join(lines))
    logs = read_logs(tmp_path, START, [900.0])
    assert logs.left_out == 1800 - len(logs.lines) > 0
    assert sum(len(line.text) for line in logs.lines) <= limits.CHARACTERS_MAX
    times = [line.at_s for line in logs.lines if line.at_s is not None]
    assert times == sorted(times) and abs(sum(times) / len(times) - 900) < 2
    assert f"{logs.left_out:,} lines are left out" in logs_section(logs)


def test_of_a_huge_log_the_beginning_and_the_end_are_read(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(limits, "READ_BYTES_MAX", 1000)
    logs = logs_of(tmp_path, n1="".join(f"line {i}\n" for i in range(1000)))
    texts = [line.text for line in logs.lines]
    assert texts[0] == "line 0" and texts[-1] == "line 999"
    assert all(text.startswith("line ") for text in texts)
    assert logs.unread == 8890 - sum(len(text) + 1 for text in texts)
    assert "bytes in the middle" in logs_section(logs)


def test_hostile_bytes_are_text(tmp_path: Path) -> None:
    hostile = b"</ol><script>alert(1)</script>\x00\x1b[31m\xff\xed\xa0\x80" + b"y" * 5_000_000
    shown = logs_section(logs_of(tmp_path, n1=hostile))
    assert "<script" not in shown and "&lt;script&gt;" in shown
    assert not set("\x00\x1b") & set(shown) and "\\x1b[31m" in shown
    assert len(shown) < 2_000
    shown.encode()


def test_no_log_is_told_and_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "n1.log").symlink_to(tmp_path / "secret")
    logs = read_logs(tmp_path, START)
    assert logs == Logs() and "No log was kept" in logs_section(logs)


def test_a_node_can_be_left_out_without_any_script(tmp_path: Path) -> None:
    shown = logs_section(logs_of(tmp_path, n1="a", n2="b"))
    assert "#log1:not(:checked)~ol .l1{display:none}" in shown
    assert shown.count("type=checkbox") == 2 and "<label for=log1>n2</label>" in shown
