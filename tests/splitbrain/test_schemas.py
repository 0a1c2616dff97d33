"""JSON Schemas: there is one for every --json, and what is printed and kept is as they say."""

import json
from copy import deepcopy
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from kept_runs import made

from checker.verdict import Verdict
from splitbrain.cli import front
from splitbrain.schemas import names, schema

FAST = ["--host", "simulated", "--rate", "40", "--time-limit", "3s", "--faults", "none"]
BUGGY = ["--bug", "R4", "--host", "simulated", "--seed", "1", "--rate", "100"]
STALE = "tests/golden/register/invalid/new-then-old.jsonl"


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("SPLITBRAIN_STORE", str(tmp_path / "store"))
    return tmp_path / "store"


def validator(name):
    return Draft202012Validator(schema(name), format_checker=Draft202012Validator.FORMAT_CHECKER)


@pytest.fixture
def printed(capsys):
    """Runs a command with --json; its output, which is as the command's schema says."""

    def run(*words, code=0):
        capsys.readouterr()
        assert front.run([*words, "--json"]) == code
        told = json.loads(capsys.readouterr().out)
        validator(words[0]).validate(told)
        return told

    return run


def commands_with_json():
    for name in front.COMMANDS:
        command = front.cli.get_command(None, name)
        if any("--json" in parameter.opts for parameter in command.params):
            yield name


def test_every_command_with_json_has_a_schema_and_no_other():
    files = {name for name in names() if "." in name}
    assert set(names()) - files == set(commands_with_json())


@pytest.mark.parametrize("name", names())
def test_a_schema_is_one_is_whole_and_says_what_it_is(name):
    told = schema(name)
    Draft202012Validator.check_schema(told)
    assert told["$id"] == f"urn:splitbrain:schema:{name}:1"
    assert told["title"]
    text = json.dumps(told)
    for one in told.get("$defs", {}):
        assert f'"#/$defs/{one}"' in text, f"{one} is not needed"


@pytest.mark.parametrize("name", names())
def test_an_object_says_whether_it_may_hold_more(name):
    def look(data):
        if isinstance(data, dict):
            if data.get("type") == "object":
                assert "additionalProperties" in data, data
            for one in data.values():
                look(one)
        elif isinstance(data, list):
            for one in data:
                look(one)

    look(schema(name))


@pytest.mark.parametrize("name", names())
def test_a_quantity_whose_name_does_not_say_its_unit_is_described(name):
    """A duration is ``…_s``, ``…_ns`` or ``…_seconds``; what is not says its unit in words."""
    units = {
        "time": "anoseconds",
        "moment": "anoseconds",
        "rate": " a second",
        "peak_mb": "megabyte",
    }

    def look(data):
        if isinstance(data, dict):
            for key, value in data.get("properties", {}).items():
                if (unit := units.get(key)) is not None:
                    assert unit in value["description"], key
        for one in data.values() if isinstance(data, dict) else data:
            if isinstance(one, (dict, list)):
                look(one)

    look(schema(name))


