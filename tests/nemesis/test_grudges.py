from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nemesis import grudges

NODES = [f"n{i}" for i in range(1, 6)]
orders = st.integers(2, 9).flatmap(
    lambda count: st.permutations([f"n{i}" for i in range(1, count + 1)])
)


def test_an_isolated_node_and_the_rest_refuse_each_other() -> None:
    grudge = grudges.isolate(NODES, ["n2"])
    assert grudge["n2"] == {"n1", "n3", "n4", "n5"}
    assert all(grudge[node] == {"n2"} for node in NODES if node != "n2")


def test_a_one_way_cut_makes_only_the_deaf_refuse() -> None:
    grudge = grudges.one_way(NODES, ["n1"])
    assert grudge["n1"] == set(NODES) - {"n1"}
    assert not any(grudge[node] for node in NODES[1:])


@given(orders)
def test_refusals_of_symmetric_grudges_are_mutual_and_never_of_oneself(order: list[str]) -> None:
    for grudge in (grudges.halves(order), grudges.bridge(order), grudges.majorities_ring(order)):
        assert set(grudge) == set(order)
        for node, foes in grudge.items():
            assert node not in foes
            assert all(node in grudge[foe] for foe in foes)


@given(orders)
def test_halves_leave_one_majority(order: list[str]) -> None:
    seen = {node: len(order) - len(foes) for node, foes in grudges.halves(order).items()}
    majority = len(order) // 2 + 1
    assert sum(count >= majority for count in seen.values()) in (0, len(order) - len(order) // 2)


@given(orders)
def test_on_a_ring_everyone_sees_a_majority_and_no_two_the_same(order: list[str]) -> None:
    grudge = grudges.majorities_ring(order)
    seen = {node: frozenset(order) - foes for node, foes in grudge.items()}
    assert all(len(others) > len(order) / 2 for others in seen.values())
    if len(order) > 3 and any(grudge.values()):
        assert len(set(seen.values())) == len(order)


def test_a_bridge_sees_all_and_its_banks_do_not_see_each_other() -> None:
    grudge = grudges.bridge(NODES)
    assert grudge["n3"] == frozenset()
    assert grudge["n1"] == {"n4", "n5"} and grudge["n5"] == {"n1", "n2"}


def test_the_union_of_grudges_has_an_entry_for_every_node() -> None:
    union = grudges.union(
        [grudges.isolate(NODES, ["n1"]), grudges.isolate(NODES, ["n2"])], [*NODES, "n6"]
    )
    assert union["n3"] == {"n1", "n2"} and union["n6"] == frozenset()
