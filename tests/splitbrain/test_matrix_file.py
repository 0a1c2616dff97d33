"""A matrix file: what cells it makes, and that all that is wrong with it is told with its line."""

from pathlib import Path

import pytest
from matrices import SMALL, cells_in, problems_in

from splitbrain.matrix.cell import Expect
from splitbrain.matrix.order import in_order
from splitbrain.matrix.places import places_in
from splitbrain.matrix.settings import Unreadable, seeds_of


def names(tmp_path, text):
    return [cell.name for cell in cells_in(tmp_path, text)]


def test_every_combination_is_a_cell(tmp_path):
    assert names(tmp_path, SMALL) == [
        "raft · partition, seed 1",
        "raft · kill,pause, seed 1",
        "paxos · partition, seed 1",
        "paxos · kill,pause, seed 1",
    ]
    plans = [cell.plan for cell in cells_in(tmp_path, SMALL)]
    assert plans[1].faults == ("kill", "pause") and plans[2].system == "paxos"
    assert {plan.host for plan in plans} == {"simulated"}


def test_seeds_are_ranges_and_lists(tmp_path):
    text = '[axes]\nsystem = ["raft"]\nseed = [7, "1-3"]'
    assert [cell.plan.seed for cell in cells_in(tmp_path, text)] == [7, 1, 2, 3]
    assert [cell.group for cell in cells_in(tmp_path, text)] == ["raft"] * 4


@pytest.mark.parametrize("wrong", ["3-1", "one", -1, True, [], 1.5, "1-99999999"])
def test_what_is_no_seed_is_refused(wrong):
    with pytest.raises(Unreadable):
        seeds_of(wrong)


def test_what_is_excluded_is_no_cell(tmp_path):
    text = SMALL + '[[exclude]]\nsystem = "paxos"\nfaults = ["kill", "pause"]'
    assert "paxos · kill,pause, seed 1" not in names(tmp_path, text)
    assert len(names(tmp_path, text)) == 3


def test_what_is_included_stands_beside_the_others(tmp_path):
    text = SMALL + '[[include]]\nsystem = "raft"\nbug = "R4"\nexpect = "invalid"\nseed = "1-2"'
    one, two = cells_in(tmp_path, text)[-2:]
    assert one.group == two.group == "raft · bug R4"
    assert one.plan.bugs == ("raft.stale-leader-read",)
    assert one.plan.faults == ("partition",), "as the catalogue advises"
    assert one.expect is Expect.INVALID and one.plan.host == "simulated"


def test_settings_of_cells_that_are_like_this(tmp_path):
    text = SMALL + '[[override]]\nwhen = { system = "paxos" }\nrate = 5\nnodes = 3'
    rates = {
        cell.plan.system: (cell.plan.rate, cell.plan.nodes) for cell in cells_in(tmp_path, text)
    }
    assert rates == {"raft": (600.0, 5), "paxos": (5.0, 3)}


def test_settings_may_be_what_toml_has(tmp_path):
    text = """
[axes]
system = ["raft"]
overlap = [true]
interval = [[2, 1]]
rate = [12.5]
[defaults]
option = { snapshot-entries = 50 }
fault-target = ["leader"]
consistency = ["linearizable", "sequential"]
"""
    (cell,) = cells_in(tmp_path, text)
    plan = cell.plan
    assert (plan.overlap, plan.fault_hold_s, plan.fault_quiet_s, plan.rate) == (True, 2, 1, 12.5)
    assert plan.options == ("snapshot-entries=50",) and plan.fault_targets == ("leader",)
    assert plan.consistency == ("linearizable", "sequential")


def test_a_target_is_named_from_where_the_matrix_is(tmp_path):
    mydb = Path("examples/mydb").absolute()
    (tmp_path / "mydb").symlink_to(mydb)
    text = '[[include]]\ntarget = "mydb/mydb.py"'
    (cell,) = cells_in(tmp_path, text)
    assert cell.plan.target == str(tmp_path / "mydb/mydb.py")
    assert cell.name == "mydb · target mydb/mydb.py, seed 1"


