"""Running a matrix: what is begun when, what is skipped, and that nothing skipped has passed."""

import os
import signal
import time
from pathlib import Path
from queue import SimpleQueue

import pytest
from matrices import BROKEN, CUT, INVALID, LATE, UNKNOWN, VACUOUS, VALID, cell, ended

from splitbrain.matrix.cell import Expect
from splitbrain.matrix.found import Found
from splitbrain.matrix.lanes import Alone, Lane, command_words
from splitbrain.matrix.lengths import Lengths, guessed_s
from splitbrain.matrix.outcome import State, exit_code, outcome_of, skipped
from splitbrain.matrix.running import Limits, Run


class World:
    """Lanes and runs that take the time they are told, by a clock that they move themselves."""

    def __init__(self, found=None, takes_s=1.0):
        self.now_s = 0.0
        self.found, self.takes_s = found or {}, takes_s
        self.log = []
        self.running = 0
        self.at_once = 0
        self.interrupted = []

    def clock(self):
        return self.now_s

    def lane(self, store, done):
        world = self

        class FakeLane:
            def start(self, one):
                world.log.append(one.name)
                world.now_s += world.takes_s
                done.put((self, world.found.get(one.name, VALID)))

            def interrupt(self):
                world.interrupted.append(self)

            def close(self):
                pass

        return FakeLane()

    def alone(self, one, store, tell):
        world = self
        world.log.append(one.name)
        world.now_s += world.takes_s

        class FakeAlone:
            def poll(self):
                tell("starting")
                return world.found.get(one.name, VALID)

            def interrupt(self):
                world.interrupted.append(self)

            def close(self):
                world.log.append(f"end of {one.name}")

        return FakeAlone()

    def begun(self, one):
        pass

    def ended(self, outcome):
        pass

    def waits(self):
        pass

    def said(self, line):
        pass

    def run(self, *cells, **limits):
        run = Run(
            cells,
            Path("/nowhere"),
            Limits(**limits),
            self,
            clock=self.clock,
            make_lane=self.lane,
            make_alone=self.alone,
        )
        run.run()
        return run


def states(run):
    return {one.cell.name: str(one.state) for one in run.outcomes}


def test_every_cell_is_run_once():
    world = World({"a, seed 2": INVALID})
    run = world.run(cell("a"), cell("a", 2), cell("b"), jobs=2)
    assert sorted(world.log) == ["a, seed 1", "a, seed 2", "b, seed 1"]
    assert states(run) == {"a, seed 1": "passed", "a, seed 2": "failed", "b, seed 1": "passed"}


def test_a_run_on_a_real_host_has_the_machine_to_itself():
    world = World()
    run = world.run(cell("a"), cell("b", host="sandbox"), cell("c"), jobs=4)
    assert world.log == ["a, seed 1", "b, seed 1", "end of b, seed 1", "c, seed 1"]
    # What came before it had ended, and was told, before it was begun.
    assert [one.cell.name for one in run.outcomes][:2] == ["a, seed 1", "b, seed 1"]


def test_what_does_not_fit_the_budget_is_skipped_and_says_so():
    world = World(takes_s=11.0)
    cells = [cell("a", host="sandbox", seed=n) for n in range(4)]
    run = world.run(*cells, budget_s=40.0)
    assert list(states(run).values()) == ["passed", "passed", "passed", "skipped"]
    assert "takes about 11 s, and 7.0 s of 40 s are left" in run.outcomes[-1].why


def test_a_shorter_cell_may_still_fit():
    world = World(takes_s=20.0)
    cells = [cell("a", host="sandbox", time_limit_s=t) for t in (20.0, 300.0, 10.0)]
    run = world.run(*cells, budget_s=60.0)
    assert [str(one.state) for one in run.outcomes] == ["passed", "skipped", "passed"]


def test_the_first_failure_may_end_it():
    world = World({"b, seed 1": INVALID})
    run = world.run(cell("a"), cell("b"), cell("c"), fail_fast=True)
    assert states(run) == {"a, seed 1": "passed", "b, seed 1": "failed", "c, seed 1": "skipped"}
    assert "b, seed 1 failed" in run.outcomes[-1].why


def test_what_was_found_as_expected_does_not_end_it():
    world = World({"b, seed 1": INVALID})
    run = world.run(cell("b", expect=Expect.INVALID), cell("c"), fail_fast=True)
    assert states(run) == {"b, seed 1": "passed", "c, seed 1": "passed"}


