"""``--consistency``: several promises on the command line, their table, and one exit code."""

import json
import shlex
from pathlib import Path

import pytest

from checker.consistency import PROMISES
from checker.consistency.promise import promises_of
from splitbrain.cli import front
from splitbrain.cli.catalogue import PROMISES as LISTED
from splitbrain.cli.catalogue import load_catalogue
from splitbrain.cli.settings import Asked, SettingsError, settle
from splitbrain.cli.together import unfit_together
from splitbrain.plan import Plan
from splitbrain.report.repeat import repeat_command

GOLDEN = Path(__file__).parents[1] / "golden" / "promises"
STALE = str(GOLDEN / "sequential" / "valid" / "stale-read-of-another-session.jsonl")
BACK = str(GOLDEN / "monotonic-reads" / "invalid" / "read-goes-back.jsonl")
BLURRED = str(
    GOLDEN / "monotonic-reads" / "unknown" / "same-value-twice-and-own-write-missing.jsonl"
)


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("SPLITBRAIN_STORE", str(tmp_path / "store"))


def test_what_is_not_linearizable_may_keep_what_was_asked_for(capsys):
    assert front.run(["check", STALE]) == 1
    assert "sequential  " not in capsys.readouterr().out
    assert front.run(["check", STALE, "--consistency", "sequential"]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"{STALE}: valid")
    assert "\n  sequential  valid    by inference\n" in told and "linearizable" not in told


def test_each_promise_has_its_row_and_the_exit_code_is_of_the_worst(capsys):
    assert front.run(["check", STALE, "--consistency", "linearizable,sequential"]) == 1
    told = capsys.readouterr().out
    assert "  Not linearizable, yet sequential.\n" in told
    assert "\n  promise       verdict\n" in told
    assert "\n  linearizable  invalid  stale read\n" in told
    assert "\n  sequential    valid    by inference\n" in told
    assert "(Breaks linearizable.)" in " ".join(told.split()) and "<- has no place" in told


def test_unknown_is_worse_than_valid_and_better_than_invalid(capsys):
    assert front.run(["check", BLURRED, "--consistency", "monotonic-reads"]) == 3
    assert "was written more than once" in " ".join(capsys.readouterr().out.split())
    assert front.run(["check", BLURRED, "--consistency", "monotonic-reads,sequential"]) == 1


def test_all_stands_for_all_there_are(capsys):
    assert front.run(["check", BACK, "--consistency", "all"]) == 1
    told = capsys.readouterr().out
    asked = promises_of("cas-register")
    assert all((f"\n  {name} " in told) == (name in asked) for name in PROMISES)
    assert "(Breaks sequential, monotonic-reads.)" in " ".join(told.split())


def test_json_has_the_rows_beside_what_was_there(capsys):
    assert front.run(["check", STALE, "--json"]) == 1
    (before,) = json.loads(capsys.readouterr().out)
    assert front.run(["check", STALE, "--json", "--consistency", "linearizable,sequential"]) == 1
    (now,) = json.loads(capsys.readouterr().out)
    assert set(now) == {*before, "promises"}
    assert [(row["promise"], row["verdict"]) for row in now["promises"]] == [
        ("linearizable", "invalid"),
        ("sequential", "valid"),
    ]
    assert set(now["promises"][0]) == {
        *("promise", "verdict", "reason", "algorithm", "seconds", "statistics", "certificate")
    }
    assert now["promises"][1]["certificate"]["format"] == "splitbrain-sequential-order"
    assert now["certificate"] == now["promises"][0]["certificate"] == before["certificate"]
    assert front.run(["check", STALE, "--json", "--consistency", "linearizable"]) == 1
    (alone,) = json.loads(capsys.readouterr().out)
    assert [row["promise"] for row in alone["promises"]] == ["linearizable"]


