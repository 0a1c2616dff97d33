"""``splitbrain convert``: what it writes, what it says is lost, and what it refuses."""

import pytest

from histories.history import read_history
from splitbrain.cli import front
from splitbrain.cli.commands.convert import FORMATS

EDN = "{:process 0, :type :invoke, :f :write, :value 1}\n{:process 0, :type :ok, :f :write}\n"


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "a.edn"
    path.write_text(EDN)
    return path


def test_it_writes_by_the_targets_name_and_says_what_it_took(source, tmp_path, capsys):
    target = tmp_path / "b.jsonl.zst"
    assert front.run(["convert", str(source), str(target)]) == 0
    told = capsys.readouterr().err
    assert f"{target}: 1 operations, jsonl" in told and "taken for cas-register" in told
    assert read_history(target).model == "cas-register"


def test_it_says_what_the_target_does_not_carry(source, tmp_path, capsys):
    journal = tmp_path / "b.jsonl"
    front.run(["convert", str(source), str(journal)])
    assert front.run(["convert", str(journal), str(tmp_path / "c"), "--to", "edn"]) == 0
    assert f"note: {tmp_path / 'c'} does not carry the header (model" in capsys.readouterr().err


def test_it_replaces_nothing_unless_told(source, tmp_path, capsys):
    target = tmp_path / "b.jsonl"
    target.write_text("mine")
    assert front.run(["convert", str(source), str(target)]) == 2
    assert "is there already; --force" in capsys.readouterr().err
    assert target.read_text() == "mine"
    assert front.run(["convert", str(source), str(target), "--force"]) == 0


def test_keys_can_be_asked_for(tmp_path):
    source, target = tmp_path / "a.edn", tmp_path / "b.jsonl"
    source.write_text("{:process 0, :type :invoke, :f :cas, :value [1 [2 3]]}")
    assert front.run(["convert", str(source), str(target), "--independent"]) == 0
    (operation,) = read_history(target).operations
    assert (operation.key, operation.input) == (1, [2, 3])


@pytest.mark.parametrize(
    ("arguments", "told"),
    (
        (["b"], "expected a name ending in .jsonl, .edn or .txt"),
        (["b", "--to", "edm"], "edn"),
        (["b.txt"], "does not fit porcupine-kv"),
        (["no/such/folder/b.jsonl"], "b.jsonl: cannot be written (No such"),
    ),
)
def test_what_cannot_be_done_is_said(source, tmp_path, monkeypatch, capsys, arguments, told):
    monkeypatch.chdir(tmp_path)
    assert front.run(["convert", str(source), *arguments]) == 2
    assert told in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["a.edn"]


def test_a_source_that_is_no_history_is_told(tmp_path, capsys):
    (tmp_path / "a").write_text("hello")
    assert front.run(["convert", str(tmp_path / "a"), str(tmp_path / "b.jsonl")]) == 2
    assert "a:1: starts with 'hello'" in capsys.readouterr().err


def test_the_formats_named_are_those_there_are():
    from histories import conversion

    assert conversion.FORMATS == FORMATS
