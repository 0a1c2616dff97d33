"""What is sent to a machine stands alone, and starts an agent that leaves nothing."""

from __future__ import annotations

import ast
import asyncio
import base64
import io
import secrets
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from targets.hosts.control import AgentConnection
from targets.hosts.ssh import payload
from targets.hosts.ssh.remote import may_make_rules
from targets.target import ControlLost


def sources() -> dict[str, str]:
    with tarfile.open(fileobj=io.BytesIO(payload.archive())) as tar:
        return {
            info.name: tar.extractfile(info).read().decode()  # type: ignore[union-attr]
            for info in tar
        }


def imported(text: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module)
    return found


def test_it_needs_the_standard_library_and_itself_alone():
    inside = sources()
    for name, text in inside.items():
        if not name.startswith("targets/"):
            continue
        for module in imported(text):
            path = module.replace(".", "/")
            known = {f"{path}.py", f"{path}/__init__.py"} & set(inside)
            assert module.split(".")[0] in sys.stdlib_module_names or known, (name, module)


def test_the_guard_needs_the_standard_library_alone_until_there_are_rules_to_take_away():
    tree = ast.parse(sources()["targets/hosts/ssh/guard.py"])
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module]
            assert {n.split(".")[0] for n in names if n} <= set(sys.stdlib_module_names)


def test_the_right_to_make_rules_is_read_before_the_kernel_is_asked():
    """A container's root has some capabilities, and often not this one."""
    usual = "Name:\tpython3\nCapPrm:\t000001ffffffffff\nCapEff:\t{}\n"
    assert may_make_rules(usual.format("000001ffffffffff"))
    assert may_make_rules(usual.format("00000000a80435fb"))
    assert not may_make_rules(usual.format("00000000a80425fb"))
    assert not may_make_rules(usual.format("0000000000000000"))


def test_commands_are_quoted_for_a_shell():
    assert payload.undo_command("/usr/bin/python3", "/var/tmp/a b", sudo=True) == (
        "sudo -n /usr/bin/python3 -I - undo '/var/tmp/a b'"
    )
    assert payload.command("/usr/bin/python3", sudo=False).startswith("/usr/bin/python3 -I -c '")


async def started(folder: Path, patience_s: float = 60) -> tuple[asyncio.subprocess.Process, ...]:
    """The very command a machine runs, run here, without rules."""
    process = await asyncio.create_subprocess_shell(
        payload.command(sys.executable, sudo=False),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    token = secrets.token_hex(4)
    process.stdin.write(payload.order(str(folder), None, token, patience_s))
    agent = AgentConnection("n1", process.stdout, process.stdin)
    try:
        await process.stdout.readuntil(payload.MARK)
        await agent.hello(token, 30)
    except ControlLost:
        agent.close()
        _, said = await process.communicate()
        raise AssertionError(said.decode()) from None
    return process, agent


def started_with(program: str | None, *words: str, **more: object) -> dict[str, object]:
    """The members of a request to start."""
    usual = {"needs": [], "files": {}, "environment": {}}
    return {"program": program, "words": words, **usual, **more}


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "splitbrain-run-n1"


def test_the_agent_starts_and_signals_a_node_and_takes_all_of_it_away(folder):
    async def scenario() -> None:
        process, agent = await started(folder)
        told = "import os, time; print(os.environ['SEEN']); time.sleep(60)"
        request = started_with(None, "-c", told, environment={"SEEN": "yes"})
        assert await agent.request("state") == "dead"
        await agent.request("start", **request)
        await agent.request("pause")
        assert await agent.request("state") == "stopped"
        await agent.request("resume")
        assert await agent.request("state") == "running"
        with pytest.raises(ControlLost, match="that needs root"):
            await agent.request("refuse", addresses=["10.0.0.1"])
        while not (log := await agent.request("log", offset=0))["size"]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        assert (await agent.request("log", offset=log["size"]))["text"] == ""
        await agent.request("kill")
        assert await agent.request("state") == "dead"
        await agent.request("leave")
        assert not folder.exists()
        agent.close()
        assert await process.wait() == 0
        await process.communicate()

    asyncio.run(scenario())


def test_a_program_of_others_is_found_there_and_given_its_files(folder):
    async def scenario() -> None:
        process, agent = await started(folder)
        settings = folder / "data" / "conf" / "settings"
        files = {"conf/settings": "port = 7000\n"}
        missing = started_with("no-such-thing", needs=["cat", "/no/such.jar"])
        assert await agent.request("start", **missing) == ["/no/such.jar", "no-such-thing"]
        assert await agent.request("state") == "dead"
        await agent.request("start", **started_with("cat", str(settings), "-", files=files))
        while not (log := await agent.request("log", offset=0))["size"]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        assert base64.b64decode(log["text"]) == b"port = 7000\n"
        await agent.request("leave")
        agent.close()
        assert await process.wait() == 0
        await process.communicate()

    asyncio.run(scenario())


def test_an_agent_whose_harness_is_gone_leaves_neither_node_nor_folder(folder):
    async def scenario() -> None:
        process, agent = await started(folder)
        await agent.request("start", **started_with(None, "-c", "import time; time.sleep(60)"))
        agent.close()
        assert await process.wait() == 0
        await process.communicate()
        async with asyncio.timeout(20):
            # The guard is a process of its own, and ends a little later.
            while folder.exists():  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    asyncio.run(scenario())


def test_a_folder_that_is_there_already_is_left_alone_and_told(folder):
    folder.mkdir()
    (folder / "mine").write_text("mine")

    with pytest.raises(AssertionError, match="File exists"):
        asyncio.run(started(folder))
    assert (folder / "mine").read_text() == "mine"
