"""Real histories with known verdicts, where they lie beside the project."""

import json
from pathlib import Path

import pytest

from checker import judge
from checker.reading import Reading
from histories.history import read_history

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
DEAF = Reading("deaf", "never", "nil")
"""Nothing that failed says anything."""

MODELS = {"etcd-jepsen": "cas-register", "kv-append": "append", "knossos": "cas-register"}


def histories(corpus):
    """The verdicts known of a corpus by file; skips where it is not at hand."""
    verdicts = CORPORA / corpus / "verdicts.json"
    if not verdicts.is_file():
        pytest.skip("the corpora do not lie beside this project")
    return {
        CORPORA / corpus / name: known for name, known in json.loads(verdicts.read_text()).items()
    }


@pytest.mark.parametrize("corpus", MODELS)
def test_every_history_gets_its_known_verdict(corpus):
    known = histories(corpus)
    found = {file: str(judge(read_history(file), MODELS[corpus]).verdict) for file in known}
    assert found == known


def test_what_an_etcd_log_is_a_history_of_is_told_by_its_format():
    for file in list(histories("etcd-jepsen"))[:3]:
        assert judge(read_history(file)).model == "cas-register"
    for file in histories("kv-append"):
        assert judge(read_history(file)).model == "append"


def test_mismatches_matter():
    """Without them a history may become valid, never invalid."""
    for file, known in histories("etcd-jepsen").items():
        result = judge(read_history(file), reading=DEAF)
        assert result.verdict == "valid" or known == "invalid"
