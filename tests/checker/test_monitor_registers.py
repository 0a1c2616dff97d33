"""The monitor of unambiguous registers against the frontier, and on stories with known ends."""

import random
from collections import Counter

import monitored
import numpy as np
import oracle
import pytest
from story import Story

from checker.linearizability.compilation import compiled
from checker.linearizability.monitors.finding import LINEARIZED, REFUTED, UNSUITED, Findings
from checker.linearizability.registers import monitor
from checker.linearizability.registers.blocks import CAS, DIFFERS, READ, WRITE
from checker.models import CAS_REGISTER
from checker.models.model import Kind
from checker.reading import SPLITBRAIN
from histories.event import Outcome
from histories.table import table_of

HISTORIES = 500


def kernel(mode):
    if mode == "plain":
        return monitor.monitor_keys
    return compiled([*monitor.MODULES, monitor], [monitor.monitor_keys]).monitor_keys


def decide(function, table, reading):
    """What the monitor says of a table of one key, its columns made by the model itself."""
    n, numbers = len(table), {None: 0}
    kind = np.full(n, -1, np.int8)
    expected, new = np.zeros(n, np.int32), np.zeros(n, np.int32)
    for row in range(n):
        effect = CAS_REGISTER.effect(table.operation(row), reading)
        if effect is not None:
            kind[row] = effect.kind
            expected[row] = numbers.setdefault(effect.expected, len(numbers))
            new[row] = numbers.setdefault(effect.new, len(numbers))
    findings = Findings.blank(1, n, "")
    home, counts = np.full(len(numbers), -1, np.int32), np.zeros(1, np.int64)
    starts = np.array([0, n])
    function(
        *(kind, expected, new, table.call, table.ret, np.arange(n), starts, 0, home),
        *(findings.order, counts, findings.status, findings.evidence),
    )
    assert (home == -1).all()
    findings.starts[1] = counts[0]
    return findings


def found(story, reading=SPLITBRAIN):
    table = table_of(story.operations())
    findings = decide(monitor.monitor_keys, table, reading)
    return int(findings.status[0]), findings.of(0)


def test_kinds_are_those_of_the_models():
    assert (READ, WRITE, CAS, DIFFERS) == (Kind.READ, Kind.WRITE, Kind.CAS, Kind.DIFFERS)


@pytest.mark.parametrize("mode", ("plain", "compiled"))
def test_the_monitor_agrees_with_an_unpruned_engine(mode):
    function, told = kernel(mode), Counter()
    for seed in range(HISTORIES):
        rng = random.Random(f"{mode} {seed}")
        weights = {
            "write": rng.choice((0.2, 0.4, 0.6)),
            "read": rng.choice((0.2, 0.4, 0.7)),
            "cas": rng.choice((0, 0.2, 0.6)),
        }
        history = monitored.drawn(rng, "cas-register", weights=weights)
        reading = rng.choice(oracle.READINGS)
        # What a mismatch alone refutes is refuted late.
        mismatches = any(one.outcome is Outcome.FAIL for one in history)
        monitored.agrees(
            "cas-register",
            history,
            reading,
            lambda table, reading: decide(function, table, reading),
            told,
            exact=not mismatches,
        )
    assert told["invalid"] >= 0.3 * told["histories"], told
    assert told["refuted"] >= 0.25 * told["histories"], told
    assert told["linearized"] >= 0.3 * told["histories"], told


def test_a_valid_unambiguous_history_is_hardly_ever_left_undecided():
    """Mismatches have to be fitted in; only then can the monitor fail to find an order."""
    told = Counter()
    for seed in range(150):
        rng = random.Random(seed)
        history = oracle.concurrent(
            rng, "cas-register", 80, processes=8, values=0, crashed=0.03, eager=0.3
        )
        findings = decide(monitor.monitor_keys, table_of(history), SPLITBRAIN)
        told[int(findings.status[0])] += 1
    assert told[REFUTED] == 0
    assert told[LINEARIZED] >= 145, told


def test_an_overwritten_value_read_again_shows_two_clusters():
    story = Story().did(0, "write", 1).did(0, "write", 2).did(1, "read", None, 2)
    story.did(1, "read", None, 1)
    status, finding = found(story)
    assert status == REFUTED
    assert finding.stuck == 3
    assert set(finding.clusters) == {0, 1, 3} or set(finding.clusters) == {0, 1, 2, 3}


def test_a_value_nobody_wrote_is_refuted_by_its_read():
    status, finding = found(Story().did(0, "write", 1).did(1, "read", None, 7))
    assert status == REFUTED
    assert (finding.stuck, finding.clusters) == (1, (1,))


def test_a_chain_of_compare_and_sets_is_one_cluster():
    story = Story().did(0, "write", 1).call(0, "cas", [1, 2]).call(1, "cas", [2, 3]).ok(1).ok(0)
    story.did(2, "read", None, 3)
    status, finding = found(story)
    assert status == LINEARIZED
    assert finding.order.tolist() == [0, 1, 2, 3]


def test_two_compare_and_sets_cannot_take_one_value():
    story = Story().did(0, "write", 1).did(0, "cas", [1, 2]).did(1, "cas", [1, 3])
    status, finding = found(story)
    assert status == REFUTED
    assert finding.stuck == 2


def test_crashed_writes_count_once_they_are_read():
    story = Story().call(0, "write", 1).info(0).call(1, "write", 2).info(1)
    story.did(2, "read", None, 1)
    status, finding = found(story)
    assert status == LINEARIZED
    assert finding.order.tolist() == [0, 2]
    story.did(2, "write", 3).did(2, "read", None, 1)
    assert found(story)[1].stuck == 4


def test_a_mismatch_is_fitted_in_where_the_state_was_another():
    story = Story().did(0, "write", 1).call(1, "cas", [1, 5]).did(0, "write", 2)
    story.fail(1, "mismatch").did(0, "read", None, 2)
    assert found(story)[0] == LINEARIZED
    story = Story().did(0, "write", 1).call(1, "cas", [1, 5]).fail(1, "mismatch")
    story.did(0, "read", None, 1)
    status, finding = found(story)
    assert status == REFUTED
    assert finding.stuck == 2


def test_a_value_written_twice_is_left_to_the_search():
    assert found(Story().did(0, "write", 1).did(0, "write", 1))[0] == UNSUITED
    assert found(Story().did(0, "write", 1).did(0, "cas", [1, None]))[0] == UNSUITED
    story = Story().did(0, "write", 1).call(0, "write", 1).fail(0)
    assert found(story)[0] == LINEARIZED
