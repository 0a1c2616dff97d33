"""Golden histories of transactions: the folder names the level and the verdict on it."""

from pathlib import Path

import pytest

from checker.judge import judge
from checker.transactions.levels import LEVELS
from checker.transactions.verifying import verify_isolation
from histories.history import read_history

GOLDEN = Path(__file__).parents[1] / "golden" / "isolation"
FILES = sorted(GOLDEN.glob("*/*/*.jsonl"))


def test_there_are_histories_of_the_levels_and_of_both_verdicts():
    folders = {path.parent.relative_to(GOLDEN).parts for path in FILES}
    assert {level for level, _ in folders} <= set(LEVELS)
    assert {verdict for _, verdict in folders} == {"valid", "invalid"}
    assert len({level for level, verdict in folders if verdict == "invalid"}) >= 8


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(GOLDEN).as_posix())
def test_the_folder_is_the_level_and_the_verdict(path):
    level, verdict = path.parts[-3:-1]
    history = read_history(path)
    result = judge(history, level=level)
    assert result.verdict == verdict, result.statistics
    assert history.header["source"]
    if verdict == "invalid":
        kinds = [violation.kind for violation in result.violations]
        assert history.header["anomaly"] in kinds
        assert "contradiction" in result.reason or kinds[0] in result.reason
    assert result.certificate is not None
    assert verify_isolation(history.operations, result.certificate) is None
