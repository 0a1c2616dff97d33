"""``check --level``, ``levels`` and ``verify`` of transactions on the command line."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from checker.judge import judge
from checker.transactions.levels import LEVELS
from checker.verdict import Violation
from histories.history import read_history
from splitbrain.cli import front
from splitbrain.cli.catalogue import LEVELS as LISTED
from splitbrain.report.cycle import NODES_MAX, cycle_svg
from splitbrain.report.isolation import isolation_of, levels_lines

GOLDEN = Path(__file__).parents[1] / "golden" / "isolation"
SKEW = GOLDEN / "serializable" / "invalid" / "write-skew.jsonl"
FORK = GOLDEN / "snapshot-isolation" / "invalid" / "long-fork.jsonl"
LATE = GOLDEN / "serializable" / "valid" / "late-write-is-not-seen.jsonl"
EDN = """\
{:index 0 :type :invoke :value [[:append 253 1] [:append 253 3]]}
{:index 1 :type :ok :value [[:append 253 1] [:append 253 3]]}
{:index 2 :type :invoke, :value [[:r 253 nil]]}
{:index 3 :type :ok, :value [[:r 253 [1 3]]]}
"""


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("SPLITBRAIN_STORE", str(tmp_path / "store"))


def told(capsys, *arguments):
    code = front.run([str(one) for one in arguments])
    out = capsys.readouterr()
    return code, out.out, out.err


def test_a_level_that_is_not_kept_is_refuted_and_one_that_is_is_valid(capsys):
    code, out, _ = told(capsys, "check", SKEW, "--level", "serializable")
    assert code == 1 and "Ruled out by G2-item: repeatable-read, and what implies it." in out
    assert "T1 read" in out and ": a contradiction. T1 is process" in " ".join(out.split())
    assert told(capsys, "check", FORK, "--level", "parallel-snapshot-isolation")[0] == 0


def test_without_a_level_strict_serializability_is_asked_for(capsys):
    code, out, _ = told(capsys, "check", LATE)
    assert code == 1 and "Holds: strong-session-serializable, strong-read-committed." in out
    assert "G-single-realtime" in out


@pytest.mark.parametrize("name", ["Snapshot Isolation", "snapshot_isolation", "SERIALISABLE"])
def test_a_level_may_be_spelt_as_people_do(capsys, name):
    assert told(capsys, "check", SKEW, "--level", name)[0] in (0, 1)


def test_json_says_what_becomes_of_every_level(capsys):
    code, out, _ = told(capsys, "check", FORK, "--level", "serializable", "--json")
    (document,) = json.loads(out)
    isolation = document["isolation"]
    assert code == 1 and document["verdict"] == "invalid"
    assert set(isolation["levels"]) == set(LEVELS)
    assert isolation["level"] == "serializable"
    assert isolation["refuted_by"]["snapshot-isolation"] == "G-nonadjacent"
    assert document["certificate"]["format"] == "splitbrain-isolation-refutation"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((SKEW, "--level", "snapshot"), "snapshot-isolation"),
        ((SKEW, "--level", "serializable", "--consistency", "linearizable"), "not by both"),
        (("-", "--model", "list-append", "--level", "causal"), "a pipe is judged event by event"),
    ],
)
def test_what_cannot_be_asked_is_told(capsys, arguments, why):
    code, _, err = told(capsys, "check", *arguments)
    assert code == 2 and why in err


def test_what_has_no_levels_says_so_and_what_is_no_transaction_names_its_line(capsys, tmp_path):
    path = tmp_path / "h.jsonl"
    path.write_text('{"process":0,"type":"invoke","f":"write","value":1}\n')
    code, _, err = told(capsys, "check", path, "--model", "register", "--level", "causal")
    assert code == 2 and "has no levels of isolation" in err
    path.write_text('{"process":0,"type":"invoke","f":"txn","value":[["append","x",1]]}\n')
    code, _, err = told(capsys, "check", path, "--model", "rw-register")
    assert code == 2 and "h.jsonl:1" in err and "'append' is of another model" in err


@pytest.mark.parametrize("path", [SKEW, FORK, LATE], ids=lambda path: path.stem)
@pytest.mark.parametrize("level", ["serializable", "strict-serializable"])
def test_the_certificate_is_proved_by_verify_and_by_no_other_history(capsys, tmp_path, path, level):
    proof = tmp_path / "proof.json"
    code, _, _ = told(capsys, "check", path, "--level", level, "--certificate", proof)
    claim = "not " if code == 1 else ""
    code, out, _ = told(capsys, "verify", proof, path)
    assert code == 0 and f"proved: the history is {claim}" in out
    other = GOLDEN / "read-committed" / "invalid" / "aborted-read.jsonl"
    assert told(capsys, "verify", proof, other)[0] == 1


def test_samples_that_name_no_process_are_read(capsys, tmp_path):
    path = tmp_path / "h.edn"
    path.write_text(EDN)
    code, out, _ = told(capsys, "check", path, "--model", "list-append")
    assert code == 0 and "Holds: strict-serializable." in out
    path.write_text("\n".join([*EDN.splitlines(), EDN.splitlines()[1]]))
    code, _, err = told(capsys, "check", path, "--model", "list-append")
    assert code == 2 and "a completion that names no process" in err
    path.write_text("\n".join([EDN.splitlines()[1], EDN.splitlines()[0]]))
    assert "an invocation behind completions" in told(capsys, "check", path)[2]
    path.write_text("\n".join([EDN.splitlines()[0]] * 2))
    assert "two transactions at once" in told(capsys, "check", path)[2]


def test_levels_lists_all_of_them(capsys):
    code, out, _ = told(capsys, "levels")
    assert code == 0 and all(name in out for name in LEVELS)
    assert tuple(LEVELS) == LISTED
    _, out, _ = told(capsys, "levels", "--json")
    assert {row["name"]: row["implies"] for row in json.loads(out)}["causal"] == ["read-atomic"]


def test_the_page_draws_the_cycle_and_escapes_what_keys_say(capsys, tmp_path):
    page = tmp_path / "why.html"
    assert told(capsys, "check", FORK, "--level", "serializable", "--html", page)[0] == 1
    text = page.read_text()
    assert text.count('<svg class="cycle"') == 1 and ">T4</text>" in text
    assert "Ruled out by G-nonadjacent" in text
    hostile = "</text><script>alert(1)</script>\u202e\x00"
    steps = [{"kind": "rw", "from": 0, "to": 1, "key": hostile, "later": 1}] * 3
    drawn = cycle_svg(Violation("G2-item", "", (), details={"evidence": {"cycle": steps}}))
    assert "<script" not in drawn and "\x00" not in drawn and "\u202e" not in drawn
    long = {"evidence": {"cycle": steps[:1] * (NODES_MAX + 1)}}
    assert cycle_svg(Violation("G2-item", "", (), details=long)) == ""
    assert cycle_svg(Violation("stale read", "", ())) == ""


@pytest.mark.parametrize(
    "change",
    [
        {"level": 3},
        {"shown": None},
        {"doubts": [1]},
        {"levels": []},
        {"levels": {"causal": 1}},
        {"anomalies": {"G0": 1}},
        {"anomalies": {"G0": {}}},
    ],
)
def test_what_others_wrote_of_levels_is_told_only_if_it_has_the_shape(change):
    result = judge(read_history(FORK), level="serializable")
    sound = result.statistics["isolation"]
    assert isolation_of(result) == sound
    broken = replace(result, statistics={"isolation": {**sound, **change}})
    assert isolation_of(broken) is None
    assert isolation_of(replace(result, statistics={"isolation": "causal"})) is None


def test_what_is_neither_shown_nor_ruled_out_is_told_with_the_reason():
    isolation = {
        "levels": {"serializable": "unknown"},
        "shown": ["read-committed"],
        "not_refuted": ["serializable"],
        "refuted_by": {},
        "anomalies": {},
        "doubts": ["it cannot be told"],
    }
    assert levels_lines(isolation) == [
        "Holds: read-committed.",
        "Not ruled out, and not shown: serializable (it cannot be told).",
    ]


SHORT = ("--host", "simulated", "--seed", "3", "--time-limit", "4s", "--faults", "none")


@pytest.mark.thorough
def test_a_run_is_judged_by_the_level_that_is_named_and_says_so_wherever_it_is_told(capsys):
    asked = ("test", "two-phase-commit", *SHORT, "--bug", "T8", "--workload", "rw-register")
    code, out, _ = told(capsys, *asked, "--level", "Read Committed", "--json")
    record = json.loads(out)
    assert code == 0 and record["plan"]["level"] == "read-committed"
    assert "--level read-committed" in record["repeat"]
    isolation = record["results"][0]["isolation"]
    assert isolation["level"] == "read-committed"
    assert isolation["levels"]["serializable"] == "invalid"
    code, out, _ = told(capsys, "show", "latest")
    assert code == 0 and "Ruled out by" in out and "Holds: " in out
    code, out, _ = told(capsys, *asked, "--json")
    assert code == 1 and "level" not in json.loads(out)["plan"]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("raft",), "the workload register is no transactions"),
        (("two-phase-commit", "--stop-on-violation"), "--stop-on-violation: what is followed"),
        (("two-phase-commit", "--consistency", "sequential"), "by a level or by --consistency"),
    ],
)
def test_a_level_that_a_run_cannot_be_judged_by_is_refused(capsys, words, problem):
    code, _, err = told(capsys, "test", *words, *SHORT, "--level", "causal")
    assert code == 2 and problem in " ".join(err.split())
    assert (
        "there is no level 'causl'" in told(capsys, "test", *words, *SHORT, "--level", "causl")[2]
    )


@pytest.mark.thorough
@pytest.mark.parametrize("workload", ["list-append", "rw-register"])
def test_the_evidence_of_a_run_is_a_few_transactions_that_check_refutes(capsys, tmp_path, workload):
    asked = ("test", "two-phase-commit", *SHORT, "--bug", "T8", "--workload", workload)
    assert told(capsys, *asked)[0] == 1
    few = tmp_path / "few.jsonl"
    told(capsys, "shrink", "latest", "--budget", "1s", "--evidence", few)
    operations = read_history(few).operations
    assert 2 <= len(operations) <= 4
    assert sum(len(one.input) for one in operations) <= 8
    assert told(capsys, "check", few)[0] == 1
