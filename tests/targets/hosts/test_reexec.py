"""Why user namespaces cannot be had, in one sentence with the command that allows them."""

import pytest

from targets.hosts import reexec
from targets.hosts.sandbox import SandboxHost
from targets.target import HostUnavailable


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("user/max_user_namespaces", "0", "sudo sysctl user.max_user_namespaces=15000"),
        (
            "kernel/unprivileged_userns_clone",
            "0",
            "sudo sysctl kernel.unprivileged_userns_clone=1",
        ),
        (
            "kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0",
        ),
        ("kernel/ostype", "Linux", "--security-opt seccomp=unconfined"),
    ],
)
def test_the_setting_that_forbids_them_is_named(tmp_path, name, value, said):
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_text(value + "\n")
    assert said in reexec.remedy(tmp_path)


def test_without_unshare_the_package_is_named(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name, path=None: None)
    with pytest.raises(HostUnavailable, match="apt install util-linux"):
        reexec.check()


def test_what_unshare_says_is_passed_on(tmp_path, monkeypatch):
    fake = tmp_path / "unshare"
    fake.write_text("#!/bin/sh\necho 'unshare: Operation not permitted' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setattr(reexec, "TOOLS_PATH", str(tmp_path))
    with pytest.raises(HostUnavailable, match="Operation not permitted"):
        reexec.check()


def test_this_process_is_not_inside(monkeypatch):
    assert not reexec.inside()
    monkeypatch.setenv(reexec.SOCKET_VARIABLE, "3")
    assert not reexec.inside(), "a variable alone, inherited by a child, does not make it so"


async def open_outside() -> None:
    await SandboxHost().open(None, ["n1"])


def test_the_sandbox_cannot_be_opened_from_outside():
    with pytest.raises(HostUnavailable, match="runs inside its own namespaces"):
        open_outside().send(None)
