"""The histories of the benchmark of transactions keep the promise of their case."""

import json

import pytest
from isolating.cases import every_case
from isolating.drawing import Drawn, draw, plant
from isolating.files import write_edn

from checker.transactions.deciding import decide
from checker.transactions.intake import transactions_of
from histories.history import read_history


def test_what_is_drawn_is_strictly_serializable_and_the_seed_fixes_it():
    columns = draw(Drawn(400, clients=5))
    findings = decide(columns, compiled=False)
    assert findings.serial == "strict-serializable" and not findings.anomalies
    again = draw(Drawn(400, clients=5))
    assert (columns.elements == again.elements).all() and (columns.ret == again.ret).all()


@pytest.mark.parametrize("many", [1, 20])
def test_a_planted_stale_read_is_found(many):
    columns = draw(Drawn(600, clients=5))
    plant(columns, many, 0)
    findings = decide(columns, compiled=False)
    assert findings.verdict("strict-serializable") == "invalid"
    assert any(one.name == "G-single-realtime" for one in findings.anomalies) or many > 1


def test_peers_get_the_same_history(tmp_path):
    columns = draw(Drawn(60, clients=3))
    write_edn(columns, tmp_path / "h.edn")
    table = read_history(tmp_path / "h.edn", named=True).table
    read = transactions_of(table, "list-append")
    assert (read.call == columns.call).all() and (read.ret == columns.ret).all()
    assert (read.kind == columns.kind).all() and (read.length == columns.length).all()
    assert decide(read, compiled=False).serial == "strict-serializable"


def test_cases_have_names_of_their_own_and_go_into_a_process_as_json(tmp_path):
    cases = every_case(tmp_path)
    assert len({case.name for case in cases}) == len(cases)
    assert all(json.loads(json.dumps(case.to_json())) for case in cases)