def test_what_cannot_be_asked_is_said_at_once(capsys, tmp_path):
    page = ["--html", str(tmp_path / "page.html")]
    asked = ["check", STALE, "--consistency", "sequentail,linearizible", *page]
    assert front.run(asked) == 2
    told = capsys.readouterr().err
    assert "no promise 'sequentail'" in told or "sequential" in told
    assert "linearizable" in told and "--html" in told
    assert front.run(["check", STALE, "--consistency", ","]) == 2
    assert "no promise is named" in capsys.readouterr().err
    assert front.run(["check", "-", "--consistency", "sequential"]) == 2
    assert "only linearizability is judged" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(("file", "verdict"), [(STALE, "valid"), (BACK, "invalid")])
def test_the_proof_is_verified_without_the_search(file, verdict, tmp_path, capsys):
    proof = str(tmp_path / "proof.json")
    asked = ["check", file, "--consistency", "sequential", "--certificate", proof]
    assert front.run(asked) == (0 if verdict == "valid" else 1)
    capsys.readouterr()
    assert front.run(["verify", proof, file]) == 0
    told = capsys.readouterr().out
    claim = "sequential" if verdict == "valid" else "not sequential"
    assert f"proved: the history is {claim} (cas-register" in told and "✓" in told
    assert front.run(["verify", proof, file, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["promise"], document["verdict"]) == ("sequential", verdict)
    other = BACK if file == STALE else STALE
    assert front.run(["verify", proof, other]) == 1
    assert "not proved" in capsys.readouterr().out


def test_a_proof_of_each_promise_is_verified(tmp_path, capsys):
    proof = tmp_path / "proof.json"
    asked = ["check", STALE, "--consistency", "linearizable,sequential,monotonic-reads"]
    assert front.run([*asked, "--certificate", str(proof)]) == 1
    capsys.readouterr()
    assert list(json.loads(proof.read_text())) == ["linearizable", "sequential"]
    assert front.run(["verify", str(proof), STALE]) == 0
    told = capsys.readouterr().out
    assert "the history is not linearizable" in told and "the history is sequential" in told
    assert front.run([*asked, "--json"]) == 1
    proof.write_text(capsys.readouterr().out)
    assert front.run(["verify", str(proof), STALE, "--json"]) == 0
    assert [one["promise"] for one in json.loads(capsys.readouterr().out)] == [
        "linearizable",
        "sequential",
    ]


def test_the_page_shows_linearizability_beside_other_promises(tmp_path, capsys):
    page = tmp_path / "page.html"
    asked = ["check", STALE, "--consistency", "sequential,linearizable", "--html", str(page)]
    assert front.run(asked) == 1
    assert "stale read" in page.read_text().lower()


def test_a_set_is_accounted_for_whether_its_promise_is_kept_or_not(capsys):
    lost = str(GOLDEN / "set-full" / "invalid" / "acknowledged-then-gone.jsonl")
    assert front.run(["check", lost, "--consistency", "set-full"]) == 1
    told = " ".join(capsys.readouterr().out.split())
    assert "set-full invalid lost write; 2 elements: 1 stable, 1 lost; from known to stable" in told
    assert front.run(["check", lost, "--consistency", "set-full", "--json"]) == 1
    (document,) = json.loads(capsys.readouterr().out)
    counted = document["promises"][0]["statistics"]["elements"]
    assert counted["lost_elements"] == [2] and counted["stable_latencies_ms"]["1"] == 0


def test_the_promises_are_listed_as_they_are(capsys):
    assert {name: promise.summary for name, promise in PROMISES.items()} == LISTED
    assert front.run(["promises"]) == 0
    told = capsys.readouterr().out
    assert all(name in told for name in PROMISES)
    assert front.run(["promises", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == list(PROMISES)
    assert all(row["source"] and row["decided"] for row in rows)


def plan(**typed):
    return settle(Asked(system="raft", **typed), load_catalogue()).plan


def test_a_plan_asks_for_linearizability_unless_told_otherwise():
    assert plan().consistency == ("linearizable",)
    assert "consistency" not in plan().to_json()
    assert "--consistency" not in repeat_command(plan())
    asked = plan(consistency="sequential,monotonic-reads")
    assert asked.consistency == ("sequential", "monotonic-reads")
    assert Plan.from_json(json.loads(json.dumps(asked.to_json()))) == asked
    words = shlex.split(repeat_command(asked))
    assert words[words.index("--consistency") + 1] == "sequential,monotonic-reads"


@pytest.mark.parametrize("asked", [None, "linearizable"])
def test_what_a_bug_is_usually_judged_by_does_not_hide_what_was_asked(asked):
    typed = Asked(system="primary-backup", bugs=("B5",), consistency=asked)
    own = settle(typed, load_catalogue()).plan
    words = shlex.split(repeat_command(own))
    assert words[words.index("--consistency") + 1] == (asked or "read-your-writes")


def test_what_a_run_cannot_promise_is_refused():
    with pytest.raises(SettingsError, match="promise"):
        plan(consistency="eventual")
    with pytest.raises(SettingsError, match="--stop-on-violation: what is followed"):
        plan(consistency="sequential", stop_on_violation=True)
    assert plan(consistency="linearizable,sequential", stop_on_violation=True)


def test_a_run_is_judged_by_what_it_promised(capsys):
    """R4 reads stale on a deposed leader: not linearizable, but each session sees no less."""
    asked = "test raft --host simulated --time-limit 6s --seed 3 --bug R4 --quiet --consistency"
    assert front.run([*asked.split(), "linearizable,sequential"]) == 1
    told = capsys.readouterr().out
    assert "Not linearizable, yet sequential." in told
    assert "--consistency linearizable,sequential" in " ".join(told.split())
    assert front.run(["show", "latest"]) == 1
    assert capsys.readouterr().out == told
    assert front.run(["show", "latest", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    rows = document["results"][0]["promises"]
    assert [(row["promise"], row["verdict"]) for row in rows] == [
        ("linearizable", "invalid"),
        ("sequential", "valid"),
    ]
    folder = Path(document["folder"])
    kept = json.loads((folder / "verdict.json").read_text())["results"][0]["promises"]
    assert [row["verdict"] for row in kept] == ["invalid", "valid"]
    page = (folder / "report.html").read_text()
    assert "<tr><td>linearizable</td><td>invalid</td><td>stale read" in page
    assert "<tr><td>sequential</td><td>valid</td>" in page
    assert front.run(["show", "latest", "--markdown", str(folder.parent / "told.md")]) == 1
    capsys.readouterr()
    assert "| sequential | valid | by " in (folder.parent / "told.md").read_text()
    assert (folder / "explanation.html").is_file()
    proof, journal = str(folder / "certificate.json"), str(folder / "history.jsonl")
    assert front.run(["verify", proof, journal]) == 0
    assert "the history is sequential" in capsys.readouterr().out
    assert front.run([*asked.split(), "sequential"]) == 0
    assert "VALID: all that clients saw of raft" in capsys.readouterr().out


def test_a_run_that_asks_for_one_promise_alone_keeps_no_explanation(capsys):
    asked = "test raft --host simulated --time-limit 2s --seed 3 --faults none --quiet"
    assert front.run([*asked.split(), "--consistency", "sequential"]) == 0
    told = capsys.readouterr().out
    assert "keeps what it was asked for: sequential" in told
    assert front.run(["replay", "latest", "--quiet"]) == 0


@pytest.mark.parametrize(("consistency", "problems"), [("linearizable", 0), ("sequential", 1)])
def test_a_process_whose_reads_have_a_session_of_their_own_is_no_session(consistency, problems):
    plan = Plan(
        *("zookeeper", "sandbox", "register"),
        options=("reads=plain", "read-session=own"),
        consistency=(consistency,),
    )
    told = unfit_together(plan, load_catalogue())
    assert len([one for one in told if "take read-session=same" in one]) == problems


def test_evidence_of_a_search_is_not_written_where_nothing_was_searched_for(tmp_path, capsys):
    paused = str(GOLDEN / "fencing" / "invalid" / "paused-client-writes.jsonl")
    page, proof = tmp_path / "why.html", tmp_path / "why.json"
    assert front.run(["check", paused, "--html", str(page), "--certificate", str(proof)]) == 1
    told = " ".join(capsys.readouterr().err.split())
    assert "the page shows what is linearizable, which was not asked: none was written" in told
    assert "a verdict of invalid has no certificate: none was written" in told
    assert not page.exists() and not proof.exists()