def test_an_interrupt_lets_what_runs_end_and_skips_the_rest():
    world = World({"a, seed 1": CUT})
    lane = world.lane

    def interrupting(store, done):
        made = lane(store, done)
        start = made.start

        def started(one):
            os.kill(os.getpid(), signal.SIGINT)
            start(one)

        made.start = started
        return made

    world.lane = interrupting
    run = world.run(cell("a"), cell("b"))
    assert run.interrupted
    assert states(run) == {"a, seed 1": "interrupted", "b, seed 1": "skipped"}
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize(
    ("expect", "found", "state"),
    [
        (Expect.VALID, VALID, State.PASSED),
        (Expect.VALID, INVALID, State.FAILED),
        (Expect.VALID, LATE, State.FAILED),
        (Expect.VALID, UNKNOWN, State.UNKNOWN),
        (Expect.VALID, VACUOUS, State.VACUOUS),
        (Expect.VALID, BROKEN, State.ERROR),
        (Expect.VALID, CUT, State.INTERRUPTED),
        (Expect.VALID, Found(verdict="valid", unwritten="full"), State.ERROR),
        (Expect.INVALID, INVALID, State.PASSED),
        (Expect.INVALID, VALID, State.FAILED),
        (Expect.INVALID, LATE, State.FAILED),
        (Expect.INVALID, UNKNOWN, State.UNKNOWN),
        (Expect.INVALID, VACUOUS, State.VACUOUS),
        (Expect.INVALID, BROKEN, State.ERROR),
        (Expect.INVALID, CUT, State.INTERRUPTED),
        (Expect.UNAVAILABLE, LATE, State.PASSED),
        (Expect.UNAVAILABLE, VALID, State.FAILED),
        (Expect.UNAVAILABLE, INVALID, State.FAILED),
    ],
)
def test_what_is_found_is_held_against_what_is_expected(expect, found, state):
    one = outcome_of(cell(expect=expect), found, 1.0)
    assert one.state is state
    assert bool(one.why) is (state is not State.PASSED)


@pytest.mark.parametrize(
    ("founds", "code"),
    [
        ([VALID, VALID], 0),
        ([VALID, INVALID, BROKEN], 1),
        ([VALID, BROKEN, UNKNOWN], 70),
        ([VALID, UNKNOWN], 3),
        ([VALID, VACUOUS], 3),
        ([INVALID, CUT], 130),
        ([], 3),
    ],
)
def test_the_exit_code_is_that_of_all_together(founds, code):
    outcomes = [ended(found) for found in founds]
    assert exit_code(outcomes, interrupted=False, allow_skipped=False) == code


def test_what_was_skipped_does_not_count_as_passed():
    left = skipped(cell("b"), "no time")
    assert exit_code([ended(VALID), left], interrupted=False, allow_skipped=False) == 3
    assert exit_code([ended(VALID), left], interrupted=False, allow_skipped=True) == 0
    assert exit_code([left], interrupted=False, allow_skipped=True) == 3, "nothing ran at all"


def test_lengths_are_learnt_from_what_has_run():
    lengths = Lengths()
    one, same, other = cell("a"), cell("a", 2), cell("b")
    assert lengths.expected_s(one) == guessed_s(one)
    lengths.learn(one, 3 * guessed_s(one))
    assert lengths.expected_s(same) == pytest.approx(3 * guessed_s(same))
    assert lengths.expected_s(other) == pytest.approx(3 * guessed_s(other)), "of its host"
    real = cell("c", host="sandbox", time_limit_s=30.0)
    assert lengths.expected_s(real) == guessed_s(real) > 30
    assert lengths.total_s([real, one, same], 2) == pytest.approx(
        guessed_s(real) + 3 * guessed_s(one)
    )


def test_a_cell_on_a_real_host_is_the_command_that_repeats_it(tmp_path):
    one = cell(host="sandbox", seed=9)
    assert command_words(one, tmp_path) == [
        *("test", "raft", "--host", "sandbox", "--seed", "9", "--rate", "50"),
        *("--time-limit", "10", "--store", str(tmp_path), "--json"),
    ]


def test_a_lane_runs_one_cell_after_another_and_keeps_their_runs(tmp_path):
    done = SimpleQueue()
    lane = Lane(tmp_path, done)
    try:
        for seed in (1, 2):
            lane.start(cell(seed=seed, time_limit_s=2.0, rate=40.0, faults=()))
            same, found = done.get(timeout=60)
            assert same is lane and found.error is None and found.verdict == "valid"
            assert Path(found.folder).parent == tmp_path / "runs"
            assert found.summary.startswith("VALID")
        # A plan that cannot be run is told; the lane goes on.
        lane.start(cell(options=("nonsense=1",)))
        assert "nonsense" in done.get(timeout=60)[1].error
    finally:
        lane.close()


def test_a_lane_that_is_killed_is_an_error_and_no_more(tmp_path):
    done = SimpleQueue()
    lane = Lane(tmp_path, done)
    try:
        lane.start(cell(time_limit_s=3000.0, rate=100.0))
        lane._process.kill()
        assert "was killed (signal 9)" in done.get(timeout=60)[1].error
        lane.start(cell(time_limit_s=1.0, rate=40.0, faults=()))
        assert done.get(timeout=60)[1].verdict is not None
    finally:
        lane.close()


def test_a_run_alone_that_fails_is_told_in_its_own_words(tmp_path):
    told = []
    one = cell(host="ssh", ssh=("nobody@127.0.0.1:1",), nodes=1, concurrency=1, faults=())
    alone = Alone(one, tmp_path, told.append)
    while (found := alone.poll()) is None:
        time.sleep(0.05)
    alone.close()
    assert found.error is not None and "127.0.0.1" in found.error
    assert not found.error.startswith("splitbrain: ")
    assert told
