"""Each seeded bug does what its row says, in a story in which the correct node does not."""

from __future__ import annotations

import importlib
import random
from collections.abc import Callable

import pytest
from test_two_phase_commit_safety import hurt
from two_phase_commit_histories import history_of
from two_phase_commit_simulation import Cluster

from checker import MODELS, Verdict, linearizable
from targets.nodes.bug import Bug, UnknownBug, find, mutate
from targets.nodes.two_phase_commit.bugs import BUGS
from targets.nodes.two_phase_commit.core import TwoPhaseCommit
from targets.nodes.two_phase_commit.make import make_core
from targets.nodes.two_phase_commit.messages import Commit, Died, Inquire, Prepare, Vote
from targets.nodes.two_phase_commit.options import Options

Core = type[TwoPhaseCommit]


def cluster_of(core: Core, options: Options | None = None) -> tuple[Cluster, str, str]:
    """Three nodes, and a name at n2 and one at n3."""
    cluster = Cluster(core=core, check=False, options=options)
    return cluster, cluster.name_at("n2"), cluster.name_at("n3")


def half_told(cluster: Cluster, x: str, y: str) -> None:
    """n1 commits a write of both; n2 hears it, n3 does not."""
    cluster.dropped = lambda _, target, message: isinstance(message, Commit) and target == "n3"
    assert cluster.ask_and_wait("n1", ("append", x, 1), ("append", y, 1)).ok
    cluster.run(0.02)


def is_fractured(cluster: Cluster, x: str, y: str) -> bool:
    cluster.dropped = lambda *_: False
    cluster.heal()
    seen = cluster.read(x, y, node="n2")
    assert seen[0] == [1]
    return seen[1] != [1]


def coordinator_restarts(core: Core) -> bool:
    cluster, x, y = cluster_of(core)
    half_told(cluster, x, y)
    cluster.restart("n1")
    cluster.run(1.0)
    return is_fractured(cluster, x, y)


def coordinator_is_cut_off(core: Core) -> bool:
    cluster, x, y = cluster_of(core)
    half_told(cluster, x, y)
    cluster.isolate("n1")
    cluster.run(2.0)
    return is_fractured(cluster, x, y)


def voter_loses_power(core: Core) -> bool:
    cluster, x, y = cluster_of(core)
    cluster.ask("n1", ("append", x, 1), ("append", y, 1))
    cluster.run_until_told(Vote, "n3")
    cluster.lose_power("n3")
    cluster.run(0.5)
    cluster.start("n3")
    cluster.run(0.5)
    return is_fractured(cluster, x, y)


def undecided_is_read(core: Core) -> bool:
    cluster, x, y = cluster_of(core)
    cluster.dropped = lambda _, target, message: isinstance(message, Prepare) and target == "n3"
    wrote = cluster.ask("n1", ("append", x, 1), ("append", y, 1))
    cluster.run_until_told(Vote, "n2")
    reader = cluster.ask_and_wait("n2", ("r", x, None))
    cluster.run_until(lambda: wrote.answer is not None)
    cluster.run(0.5)
    assert wrote.error == "aborted"
    cluster.dropped = lambda *_: False
    assert cluster.read(x) == [None] or cluster.read(x) == [[]]
    return reader.ok and reader.reads == [[1]]


def between_two_writes(core: Core) -> bool:
    cluster, x, _ = cluster_of(core)
    assert cluster.ask_and_wait("n2", ("append", x, 1), ("append", x, 2)).ok
    seen = cluster.read(x, node="n2")
    cluster.run(0.1)
    assert cluster.read(x, node="n2") == [[1, 2]]
    return seen == [[1]]


def two_writers_cross(core: Core) -> bool:
    cluster, x, y = cluster_of(core)
    one = cluster.ask("n2", ("append", x, 1), ("append", y, 1))
    two = cluster.ask("n3", ("append", x, 2), ("append", y, 2))
    assert cluster.run_until(lambda: one.ok and two.ok)
    cluster.run(0.1)
    first, second = cluster.read(x, y)
    return bool(first != second)


def two_readers_write(core: Core) -> bool:
    cluster, x, y = cluster_of(core)
    one = cluster.ask("n2", ("r", x, None), ("append", y, 1))
    two = cluster.ask("n3", ("r", y, None), ("append", x, 2))
    assert cluster.run_until(lambda: one.ok and two.ok)
    return one.reads == two.reads == [None]


def died_and_started_again(core: Core) -> bool:
    cluster, x, y = cluster_of(core, Options(work_s=0.3))
    # An older one holds y for a while, so that the younger one dies there.
    cluster.dropped = lambda _, target, message: isinstance(message, Prepare) and target == "n3"
    cluster.ask("n2", ("append", y, 7))
    cluster.run(0.05)
    cluster.nodes["n1"].alive.lamport = 50
    younger = cluster.ask("n1", ("r", x, None), ("append", y, 1))
    cluster.run_until_told(Died, "n3")
    cluster.run(0.03)
    cluster.dropped = lambda *_: False
    assert cluster.ask_and_wait("n2", ("append", x, 9)).ok
    assert cluster.run_until(lambda: younger.answer is not None)
    return younger.ok and younger.reads == [None]


