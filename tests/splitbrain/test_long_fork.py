"""The workload long-fork: what it writes and reads, and that a bug that forks is found."""

from itertools import islice
from random import Random

import pytest

from splitbrain.cli import front
from splitbrain.workloads.long_fork import GROUP, READS, GroupsOfWrites


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("SPLITBRAIN_STORE", str(tmp_path / "store"))


def drawn(seed, groups=40):
    return list(islice(GroupsOfWrites().items(Random(seed)), groups * (GROUP + READS)))


def test_each_key_is_written_once_and_each_group_read_around_that():
    items = [item.value for item in drawn(1)]
    written = [name for steps in items for f, name, _ in steps if f == "w"]
    assert len(written) == len(set(written)) == 40 * GROUP
    assert all(len(steps) == 1 for steps in items if steps[0][0] == "w")
    reads = [steps for steps in items if steps[0][0] == "r"]
    assert len(reads) == 40 * READS
    assert all(len({name for _, name, _ in steps}) == GROUP for steps in reads)
    assert len({name for steps in reads for _, name, _ in steps}) == 40 * GROUP
    assert drawn(3) == drawn(3) != drawn(4)


@pytest.mark.thorough
def test_reads_without_locks_fork(capsys):
    asked = "test two-phase-commit --bug T8 --workload long-fork --host simulated --seed 1 --quiet"
    assert front.run([*asked.split(), "--time-limit", "20s"]) == 1
    told = capsys.readouterr().out
    assert "long-fork       invalid  long fork" in told
