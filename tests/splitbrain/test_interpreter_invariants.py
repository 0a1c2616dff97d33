"""Whatever the system answers and when, the journal is a legal history at every cut."""

import io
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from clients.client import Completion
from histories.event import NEMESIS, EventType, Outcome
from histories.journal import line
from nemesis.fault import SymbolicFault
from splitbrain.drivers import VirtualDriver
from splitbrain.generator import Draw, Each, Limit, Mix, PerKey, Phase, Phases, Repeat, Stagger
from splitbrain.interpreter import Interpreter

MS = 10**6


@st.composite
def runs(draw):
    """A run's shape, and the seed of its clients and nemesis."""
    nodes = draw(st.integers(1, 4))
    starts = draw(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 300)), max_size=4))
    return {
        "nodes": [f"n{i}" for i in range(nodes)],
        "concurrency": draw(st.integers(nodes, 9)),
        "rate": draw(st.sampled_from([0.0, 50.0, 400.0])),
        "limit_ns": draw(st.integers(0, 300)) * MS,
        "faults": [
            SymbolicFault(i, "kill", "one", start * MS, (start + held) * MS, 0.5)
            for i, (start, held) in enumerate(starts)
        ],
        "interrupts": draw(st.lists(st.integers(0, 600), max_size=2)),
        "seed": draw(st.integers(0, 2**32)),
    }


def play(shape):
    rng = Random(shape["seed"])
    mix = Mix(((2, Repeat("read")), (1, Draw("write", lambda r, n: n))))
    schedule = Phases(
        (
            (Phase("main", shape["limit_ns"]), Stagger(PerKey(mix, 3, 5), shape["rate"])),
            (
                Phase("final", 500 * MS, heal=True, quiet_ns=20 * MS),
                Each(Limit(Repeat("read"), 2), len(shape["nodes"])),
            ),
        )
    )
    interpreter = Interpreter(
        schedule,
        Random(shape["seed"]),
        nodes=shape["nodes"],
        concurrency=shape["concurrency"],
        faults=shape["faults"],
    )
    driver = VirtualDriver(
        interpreter,
        # At least a millisecond: with none, an endless schedule would need no time at all.
        lambda *_: (
            rng.randrange(MS, 40 * MS),
            Completion(rng.choice(list(Outcome)), rng.choice([None, 1])),
        ),
        lambda *_: (rng.randrange(50 * MS), {}),
    )
    for ms in shape["interrupts"]:
        driver.clock.call_at(ms * MS, driver.interrupt)
    return interpreter, driver.run()


@settings(max_examples=150)
@given(runs())
def test_the_journal_is_a_legal_history(shape):
    interpreter, events = play(shape)
    concurrency, nodes = shape["concurrency"], shape["nodes"]
    assert [event.index for event in events] == list(range(len(events)))
    times = [event.time for event in events]
    assert times == sorted(times)
    open_operations, retired = {}, set()
    for event in events:
        if event.process == NEMESIS:
            continue
        assert event.process not in retired
        assert event.node == nodes[event.process % concurrency % len(nodes)]
        if event.type is EventType.INVOKE:
            assert event.process not in open_operations
            assert event.process < concurrency or event.process - concurrency in retired
            open_operations[event.process] = event
            assert len(open_operations) <= concurrency
        else:
            invoked = open_operations.pop(event.process)
            assert (event.f, event.key) == (invoked.f, invoked.key)
            if event.type is EventType.INFO:
                retired.add(event.process)
    # Only a second interrupt gives up waiting.
    assert not open_operations or len(shape["interrupts"]) == 2
    assert interpreter.open_operations == len(open_operations)


@settings(max_examples=150)
@given(runs())
def test_every_fault_that_began_is_healed_before_the_final_reads_and_the_end(shape):
    interpreter, events = play(shape)
    stages = {}
    for event in events:
        if event.process == NEMESIS:
            stages.setdefault(event.value["fault"], []).append(event.value["stage"])
        elif event.key is None:
            assert all(told[-1] == "healed" for told in stages.values())
    assert all(told == ["start", "acknowledged", "heal", "healed"] for told in stages.values())
    assert interpreter.faults_in_force == []


@settings(max_examples=30)
@given(runs())
def test_the_same_seed_and_the_same_answers_give_the_same_journal(shape):
    def journal():
        text = io.StringIO()
        text.writelines(line(event) for event in play(shape)[1])
        return text.getvalue()

    assert journal() == journal()
