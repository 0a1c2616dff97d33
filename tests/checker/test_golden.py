"""Golden histories: the folder a file lies in is its verdict."""

from pathlib import Path

import pytest

from checker import Verdict, judge
from checker.explanation import violation_diagram
from histories.errors import HistoryError
from histories.history import read_history

GOLDEN = Path(__file__).parents[1] / "golden"
FILES = sorted(GOLDEN.glob("*/*/*.jsonl"))


def test_there_are_golden_histories_of_every_model_and_verdict():
    folders = {path.parent.relative_to(GOLDEN).as_posix() for path in FILES}
    models = ("cas-register", "register", "set", "counter")
    assert folders == {f"{model}/{verdict}" for model in models for verdict in ("valid", "invalid")}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(GOLDEN).as_posix())
def test_the_folder_is_the_verdict(path):
    history = read_history(path)
    result = judge(history)
    assert result.model == path.parts[-3]
    assert result.verdict == path.parts[-2], result.reason
    assert history.header["source"]
    for violation in result.violations:
        assert violation.sentence in result.reason
        assert violation_diagram(violation, history.operations)


def test_the_model_asked_for_outweighs_the_header_and_misfits_name_file_and_line():
    path = GOLDEN / "set" / "valid" / "indeterminate-add-appears-late.jsonl"
    with pytest.raises(HistoryError, match=r"late.jsonl:2: 'add' is no operation of the model"):
        judge(read_history(path), "register")


def test_an_unknown_or_missing_model_says_which_there_are(tmp_path):
    path = GOLDEN / "register" / "valid" / "read-concurrent-with-write.jsonl"
    with pytest.raises(HistoryError, match=r"regster. is not known[\s\S]*cas-register[\s\S]*set"):
        judge(read_history(path), "regster")
    headerless = tmp_path / "h.jsonl"
    headerless.write_text("\n".join(path.read_text().splitlines()[1:]) + "\n")
    with pytest.raises(HistoryError, match="no model is named"):
        judge(read_history(headerless))
    assert judge(read_history(headerless), "register").verdict is Verdict.VALID


def test_a_history_in_which_nothing_succeeded_is_vacuous(tmp_path):
    path = tmp_path / "h.jsonl"
    path.write_text('{"process":0,"type":"invoke","f":"write","value":1}\n')
    result = judge(read_history(path), "register")
    assert (
        result.verdict is Verdict.VACUOUS and "its only operation did not succeed" in result.reason
    )
    path.write_text(path.read_text() + '{"process":0,"type":"ok","f":"write","value":1}\n')
    result = judge(read_history(path), "register")
    assert result.verdict is Verdict.VACUOUS and "no read ever saw a write" in result.reason
