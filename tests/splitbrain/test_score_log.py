"""Finished trials on disk: found again by their plan, by the same program alone."""

from __future__ import annotations

import json
import resource
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from score_trials import R4, R9, caught, series, survived

from histories.archive import ArchiveError
from splitbrain.plan import Plan
from splitbrain.score import TrialLog

PLANS: list[Plan] = [p for one in series(R4, R9, seeds=2, clean_seeds=2) for p in one.plans()]
TRIALS = {plan: caught(plan) if plan.bugs else survived(plan) for plan in PLANS}


def log(store: Path, source: str = "0" * 64) -> closing[TrialLog]:
    return closing(TrialLog(store, "raft", source=source))


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A log of all trials; returns its file."""
    with log(tmp_path) as opened:
        for plan, trial in TRIALS.items():
            opened.add(plan, trial)
    return opened.path


def test_what_was_added_is_known_the_next_time(tmp_path: Path, written: Path) -> None:
    assert written == tmp_path / "scores" / "raft-000000000000.jsonl"
    with log(tmp_path) as again:
        assert again.known == TRIALS
        assert again.notes == []


def test_a_trial_is_on_disk_before_the_log_is_closed(tmp_path: Path) -> None:
    with log(tmp_path) as opened:
        opened.add(PLANS[0], TRIALS[PLANS[0]])
        assert len(opened.path.read_text().splitlines()) == 2


def test_a_plan_that_differs_in_anything_is_another_trial(tmp_path: Path, written: Path) -> None:
    lines = written.read_text().splitlines()
    data = json.loads(lines[1])
    data["plan"]["fault_hold_s"] += 0.5
    written.write_text("\n".join([lines[0], json.dumps(data), *lines[2:]]) + "\n")
    with log(tmp_path) as again:
        assert PLANS[0] not in again.known
        assert len(again.known) == len(TRIALS)


def test_a_changed_program_starts_afresh_and_says_so(tmp_path: Path, written: Path) -> None:
    with log(tmp_path, source="1" * 64) as other:
        assert other.known == {}
        assert len(other.notes) == 1 and "The program has changed" in other.notes[0]
    with log(tmp_path) as before:
        assert before.known == TRIALS, "what the former program found must not be lost"


@pytest.mark.parametrize("cut", [1, 40])
def test_a_last_line_that_was_cut_off_is_dropped_with_a_word(
    tmp_path: Path, written: Path, cut: int
) -> None:
    written.write_bytes(written.read_bytes()[:-cut])
    with log(tmp_path) as again:
        assert list(again.known) == PLANS[:-1]
        assert "was cut off" in again.notes[0]
        again.add(PLANS[-1], TRIALS[PLANS[-1]])
    with log(tmp_path) as mended:
        assert (mended.known, mended.notes) == (TRIALS, [])


def test_a_line_that_cannot_be_read_costs_its_own_trial(tmp_path: Path, written: Path) -> None:
    lines = written.read_bytes().splitlines()
    lines[2:4] = [b"\xff\x00", b'{"plan": "none"}']
    written.write_bytes(b"\n".join(lines) + b"\n")
    with log(tmp_path) as again:
        assert list(again.known) == [PLANS[0], *PLANS[3:]]
        assert "2 lines" in again.notes[0]


@pytest.mark.parametrize("header", [b"", b"{}\n", b'{"format": "splitb', b"\xff\n"])
def test_without_its_header_no_trial_can_be_used(
    tmp_path: Path, written: Path, header: bytes
) -> None:
    written.write_bytes(header)
    with log(tmp_path) as again:
        assert again.known == {}
        assert bool(again.notes) == bool(header)
        again.add(PLANS[0], TRIALS[PLANS[0]])
    with log(tmp_path) as mended:
        assert list(mended.known) == PLANS[:1]


def test_two_scores_do_not_write_one_log(tmp_path: Path) -> None:
    with log(tmp_path), pytest.raises(ArchiveError, match="another score is writing"):
        log(tmp_path)
    with log(tmp_path) as free:
        assert free.known == {}


def test_a_store_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "scores").write_text("a file where a folder should be")
    with pytest.raises(ArchiveError, match="Name another store with --store"):
        log(tmp_path)


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Files of this process grow to ``size`` bytes at most, as on a disk that is full then."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Python ignores the signal that comes with it, so that writing gives an error.
    assert signal.getsignal(signal.SIGXFSZ) is signal.SIG_IGN
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("more", [0, 100])
def test_a_full_disk_is_told_with_the_file_and_costs_the_trial_alone(
    tmp_path: Path, more: int
) -> None:
    told = r"File too large: '.*raft-0+\.jsonl'"
    with pytest.raises(OSError, match=told), log(tmp_path) as opened:
        opened.add(PLANS[0], TRIALS[PLANS[0]])
        with room_for(opened.path.stat().st_size + more):
            opened.add(PLANS[1], TRIALS[PLANS[1]])
    with log(tmp_path) as again:
        assert (list(again.known), again.notes) == (PLANS[:1], [])


def test_a_full_disk_stays_the_reason_while_it_is_full(tmp_path: Path) -> None:
    """What is closed then has nothing left to write, so no other error takes its place."""
    told = r"File too large: '.*raft-0+\.jsonl'"
    with room_for(20), pytest.raises(OSError, match=told):
        log(tmp_path)
    opened = TrialLog(tmp_path, "raft", source="0" * 64)
    with (
        room_for(opened.path.stat().st_size + 10),
        pytest.raises(OSError, match=told),
        closing(opened),
    ):
        opened.add(PLANS[0], TRIALS[PLANS[0]])
