"""``splitbrain models``, and the names that help texts know without loading the checker."""

import json

from checker.models import MODELS
from splitbrain.cli import catalogue, front


def test_the_names_that_help_knows_are_the_models_there_are():
    assert {name: model.summary for name, model in MODELS.items()} == catalogue.MODELS


def test_lists_every_model_on_one_line(capsys):
    assert front.run(["models"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for name in (*MODELS, *catalogue.WHOLE):
        assert sum(line.startswith(f"{name} ") for line in lines) == 1


def test_tells_all_of_them_as_json(capsys):
    assert front.run(["models", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert list(rows) == [*MODELS, *catalogue.WHOLE]
    assert rows["multi-register"]["by_key"] is False
    assert rows["cas-register"]["functions"] == ["read", "write", "cas"]
    assert all(row["summary"] and row["outcomes"] for row in rows.values())