def test_a_cell_may_have_a_name_of_its_own(tmp_path):
    text = '[[include]]\nsystem = "raft"\nname = "smoke"'
    assert names(tmp_path, text) == ["smoke, seed 1"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a = [1,\nb", "2: expected TOML"),
        ("nodes = 5", "1: there is no table or key 'nodes'"),
        ("[axis]\nsystem = []", "1: there is no table or key 'axis'. Did you mean 'axes'?"),
        ("title = 3", "1: title: seen 3"),
        ('\ntime-budget = "soon"', "2: time-budget: seen 'soon'"),
        ("[axes]\nsystem = 'raft'", "2: system: seen 'raft', expected a list"),
        ("[axes]\nsystem = []", "2: system: seen [], expected a list"),
        ("[axes]\nexpect = ['valid']", "2: expect: is no axis"),
        ("[axes]\nfautls = ['none']", "2: there is no key 'fautls'. Did you mean 'faults'?"),
        ("[axes]\nsystem = ['raft', 'rfat']", "2: there is no system 'rfat'. Did you mean 'raft'?"),
        ("[axes]\nnodes = [3]", "1: system: is missing"),
        ("[axes]\nsystem = ['raft']\nrate = ['fast']", "3: rate: seen 'fast'"),
        ("[axes]\nsystem = ['raft']\noverlap = ['yes']", "3: overlap: seen 'yes', expected true"),
        ("[axes]\nsystem = ['raft']\nseed = '3-1'", "3: seed: seen '3-1'"),
        ("[axes]\nsystem = ['raft']\n[defaults]\nnodes = 0", "4: nodes: seen 0"),
        ("[defaults]\nnodes = 3", "has no [axes] and no [[include]]"),
        ("exclude = 3", "1: exclude: seen int, expected tables: [[exclude]]"),
        ("[axes]\nsystem = ['raft']\n[[exclude]]", "3: [[exclude]] says nothing"),
        (
            "[axes]\nsystem = ['raft']\n[[exclude]]\nsystem = 'etcd'",
            "3: excludes nothing: no cell has system = 'etcd'",
        ),
        (
            "[axes]\nsystem = ['raft']\n[[exclude]]\nsystem = 'raft'",
            "every cell is excluded",
        ),
        (
            "[axes]\nsystem = ['raft']\nseed = '1-3'\n[[exclude]]\nseed = 3",
            "5: seed: cells are chosen by what they run, not by their seed",
        ),
        ("[axes]\nsystem = ['raft']\n[[override]]\nrate = 3", "3: when: expected"),
        (
            "[axes]\nsystem = ['raft']\n[[override]]\nwhen = {system = 'etcd'}\nrate = 3",
            "4: when: no cell has system = 'etcd'",
        ),
        ("[[include]]\nsystem = 'raft'\nexpect = 'good'", "3: expect: there is no expectation"),
        (
            "[[include]]\nsystem = 'raft'\n[[include]]\nsystem = 'raft'\nseed = [1]",
            "'raft · system raft",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text, told, tmp_path):
    problems = problems_in(tmp_path, text)
    if told.startswith("'raft"):
        assert "are the same run, twice" in problems[0]
    else:
        assert any(problem.lstrip().startswith(told) for problem in problems), problems


def test_all_problems_are_told_at_once_in_the_order_of_the_file(tmp_path):
    text = "[defaults]\nrate = 'fast'\nnodes = 0\n[axes]\nsystem = ['rfat', 'raft']\n"
    lines = [problem.partition(":")[0] for problem in problems_in(tmp_path, text)]
    assert lines == ["2", "3", "5"]


def test_two_cells_of_one_name_are_refused(tmp_path):
    text = SMALL + '[[override]]\nwhen = {system = "raft"}\nname = "same"'
    assert "two different cells are called 'same, seed 1'" in problems_in(tmp_path, text)[0]


def test_a_missing_file_and_one_that_is_no_text_are_told(tmp_path, capsys):
    from splitbrain.cli import front

    assert front.run(["test-all", str(tmp_path / "no.toml")]) == 2
    assert "No such file" in capsys.readouterr().err
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe\x00")
    assert front.run(["test-all", str(tmp_path / "b.toml")]) == 2
    assert "expected TOML in UTF-8" in capsys.readouterr().err


def test_lines_are_found_beside_strings_comments_and_lists():
    text = '''# system = 1
title = """
system = 2
[axes]
"""
[axes] # here
system = [
  "raft", # ] not the end
  "pa]xos",
]
faults = ["none"]
[[include]]
"system" = 'raft'
[[include]]
bug = "R4"
'''
    places = places_in(text)
    assert places["", 0, "title"] == 2
    assert places["axes", 0, ""] == 6 and places["axes", 0, "system"] == 7
    assert places["axes", 0, "faults"] == 11
    assert places["include", 0, "system"] == 13 and places["include", 1, "bug"] == 15
    assert places_in("axes.system = ['raft']")["axes", 0, "system"] == 1


def test_each_value_is_met_before_one_is_met_twice(tmp_path):
    text = """
[defaults]
host = "simulated"
[axes]
system = ["raft", "paxos"]
workload = ["register", "set"]
faults = ["partition", "kill", "pause"]
seed = "1-2"
"""
    cells = in_order(cells_in(tmp_path, text))
    assert [cell.plan.seed for cell in cells] == [1] * 12 + [2] * 12
    assert [cell.group for cell in cells[:12]] == [cell.group for cell in cells[12:]]
    first = cells[:3]
    assert {cell.plan.faults for cell in first} == {("partition",), ("kill",), ("pause",)}
    assert {cell.plan.system for cell in first} == {"raft", "paxos"}
    assert {cell.plan.workload for cell in first} == {"register", "set"}
    assert sorted(cell.name for cell in cells) == sorted(
        cell.name for cell in cells_in(tmp_path, text)
    )
