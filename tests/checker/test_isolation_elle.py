"""Elle's sample histories get the anomalies that Elle's paper and tests name."""

from pathlib import Path

import pytest

from checker.judge import judge
from checker.transactions.verifying import verify_isolation
from histories.history import read_history

CORPUS = Path(__file__).parents[3] / "shared" / "corpora" / "elle"
pytestmark = pytest.mark.skipif(
    not CORPUS.is_dir(), reason=f"Elle's sample histories are not at {CORPUS}"
)


def judged(name, **options):
    history = read_history(CORPUS / name, named=True)
    return history, judge(history, "list-append", **options)


def test_the_papers_example_is_a_read_skew_of_three_transactions():
    history, result = judged("paper-example.edn")
    first = result.violations[0]
    assert first.kind == "G-single" and result.verdict == "invalid"
    assert "T1 read 255 before T2 appended 8 to it" in first.sentence
    assert "T2 appended the 8 that T3 read in 255" in first.sentence
    assert "yet T3 appended 4 to 256 before T1 appended 3: a contradiction" in first.sentence
    assert verify_isolation(history.operations, result.certificate) is None
    assert judge(history, "list-append", level="causal").verdict == "valid"


def test_a_huge_component_is_decided_in_seconds_and_in_bounded_memory():
    history, result = judged("huge-scc.edn")
    isolation = result.statistics["isolation"]
    assert result.verdict == "invalid"
    assert {"G-single-realtime", "G2-item-realtime"} <= set(isolation["anomalies"])
    assert "strong-session-serializable" in isolation["shown"]
    assert isolation["levels"]["strong-snapshot-isolation"] == "invalid"
    assert verify_isolation(history.operations, result.certificate) is None
    serial = judge(history, "list-append", level="serializable")
    assert serial.verdict == "valid"
    assert verify_isolation(history.operations, serial.certificate) is None
