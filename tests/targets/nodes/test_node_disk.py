from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from targets.nodes.disk import CorruptLog, LogFile, decode_records, drop_unsynced, encode_record


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "node" / "raft.log"


def opened(path: Path) -> LogFile:
    path.parent.mkdir(exist_ok=True)
    return LogFile(path)


def records_of(path: Path) -> list[bytes]:
    file = opened(path)
    file.close()
    return file.records


def test_what_was_appended_is_there_after_a_restart(path: Path) -> None:
    file = opened(path)
    file.append([b"one", b"two"])
    file.sync()
    file.append([b"three"])
    file.close()
    assert records_of(path) == [b"one", b"two", b"three"]


def test_power_loss_takes_exactly_what_was_not_synced(path: Path) -> None:
    file = opened(path)
    file.append([b"one"])
    file.sync()
    file.append([b"two", b"three"])
    file.close()
    lost = drop_unsynced(path.parent)
    assert lost == {str(path): len(encode_record(b"two") + encode_record(b"three"))}
    assert records_of(path) == [b"one"]


def test_power_loss_of_a_file_never_synced_leaves_nothing(path: Path) -> None:
    opened(path).append([b"one"])
    drop_unsynced(path.parent)
    assert records_of(path) == []


def test_a_kill_alone_loses_nothing_and_the_next_start_makes_it_durable(path: Path) -> None:
    opened(path).append([b"one"])
    assert records_of(path) == [b"one"]
    drop_unsynced(path.parent)
    assert records_of(path) == [b"one"]


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9])
def test_a_torn_write_is_cut_back_to_its_last_whole_record(path: Path, keep: float) -> None:
    file = opened(path)
    file.append([b"durable"])
    file.sync()
    file.append([b"x" * 40, b"y" * 40])
    file.close()
    drop_unsynced(path.parent, keep)
    again = opened(path)
    assert again.records == [b"durable"] + ([b"x" * 40] if keep >= 0.5 else [])
    assert (again.torn_bytes > 0) == (keep != 0.5)
    again.append([b"next"])
    again.close()
    assert records_of(path)[-1] == b"next"


def test_damage_inside_the_durable_length_stops_the_node(path: Path) -> None:
    file = opened(path)
    file.append([b"one", b"two"])
    file.sync()
    file.close()
    data = bytearray(path.read_bytes())
    data[10] ^= 1
    path.write_bytes(data)
    with pytest.raises(CorruptLog, match=r"22 bytes were made durable, but only the first 0 of 22"):
        opened(path)


def test_a_file_shorter_than_what_was_promised_stops_the_node(path: Path) -> None:
    file = opened(path)
    file.append([b"one", b"two"])
    file.sync()
    file.close()
    os.truncate(path, len(encode_record(b"one")))
    with pytest.raises(CorruptLog, match="only the first 11 of 11"):
        opened(path)


def test_a_replaced_file_holds_the_new_records_and_goes_on_from_there(path: Path) -> None:
    file = opened(path)
    file.append([b"one", b"two"])
    file.sync()
    file.append([b"three, never synced"])
    file.replace([b"snapshot", b"four"])
    drop_unsynced(path.parent)
    file.append([b"five"])
    file.close()
    assert records_of(path) == [b"snapshot", b"four", b"five"]
    file = opened(path)
    file.append([b"six"])
    file.close()
    assert sum(drop_unsynced(path.parent).values()) == len(encode_record(b"six"))
    assert records_of(path) == [b"snapshot", b"four", b"five"]


class Died(BaseException):
    """The process is gone: nothing after this line was done."""


@pytest.mark.parametrize("records", [[b"short"], [b"a longer file than the one before"] * 9])
@pytest.mark.parametrize("when", ["before the rename", "after the rename"])
def test_a_death_while_a_file_is_replaced_leaves_the_old_one_or_the_new_one(
    path: Path, records: list[bytes], when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = opened(path)
    file.append([b"one", b"two"])
    file.sync()
    file.append([b"never synced"])
    rename = Path.replace

    def die(self: Path, target: Path) -> None:
        if when == "after the rename":
            rename(self, target)
        raise Died

    monkeypatch.setattr(Path, "replace", die)
    with pytest.raises(Died):
        file.replace(records)
    drop_unsynced(path.parent)
    assert records_of(path) == ([b"one", b"two"] if when == "before the rename" else records)
    assert sorted(p.name for p in path.parent.iterdir()) == ["raft.log", "raft.log.synced"]


@given(st.lists(st.binary(min_size=1, max_size=20), max_size=6), st.integers(0, 200))
def test_a_prefix_of_a_log_holds_a_prefix_of_its_records(records: list[bytes], cut: int) -> None:
    data = b"".join(map(encode_record, records))[:cut]
    found, length = decode_records(data)
    assert found == records[: len(found)]
    assert length == sum(len(encode_record(record)) for record in found)
    if cut >= sum(len(encode_record(record)) for record in records):
        assert found == records


def test_a_record_that_could_not_be_read_back_is_not_written(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("targets.nodes.disk.RECORD_BYTES_MAX", 4)
    file = opened(path)
    with pytest.raises(ValueError, match="a record of 5 bytes; at most 4 could be read back"):
        file.append([b"12345"])
    file.close()
    assert records_of(path) == []


def test_zeros_at_the_end_are_no_records() -> None:
    data = encode_record(b"one") + bytes(64)
    assert decode_records(data) == ([b"one"], len(encode_record(b"one")))


def test_power_can_be_lost_from_the_command_line(path: Path) -> None:
    opened(path).append([b"one"])
    command = [sys.executable, "-m", "targets.nodes.disk", str(path.parent), "--keep", "0.5"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"6 bytes lost of {path}\n"


@pytest.mark.parametrize("keep", [-0.1, 1.1])
def test_keep_is_a_fraction(tmp_path: Path, keep: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        drop_unsynced(tmp_path, keep)
