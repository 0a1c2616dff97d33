"""The default host, and why: docker, else sandbox, else what to install."""

import pytest

from targets.hosts import choose as module
from targets.hosts.choose import choose
from targets.target import HostUnavailable


@pytest.fixture
def machine(monkeypatch):
    """Say what this machine has: ``machine(docker=…, sandbox=…)``; a string is why not."""

    def say(docker: str | None = None, sandbox: str | None = None) -> None:
        def probe(path):
            if docker:
                raise HostUnavailable(docker)
            return {"Version": "24.0"}

        def check():
            if sandbox:
                raise HostUnavailable(sandbox)

        monkeypatch.setattr(module.engine, "probe", probe)
        monkeypatch.setattr(module.reexec, "check", check)
        monkeypatch.setenv("DOCKER_HOST", "unix:///run/test.sock")

    return say


def test_docker_when_an_engine_answers(machine):
    machine()
    assert choose() == module.Choice("docker", "Docker Engine 24.0 answers at /run/test.sock")


def test_the_sandbox_when_none_does_and_what_would_bring_docker(machine):
    machine(docker="start it: sudo systemctl start docker")
    choice = choose()
    assert choice.host == "sandbox"
    assert choice.missing == ("docker: start it: sudo systemctl start docker",)


def test_the_sandbox_when_the_engine_is_remote(machine, monkeypatch):
    machine()
    monkeypatch.setenv("DOCKER_HOST", "ssh://far")
    choice = choose()
    assert choice.host == "sandbox"
    assert "ssh://far" in choice.missing[0]


def test_neither_says_what_each_would_need(machine):
    machine(docker="install docker", sandbox="allow user namespaces")
    with pytest.raises(HostUnavailable, match=r"(?s)install docker.*allow user namespaces"):
        choose()


def test_a_host_asked_for_is_that_or_nothing(machine):
    machine(docker="install docker")
    with pytest.raises(HostUnavailable, match="install docker"):
        choose("docker")
    assert choose("sandbox").host == "sandbox"
    machine(sandbox="allow user namespaces")
    with pytest.raises(HostUnavailable, match="allow user namespaces"):
        choose("sandbox")
    assert choose("docker").host == "docker"


def test_an_unknown_host_is_refused_with_those_there_are(machine):
    machine()
    with pytest.raises(ValueError, match="no host is called 'cloud'; there are: docker, sandbox"):
        choose("cloud")
