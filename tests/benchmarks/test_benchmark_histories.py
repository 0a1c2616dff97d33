"""The generators promise a verdict by construction; an engine without any pruning agrees."""

from __future__ import annotations

from pathlib import Path
from random import Random

import frontier
import numpy as np
import oracle
import pytest
from deciding.appends import append_history
from deciding.cases import chosen, every_case
from deciding.files import load_columns, save_columns, write_journal
from deciding.planting import with_wrong_read
from deciding.registers import cas_register_history, register_history

from checker.reading import PORCUPINE
from histories.history import read_history
from histories.table import NEVER, Operations, Table


def linearizable(table: Table) -> bool:
    operations = list(Operations(table))
    return all(
        frontier.is_linearizable([o for o in operations if o.key == key])
        for key in {o.key for o in operations}
    )


def drawn(seed: int) -> list[Table]:
    return [
        register_history(seed, 60, 4, crashed=3, rare=True),
        register_history(seed, 60, 4, values="unique", crashed=2),
        register_history(seed, 80, 4, keys=3),
        register_history(seed, 80, 4, values="unique", keys=3),
        cas_register_history(seed, 60, 4, crashed=3, rare=True, pause=1.0),
    ]


def test_simulated_registers_are_linearizable_and_a_planted_read_is_not() -> None:
    planted = 0
    for seed in range(12):
        for table in drawn(seed):
            assert linearizable(table)
            try:
                wrong = with_wrong_read(table, seed)
            except ValueError:
                continue
            planted += 1
            assert np.count_nonzero(wrong.output != table.output) == 1
            assert not linearizable(wrong)
    assert planted > 40


def test_as_many_operations_crash_as_were_asked_for_and_indexes_have_no_gaps() -> None:
    table = cas_register_history(1, 500, 10, crashed=17)
    assert len(table) == 500
    assert np.count_nonzero(table.ret == NEVER) == 17
    events = np.sort(np.concatenate((table.call, table.ret[table.ret != NEVER])))
    assert (events == np.arange(2 * 500 - 17)).all()


def test_a_client_runs_one_operation_at_a_time() -> None:
    table = register_history(2, 1_000, 10, crashed=20)
    for process in np.unique(table.process):
        rows = np.flatnonzero(table.process == process)
        assert (table.ret[rows][:-1] < table.call[rows][1:]).all()


@pytest.mark.parametrize("history", [cas_register_history, register_history])
def test_a_journal_that_is_written_reads_back_as_the_same_operations(
    history, tmp_path: Path
) -> None:
    table = history(3, 200, 5, crashed=9)
    write_journal(table, "cas-register", tmp_path / "h.jsonl")
    assert list(read_history(tmp_path / "h.jsonl").operations) == list(Operations(table))
    save_columns(table, tmp_path / "h.npz")
    assert list(Operations(load_columns(tmp_path / "h.npz"))) == list(Operations(table))


def test_a_store_of_appends_is_linearizable_until_a_get_is_falsified() -> None:
    for seed in range(4):
        for valid in (True, False):
            operations = list(Operations(append_history(seed, 6, valid=valid)))
            assert oracle.is_linearizable("append", operations, PORCUPINE) == valid


def test_the_same_seed_draws_the_same_history() -> None:
    seed = Random(4).randrange(1 << 30)
    first, again = register_history(seed, 300, 5), register_history(seed, 300, 5)
    assert list(Operations(first)) == list(Operations(again))


def test_cases_are_chosen_by_name_beginning_or_pattern() -> None:
    names = [case.name for case in every_case()]
    assert len(names) == len(set(names))
    assert len(chosen(["grid"], None, False)) == 96
    assert [case.name for case in chosen(["cas-20x2000-valid"], None, False)] == [
        "cas-20x2000-valid"
    ]
    assert all("-small-" in case.name for case in chosen(["*-small-*"], None, False))
    with pytest.raises(KeyError, match="nothing"):
        chosen(["nothing"], None, False)
