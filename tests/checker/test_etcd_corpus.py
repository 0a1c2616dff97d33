"""The known verdict on every log of the etcd corpus, when it lies beside the checkout."""

import json
from pathlib import Path

import pytest

from checker import judge
from checker.reading import Reading
from histories.history import read_history

DEAF = Reading("deaf", "never", "nil")
"""Nothing that failed says anything."""

CORPUS = Path(__file__).parents[3] / "shared" / "corpora" / "etcd-jepsen"

pytestmark = pytest.mark.skipif(
    not CORPUS.is_dir(), reason="no ../shared/corpora/etcd-jepsen beside the checkout"
)


def test_every_log_gets_its_known_verdict():
    expected = json.loads((CORPUS / "verdicts.json").read_text())
    assert len(expected) >= 50
    found = {name: str(judge(read_history(CORPUS / name)).verdict) for name in expected}
    assert found == expected


def test_the_reading_of_failed_compare_and_sets_is_selectable():
    """Dropped instead of observed, they can only let more histories pass."""
    expected = json.loads((CORPUS / "verdicts.json").read_text())
    for name in expected:
        result = judge(read_history(CORPUS / name), reading=DEAF)
        assert result.verdict == "valid" or expected[name] == "invalid"
