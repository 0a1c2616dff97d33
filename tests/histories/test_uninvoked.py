"""Transactions of which only the completions were written down."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.judge import judge
from checker.verdict import Verdict
from histories.errors import HistoryError
from histories.history import History, read_history

# The demonstration in Elle's README.
ELLE = """[{:process 0, :type :ok, :value [[:append :x 1] [:r :y [1]]]}
 {:process 1, :type :ok, :value [[:append :x 2] [:append :y 1]]}
 {:process 2, :type :ok, :value [[:r :x [1 2]]]}]
"""


def written(tmp_path: Path, text: str) -> History:
    path = tmp_path / "h.edn"
    path.write_text(text)
    return read_history(path)


def intervals(history: History) -> list[tuple[int, int, int | None]]:
    return [(one.process, one.call, one.ret) for one in history.operations]


def test_elles_demonstration_is_the_cycle_that_elle_finds(tmp_path):
    history = written(tmp_path, ELLE)
    assert any("only completions" in note for note in history.notes)
    result = judge(history, "list-append", level="serializable")
    assert result.verdict is Verdict.INVALID
    assert [violation.kind for violation in result.violations] == ["G1c"]


def test_a_transaction_begins_right_after_the_one_before_it_of_its_process(tmp_path):
    history = written(
        tmp_path,
        """{:process 0, :type :ok, :value [[:append :x 1]]}
        {:process 1, :type :ok, :value [[:append :x 2]]}
        {:process 0, :type :ok, :value [[:r :x [1 2]]]}
        {:process 1, :type :info, :value [[:append :x 3]]}""",
    )
    assert intervals(history) == [(0, 0, 2), (1, 1, 4), (0, 3, 6), (1, 5, None)]
    assert [history.where(index)[-2:] for index in range(8)] == [
        ":1", ":2", ":1", ":3", ":2", ":4", ":3", ":4",
    ]  # fmt: skip
    assert [event.index for event in history.events] == list(range(8))


def test_without_processes_all_begin_before_any_ends(tmp_path):
    history = written(
        tmp_path,
        """{:type :ok, :value [[:w :x 1]]} {:type :fail, :value [[:w :x 2]]}
        {:type :ok, :value [[:r :x 1]]}""",
    )
    assert intervals(history) == [(0, 0, 3), (1, 1, 4), (2, 2, 5)]
    assert judge(history, "rw-register").verdict is Verdict.VALID


def test_faults_between_them_keep_their_place(tmp_path):
    history = written(
        tmp_path,
        """{:process :nemesis, :type :info, :f :start}
        {:process 0, :type :ok, :f :txn, :value [[:append :x 1]]}
        {:process :nemesis, :type :info, :f :stop}
        {:process 0, :type :ok, :f :txn, :value [[:r :x [1]]]}""",
    )
    told = " ".join(f"{event.process} {event.type.value}" for event in history.events)
    assert told == "0 invoke nemesis info 0 ok 0 invoke nemesis info 0 ok"


@pytest.mark.parametrize(
    "text",
    [
        # Somebody is invoked, so all should be.
        """{:process 0, :type :ok, :f :txn, :value [[:append :x 1]]}
        {:process 1, :type :invoke, :f :txn, :value [[:append :x 2]]}""",
        # No transactions.
        "{:process 0, :type :ok, :f :read, :value 1}",
    ],
)
def test_a_completion_out_of_place_is_told(tmp_path, text):
    with pytest.raises(HistoryError, match="has no operation open"):
        written(tmp_path, text)
