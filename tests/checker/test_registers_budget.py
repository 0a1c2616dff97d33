"""What bounds a register search: time, memory, configurations; keys, threads, and progress."""

import random
import time
from dataclasses import replace

import random_histories

from checker.linearizability.decision import Budget, Status
from checker.linearizability.registers import decide as deciding
from checker.linearizability.registers import functions
from checker.linearizability.registers.decide import decide
from checker.models import CAS_REGISTER
from checker.reading import SPLITBRAIN
from histories.event import Operation, Outcome
from histories.table import table_of


def hard(crashed=120, values=37):
    """Crashed compare-and-sets between many values, and a walk over them that reads ask for."""
    rng = random.Random(2)

    def told(at, f, value=None, answer=None, ends=True):
        outcome = Outcome.OK if ends else Outcome.INFO
        ret = at + 1 if ends else None
        return Operation(at, ret, at, f, None, value, answer, outcome, at, ret)

    operations = [told(0, "write", 0)]
    for k in range(crashed):
        pair = [rng.randrange(values), rng.randrange(values)]
        operations.append(told(2 + k, "cas", pair, ends=False))
    for k in range(6):
        operations.append(told(2 + crashed + 2 * k, "read", None, rng.randrange(values)))
    return operations


def decided(operations, budget, **options):
    return decide(
        table_of(operations), CAS_REGISTER, SPLITBRAIN, budget, monitored=False, **options
    )


def keyed(rng, keys, size, broken=()):
    """Histories of several keys side by side, some with a read of what nobody wrote."""
    result = []
    for key in range(keys):
        part = random_histories.concurrent(rng, size, 4, 3, 0.02, 0.0, 0.3, 0.5)
        if key in broken:
            reads = [k for k, one in enumerate(part) if one.f == "read" and one.ret is not None]
            part[reads[-1]] = replace(part[reads[-1]], output="never", outcome=Outcome.OK)
        result += [replace(one, key=key, process=one.process + 100 * key) for one in part]
    return sorted(result, key=lambda one: one.call)


def test_the_time_allowed_ends_a_search():
    functions.compiled()
    began = time.perf_counter()
    decision = decided(hard(), Budget(deadline=began + 0.05))
    assert decision.status[0] == Status.TIME
    assert decision.stuck[0] > 0 and decision.verified[0] > 0 and decision.expanded[0] > 0


def test_the_configurations_allowed_end_a_search():
    for allowed in (1, 7, 100, 3_000, 60_000):
        decision = decided(hard(), Budget(configurations=allowed))
        assert decision.status[0] == Status.CONFIGURATIONS
        assert allowed <= decision.expanded[0] <= allowed + 1


def test_memory_is_refused_rather_than_taken():
    operations = random_histories.concurrent(random.Random(1), 3_000, 6, 4, 0.0, 0.0, 0.3, 0.5)
    assert decided(operations, Budget(memory_bytes=1000), compiled=True).status[0] == Status.MEMORY
    decision = decided(operations, Budget(memory_bytes=8 << 20), compiled=True)
    assert decision.status[0] == Status.LINEARIZED
    decision = decided(hard(), Budget(memory_bytes=4 << 20), compiled=True)
    assert decision.status[0] == Status.MEMORY


def test_the_first_refuted_key_settles_the_verdict():
    decision = decided(keyed(random.Random(1), 6, 40, broken=(2,)), Budget())
    assert sorted(set(decision.status.tolist())) != [Status.LINEARIZED]
    assert Status.REFUTED in decision.status
    for key, status in enumerate(decision.status.tolist()):
        order = decision.order[decision.starts[key] : decision.starts[key + 1]]
        assert (len(order) > 0) <= (status == Status.LINEARIZED)


def test_threads_share_keys_and_find_the_same(monkeypatch):
    monkeypatch.setattr(deciding, "THREADED_MIN", 0)
    operations = keyed(random.Random(2), 9, 60)
    one, two = (decided(operations, Budget(jobs=jobs), compiled=True) for jobs in (1, 2))
    assert (one.status == Status.LINEARIZED).all()
    assert one.order.tolist() == two.order.tolist()
    spoiled = keyed(random.Random(2), 9, 60, broken=(7,))
    assert Status.REFUTED in decided(spoiled, Budget(jobs=2), compiled=True).status


def test_rows_side_by_side_are_named_as_in_the_table(monkeypatch):
    operations = keyed(random.Random(5), 4, 50)
    expected = decided(operations, Budget(), compiled=True)
    spoiled = keyed(random.Random(5), 4, 50, broken=(3,))
    stuck = decided(spoiled, Budget(), compiled=True).stuck
    monkeypatch.setattr(deciding, "GATHERED_MIN", 0)
    assert decided(operations, Budget(), compiled=True).order.tolist() == expected.order.tolist()
    assert decided(spoiled, Budget(), compiled=True).stuck.tolist() == stuck.tolist()


def test_progress_is_told(monkeypatch):
    monkeypatch.setattr(deciding, "TICK_SECONDS", 0.0)
    told = []
    budget = Budget(tick=lambda *figures: told.append(figures))
    decided(keyed(random.Random(4), 5, 40), budget)
    assert told[-1][0] >= 5 and told[-1][1] > 0


def test_a_history_of_nothing_is_linearized():
    decision = decided([], Budget())
    assert (decision.status == Status.LINEARIZED).all() and len(decision.order) == 0