def visible_one_by_one(core: Core) -> bool:
    cluster, x, y = cluster_of(core)
    half_told(cluster, x, y)
    reader = cluster.ask_and_wait("n2", ("r", x, None), ("r", y, None))
    return reader.ok and reader.reads == [[1], None]


def clock_is_behind(core: Core) -> bool:
    cluster, x, _ = cluster_of(core)
    cluster.run(5.0)
    assert cluster.ask_and_wait("n1", ("append", x, 1)).ok
    cluster.run(0.5)
    cluster.wall_error_s["n3"] = -2.0
    return cluster.ask_and_wait("n3", ("r", x, None)).reads == [None]


def asked_again(core: Core) -> bool:
    cluster, x, _ = cluster_of(core)
    said = {"session": "s", "seq": 1}
    for _ in range(2):
        assert cluster.ask_and_wait("n1", ("append", x, 1), **said).ok
        cluster.restart("n1")
    return cluster.read(x) == [[1, 1]]


STORIES: dict[str, Callable[[Core], bool]] = {
    "T1": coordinator_restarts,
    "T2": coordinator_restarts,
    "T3": coordinator_is_cut_off,
    "T4": voter_loses_power,
    "T5": undecided_is_read,
    "T6": between_two_writes,
    "T7": two_writers_cross,
    "T8": two_readers_write,
    "T9": died_and_started_again,
    "T10": visible_one_by_one,
    "T11": clock_is_behind,
    "T12": asked_again,
}


def core_of(bug: Bug) -> Core:
    mutated: Core = mutate(TwoPhaseCommit, [bug])
    return mutated


def test_every_bug_has_a_story() -> None:
    assert list(STORIES) == [bug.id for bug in BUGS] == [f"T{n}" for n in range(1, 13)]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_the_bug_does_what_its_row_says(bug: Bug) -> None:
    seen: list[str] = []
    mutated = core_of(bug)

    class Counted(mutated):  # type: ignore[misc, valid-type]
        def _count(self, name: str, times: int = 1) -> None:
            seen.append(name)
            super()._count(name, times)

    assert STORIES[bug.id](Counted), "the mutated node behaved"
    assert set(seen) == {bug.name}, "what was reached is counted under the bug's own name"


@pytest.mark.parametrize("story", dict.fromkeys(STORIES.values()), ids=lambda s: s.__name__)
def test_the_correct_node_does_not(story: Callable[[Core], bool]) -> None:
    assert not story(TwoPhaseCommit)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_its_mutation_lives_in_a_module_of_its_own(bug: Bug) -> None:
    module, _, name = bug.override.partition(":")
    override = getattr(importlib.import_module(module), name)
    assert issubclass(override, TwoPhaseCommit)
    assert bug.name == importlib.import_module(module).NAME
    assert find(BUGS, bug.id) is find(BUGS, bug.name) is bug


def test_an_unknown_bug_is_told_which_there_are() -> None:
    with pytest.raises(UnknownBug, match=r"T1 two-phase-commit\.no-redo"):
        find(BUGS, "T99")


def test_a_core_is_made_with_its_bugs() -> None:
    core = make_core(
        "n1",
        ["n1", "n2"],
        [],
        rng=random.Random(1),
        incarnation=1,
        options=Options(),
        bugs=["T3", "two-phase-commit.no-read-locks"],
    )
    assert core.bugs == ("two-phase-commit.aborts-in-doubt", "two-phase-commit.no-read-locks")  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="n9 is none of the members"):
        make_core("n9", ["n1"], [], rng=random.Random(1), incarnation=1, options=Options())


def test_random_trouble_that_clears_the_correct_node_convicts_a_wrong_one() -> None:
    """What the safety test judges by can fail."""
    for number in ("T7", "T8", "T10"):
        core = core_of(find(BUGS, number))
        histories = (history_of(hurt(seed, core, virtual_s=2.0)) for seed in range(5))
        verdicts = {linearizable(h, MODELS["list-append"]).verdict for h in histories}
        assert Verdict.INVALID in verdicts, number


def test_who_has_forgotten_answers_the_question_wrongly() -> None:
    """T1 counts where it matters: somebody asks about what was decided."""
    cluster, x, y = cluster_of(core_of(find(BUGS, "T1")))
    half_told(cluster, x, y)
    (name,) = cluster.nodes["n1"].alive.decided
    cluster.restart("n1")
    cluster.deliver("n3", "n1", Inquire(name))
    assert cluster.reached == {"two-phase-commit.no-redo": 1}
