"""The simulated disk: what a kill, the loss of power and a failed fsync leave of it."""

from __future__ import annotations

import pytest

from targets.hosts.simulated.disk import SimulatedDisk


def disk(*synced: bytes) -> SimulatedDisk:
    made = SimulatedDisk()
    made.append(list(synced))
    made.sync()
    return made


def test_what_was_written_survives_the_process_without_a_sync() -> None:
    made = disk(b"one")
    made.append([b"two"])
    assert made.open() == ([b"one", b"two"], 0)


def test_the_loss_of_power_takes_what_was_not_synced() -> None:
    made = disk(b"one")
    made.append([b"two", b"three"])
    assert made.lose_unsynced() == (8 + 3) + (8 + 5)
    assert made.open() == ([b"one"], 0)


def test_a_reopened_disk_has_synced_what_a_killed_process_left() -> None:
    made = disk()
    made.append([b"one"])
    made.open()
    assert made.lose_unsynced() == 0
    assert made.open() == ([b"one"], 0)


@pytest.mark.parametrize(
    ("keep", "records", "torn"),
    [
        (0.0, [], 0),
        (0.2, [], 8),  # 8 of 40 bytes: a header without its record
        (0.5, [b"x" * 12], 0),  # 20 of 40 bytes: the first record, and nothing of the second
        (0.8, [b"x" * 12], 12),
        (1.0, [b"x" * 12, b"y" * 12], 0),
    ],
)
def test_a_torn_write_keeps_whole_records_and_recovery_drops_the_rest(
    keep: float, records: list[bytes], torn: int
) -> None:
    made = disk(b"synced")
    made.append([b"x" * 12, b"y" * 12])
    made.lose_unsynced(keep)
    assert made.open() == ([b"synced", *records], torn)
    assert made.open() == ([b"synced", *records], 0), "it is torn once"


def test_a_replaced_file_is_the_old_or_the_new_one_never_a_mixture() -> None:
    def replaced() -> SimulatedDisk:
        made = disk(b"old 1", b"old 2")
        made.append([b"old, not durable"])
        made.replace([b"snapshot"])
        made.append([b"new"])
        return made

    lost = replaced()
    lost.lose_unsynced()
    assert lost.open()[0] == [b"old 1", b"old 2"]
    kept = replaced()
    kept.lose_unsynced(keep=0.5)
    assert kept.open()[0] == [b"snapshot"]
    synced = replaced()
    synced.sync()
    synced.lose_unsynced()
    assert synced.open()[0] == [b"snapshot", b"new"]


def test_replacing_twice_before_a_sync_still_remembers_what_is_durable() -> None:
    made = disk(b"old")
    made.replace([b"first"])
    made.replace([b"second"])
    made.lose_unsynced()
    assert made.open()[0] == [b"old"]


def test_a_failed_fsync_raises_is_counted_and_loses_what_it_was_to_keep() -> None:
    made = disk(b"one")
    made.append([b"two"])
    made.failing = True
    for _ in range(2):
        with pytest.raises(OSError, match="Input/output error"):
            made.sync()
    assert made.failed_syncs == 2
    with pytest.raises(OSError, match="Input/output error"):
        made.open()
    made.failing = False
    assert made.open() == ([b"one"], 0)


def test_a_wiped_disk_is_empty() -> None:
    made = disk(b"one")
    made.append([b"two"])
    made.wipe()
    assert made.open() == ([], 0)
