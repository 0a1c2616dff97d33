"""``docs/continuous-integration.md``: its job is one, and its steps do what it says."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from junit_reading import cases

from splitbrain.cli import front
from splitbrain.cli.catalogue import load_catalogue
from splitbrain.matrix.expansion import cells_of
from splitbrain.matrix.reading import read_matrix

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "continuous-integration.md").read_text()
SMALL = """
[defaults]
host = "simulated"
rate = 40
time-limit = "3s"
faults = "none"
[axes]
system = ["raft"]
[[include]]
name = "must find something"
system = "raft"
rate = 41
expect = "invalid"
"""


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.S | re.M)


WORKFLOW, GITLAB = map(yaml.safe_load, blocks("yaml"))
STEPS = WORKFLOW["jobs"]["matrix"]["steps"]


def commands():
    """Every splitbrain command on the page, as words."""
    lines = [step["run"] for step in STEPS if "run" in step] + GITLAB["splitbrain"]["script"]
    lines += blocks("sh") + re.findall(r"^\$ (splitbrain .*)$", PAGE, re.M)
    for text in lines:
        for line in text.replace("\\\n", " ").splitlines():
            if line.strip().startswith("splitbrain"):
                yield shlex.split(line)


def test_the_job_is_whole():
    # YAML takes the key for a truth.
    assert set(WORKFLOW) == {"name", True, "jobs"}
    assert [step["uses"] for step in STEPS if "uses" in step] == [
        "actions/checkout@v4",
        "actions/setup-python@v5",
        "actions/upload-artifact@v4",
    ]
    assert STEPS[-1]["if"] == "${{ !cancelled() }}", "what failed is what is to be kept"


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_every_command_is_one(words):
    name = words[1]
    command = front.cli.get_command(None, name)
    assert command is not None
    # What is taken in must be there.
    arguments = ["pyproject.toml" if word.startswith("bundles/") else word for word in words[2:]]
    with command.make_context(name, arguments):
        pass


def test_the_matrix_of_the_page_is_one():
    cells = cells_of(read_matrix(ROOT / "examples" / "matrix.toml"), load_catalogue)
    assert len(cells) == 13
    assert "all 13 cells found" in PAGE
    only = {cell.plan.host for cell in cells}
    assert only == {"simulated"}, "GitLab's images have no engine"


def test_the_step_that_runs_the_matrix_leaves_what_the_others_keep(tmp_path):
    """As a runner does: bash -e, in the checkout, with a file for the summary."""
    (step,) = [step for step in STEPS if "test-all" in step.get("run", "")]
    checkout = tmp_path / "checkout"
    (checkout / "examples").mkdir(parents=True)
    (checkout / "examples" / "matrix.toml").write_text(SMALL)
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "splitbrain").write_text(f'#!/bin/sh\nexec {sys.executable} -m splitbrain "$@"\n')
    (tools / "splitbrain").chmod(0o755)
    summary = tmp_path / "summary.md"
    summary.touch()
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", step["run"]],
        cwd=checkout,
        env=os.environ
        | {
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "GITHUB_STEP_SUMMARY": str(summary),
            "SPLITBRAIN_STORE": str(tmp_path / "store"),
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1, done.stderr
    assert cases(checkout / "splitbrain.xml") == {
        "raft, seed 1": None,
        "must find something, seed 1": "failure: unexpected pass",
    }
    assert summary.read_text().startswith("## matrix: failed")
    kept = STEPS[-1]["with"]["path"].split()
    assert [len(list(checkout.glob(pattern))) for pattern in kept] == [1, 1]


def test_the_tables_name_what_there_is():
    for word in ("unexpected pass", "unknown", "vacuous", "unreadable", "harness", "interrupted"):
        assert word in PAGE
    for code in (0, 1, 2, 3, 70, 130):
        assert f"| {code} |" in PAGE