def test_schema_prints_one_and_lists_all(capsys):
    assert front.run(["schema", "check"]) == 0
    assert json.loads(capsys.readouterr().out) == schema("check")
    assert front.run(["schema"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in names())
    assert front.run(["schema", "chek"]) == 2
    assert "Did you mean 'check'?" in capsys.readouterr().err


def test_a_member_too_many_and_one_too_few_are_noticed(printed):
    told = printed("check", STALE, "--consistency", "all", code=1)
    check = validator("check")
    for path in ([0], [0, "promises", 0]):
        more, less = deepcopy(told), deepcopy(told)
        at_more, at_less = more, less
        for step in path:
            at_more, at_less = at_more[step], at_less[step]
        at_more["colour"] = "red"
        del at_less["verdict"]
        assert not check.is_valid(more) and not check.is_valid(less)


def test_a_run_that_is_valid_and_what_is_done_with_it(printed, tmp_path, capsys):
    run = printed("test", "raft", *FAST, "--consistency", "all", "-q")["run"]
    assert printed("show", run)["run"] == run
    assert printed("replay", run, "-q")["verdict"] == "valid"
    assert printed("replay", run, "--times", "2", "-q")["same"] == 2
    printed("tag", run, "found-here")
    bundle = str(tmp_path / "b.tar.zst")
    printed("export", run, "-o", bundle)
    other = str(tmp_path / "other")
    assert printed("import", bundle, "--store", other)["new"]
    assert not printed("import", bundle, "--store", other)["new"]
    printed("runs", "--store", other)
    printed("prune", "--older-than", "0s", "--tagged", "--store", other)


def test_a_run_that_is_not_and_its_smallest(printed, store):
    run = printed("test", "raft", *BUGGY, "--stop-on-violation", "-q", code=1)
    assert run["results"][0]["violations"]
    smaller = printed("shrink", run["run"], "--budget", "0.5s", "-q", code=1)
    printed("show", smaller["run"], code=1)
    printed("replay", run["run"], "--without-bugs", "-q")
    validator("shrunk.json").validate(
        json.loads((store / "runs" / smaller["run"] / "shrunk.json").read_text())
    )


def test_runs_that_are_unknown_vacuous_or_not_finished(printed, store):
    for verdict, code in ((Verdict.UNKNOWN, 3), (Verdict.VACUOUS, 3), (Verdict.INVALID, 1)):
        folder = made(store, verdict)
        told = printed("show", folder.name, code=code)
        assert told["verdict"] == verdict
    (folder / "verdict.json").unlink()
    assert {row["verdict"] for row in printed("runs")} == {"unknown", "vacuous", None}


def test_many_runs(printed):
    many = [*BUGGY, "--stop-on-violation", "--jobs", "1", "--runs", "2"]
    told = printed("test", "raft", *many, "-q", "--keep-going", code=1)
    assert told["accusations"] and told["runs"] == 2


def test_histories(printed, tmp_path):
    proof = str(tmp_path / "proof.json")
    printed("check", STALE, "--certificate", proof, code=1)
    assert printed("verify", proof, STALE)["proved"]
    many = str(tmp_path / "proofs.json")
    printed("check", STALE, "--consistency", "linearizable,sequential", code=1)
    front.run(["check", STALE, "--consistency", "linearizable,sequential", "--certificate", many])
    assert len(printed("verify", many, STALE)) == 2
    printed("check", "tests/golden/register/valid")
    bad = tmp_path / "bad.jsonl"
    bad.write_text("nonsense\n")
    assert printed("check", str(bad), code=2)[0]["model"] is None


def test_a_pipe(printed, monkeypatch):
    class Standard:
        buffer = Path(STALE).open("rb")  # noqa: SIM115

        def __getattr__(self, name):
            return getattr(self.buffer, name)

    monkeypatch.setattr("sys.stdin", Standard())
    with Standard.buffer:
        assert printed("check", "-", code=1)[0]["file"] == "-"


@pytest.mark.parametrize("verdict", ["valid", "invalid"])
def test_levels_of_isolation(printed, verdict):
    folder = f"tests/golden/isolation/snapshot-isolation/{verdict}"
    code = 1 if verdict == "invalid" else 0
    told = printed("check", folder, "--level", "snapshot-isolation", code=code)
    assert {one["isolation"]["level"] for one in told} == {"snapshot-isolation"}


@pytest.mark.parametrize(
    "name", ["systems", "workloads", "faults", "bugs", "models", "promises", "levels", "clean"]
)
def test_what_there_is(name, printed):
    printed(name)


def test_the_doctor(printed, monkeypatch):
    from splitbrain.cli import examination

    found = [
        examination.Finding("docker", False, "no engine", "Start one."),
        examination.Finding("sandbox", True, "can be made"),
    ]
    monkeypatch.setattr(examination, "examine", lambda store: found)
    assert printed("doctor")["able"]


@pytest.mark.parametrize("more", [[], ["--token"]])
def test_where_it_serves(printed, store, monkeypatch, more):
    monkeypatch.setattr("splitbrain.web.listening.serve", lambda app, sockets: None)
    told = printed("serve", "--port", "0", "--no-open", *more)
    assert (told["token"] is None) == (more == []) and told["store"] == str(store)


def test_a_score(printed):
    few = ["--bug", "R4", "--seeds", "1", "--clean-seeds", "1", "--time-limit", "8s"]
    command = ["score", "raft", *few, "--jobs", "1", "-q"]
    code = front.run(command)
    assert code in (0, 1)
    printed(*command, code=code)


def test_a_matrix_run_and_listed(printed, tmp_path):
    path = tmp_path / "matrix.toml"
    path.write_text('[defaults]\nhost = "simulated"\n[axes]\nsystem = ["raft", "paxos"]\n')
    printed("test-all", str(path), "--list")
    told = printed("test-all", str(path), "--time-budget", "0.1s", "-q", code=3)
    assert told["counts"]["skipped"] == 2


@pytest.mark.parametrize(
    "words",
    [
        ["test", "rfat"],
        ["show", "nothing"],
        ["check", "no-such-file"],
        ["replay", "nothing"],
        ["shrink", "nothing"],
        ["test-all", "no-such-file.toml"],
        ["prune", "--older-than", "never"],
        ["runs", "--since", "never"],
        ["score", "rfat"],
    ],
)
def test_an_error_prints_nothing_where_json_was_asked_for(words, capsys):
    assert front.run([*words, "--json"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err


def test_the_files_of_a_run(printed, store):
    run = printed("test", "raft", *BUGGY, "--stop-on-violation", "-q", code=1)["run"]
    printed("tag", run, "found-here")
    folder = store / "runs" / run
    for name in ("run.json", "verdict.json", "tags.json"):
        validator(name).validate(json.loads((folder / name).read_text()))
    assert validator("faults.jsonl").is_valid({"act": "close"})
    ledger = (folder / "faults.jsonl").read_text().splitlines()
    journal = _journal(folder)
    nodes = (folder / "nodes.jsonl").read_text().splitlines()
    told = (("faults.jsonl", ledger), ("history.jsonl", journal), ("nodes.jsonl", nodes))
    for name, lines in told:
        check = validator(name)
        for line in lines:
            check.validate(json.loads(line))
    assert not validator("faults.jsonl").is_valid({"act": "forget"})
    assert not validator("history.jsonl").is_valid({"index": -1})


def _journal(folder):
    from histories.archive import journal_of
    from splitbrain.archive.packing import content_of

    return b"".join(content_of(journal_of(folder))).decode().splitlines()
