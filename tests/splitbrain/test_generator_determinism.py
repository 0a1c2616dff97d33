"""The same seed gives the same bytes: in one process, and in two with other hash seeds."""

import hashlib
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

import splitbrain
from splitbrain.generator import (
    Draw,
    Each,
    Invoke,
    Limit,
    Listed,
    Mix,
    PerKey,
    Phase,
    Phases,
    Repeat,
    Reserve,
    Stagger,
    TimeLimit,
    digest,
    serialise,
)
from splitbrain.plan import Plan

SCRIPT = """
from test_generator_determinism import a_schedule, PLAN
from splitbrain.generator import serialise
import sys
sys.stdout.buffer.write(serialise(a_schedule().items(PLAN.stream("schedule"))))
"""

PLAN = Plan(system="raft", host="sandbox", workload="register", seed=42)


def a_schedule() -> Phases:
    names = {"red", "green", "blue"}
    mix = Mix(
        (
            (2, Repeat("read")),
            (1, Draw("write", lambda rng, n: [rng.randrange(5), sorted(names), n])),
            (0.5, Draw("cas", lambda rng, n: [rng.randrange(5), rng.random()])),
        )
    )
    lanes = Reserve(((3, Stagger(PerKey(mix, 4, 7), 300)),), rest=Stagger(Repeat("add"), 50))
    final = Each(Listed((Invoke(0, "read"),)), nodes=5)
    return Phases(
        (
            (Phase("main", 2 * 10**9), TimeLimit(Limit(lanes, 900), 2 * 10**9)),
            (Phase("final", heal=True, quiet_ns=10**9), final),
        )
    )


def test_two_processes_with_different_hash_seeds_serialise_the_same_bytes():
    here = Path(__file__).parent
    root = Path(splitbrain.__file__).parents[1]
    outputs = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": f"{here}:{root}"},
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert outputs[0] == outputs[1]
    assert outputs[0] == serialise(a_schedule().items(PLAN.stream("schedule")))
    assert outputs[0].count(b"\n") > 500


def test_the_digest_is_of_the_same_bytes_and_stops_where_it_is_told():
    endless = Stagger(Repeat("read"), 100)
    cut = serialise(islice(endless.items(Random(1)), 50))
    listed = digest(endless.items(Random(1)), 50)
    assert listed == hashlib.sha256(cut).hexdigest()
    assert listed != digest(endless.items(Random(1)), 51)


@settings(max_examples=50)
@given(seed=st.integers(0, 2**64))
def test_a_seed_decides_everything_and_another_seed_gives_another_schedule(seed):
    def schedule(number):
        return serialise(a_schedule().items(Random(number)))

    assert schedule(seed) == schedule(seed)
    assert schedule(seed) != schedule(seed + 1)


@settings(max_examples=50)
@given(taken=st.integers(0, 300))
def test_how_far_one_phase_was_read_does_not_change_the_next(taken):
    phases = a_schedule()
    whole = [[list(stream) for stream in streams] for _, streams in phases.play(Random(3))]
    play = phases.play(Random(3))
    _, main = next(play)
    for stream in main:
        list(islice(stream, taken))
    _, final = next(play)
    assert [list(stream) for stream in final] == whole[1]
