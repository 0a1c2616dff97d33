"""Finding the engine, and the sentence for each way in which it cannot be had."""

import hashlib
import json
import socket
import threading
from pathlib import Path

import docker.errors
import pytest
import requests

from targets.hosts.engine import (
    Conflict,
    NotThere,
    blocking,
    find,
    probe,
    same_architecture,
)
from targets.target import ControlLost, HostUnavailable


def context(home: Path, name: str, url: str) -> None:
    """Write a docker context as the docker command keeps it, and make it the current one."""
    folder = home / ".docker"
    meta = folder / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
    meta.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"currentContext": name}))
    (meta / "meta.json").write_text(
        json.dumps({"Name": name, "Endpoints": {"docker": {"Host": url}}})
    )


def test_the_usual_socket_is_the_default(tmp_path):
    assert find({"HOME": str(tmp_path)}) == Path("/var/run/docker.sock")


def test_the_current_context_is_heeded(tmp_path):
    context(tmp_path, "desktop", "unix:///home/me/desktop.sock")
    assert find({"HOME": str(tmp_path)}) == Path("/home/me/desktop.sock")


def test_docker_host_wins_over_the_context(tmp_path):
    context(tmp_path, "desktop", "unix:///home/me/desktop.sock")
    environment = {"HOME": str(tmp_path), "DOCKER_HOST": "unix:///elsewhere.sock"}
    assert find(environment) == Path("/elsewhere.sock")


def test_a_broken_context_file_is_no_reason_to_fail(tmp_path):
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker" / "config.json").write_text("{")
    assert find({"HOME": str(tmp_path)}) == Path("/var/run/docker.sock")


@pytest.mark.parametrize("url", ["tcp://10.1.2.3:2375", "ssh://me@host", "https://host:2376"])
def test_a_remote_engine_is_refused_with_what_to_do(url, tmp_path):
    with pytest.raises(HostUnavailable, match="unset DOCKER_HOST") as caught:
        find({"DOCKER_HOST": url, "HOME": str(tmp_path)})
    assert url in str(caught.value)


def answering(path: Path, response: bytes) -> threading.Thread:
    """A server on a unix socket that answers one request with these bytes."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen(1)

    def run() -> None:
        with server:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(response)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def http(body: dict) -> bytes:
    text = json.dumps(body).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(text) + text


def test_an_engine_that_answers_tells_its_version(tmp_path):
    thread = answering(tmp_path / "s", http({"Version": "24.0", "Os": "linux"}))
    assert probe(tmp_path / "s")["Version"] == "24.0"
    thread.join()


@pytest.mark.parametrize(
    ("response", "said"),
    [
        (http({"Version": "24.0", "Os": "windows"}), "switch Docker to Linux containers"),
        (b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", "HTTP 503"),
        (b"nonsense\r\n\r\n", "systemctl start docker"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{]", "systemctl start docker"),
        (b"", "systemctl start docker"),
    ],
)
def test_an_engine_that_answers_badly_is_unavailable(tmp_path, response, said):
    thread = answering(tmp_path / "s", response)
    with pytest.raises(HostUnavailable, match=said):
        probe(tmp_path / "s")
    thread.join()


def test_no_socket_means_no_engine_is_installed(tmp_path):
    with pytest.raises(HostUnavailable, match=r"apt install docker\.io"):
        probe(tmp_path / "none")


def test_a_socket_without_a_server_means_it_is_not_started(tmp_path):
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "s"))
    with pytest.raises(HostUnavailable, match="systemctl start docker"):
        probe(tmp_path / "s")


def test_a_user_who_may_not_is_told_of_the_group(tmp_path, monkeypatch):
    def refuse(self, address):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("socket.socket.connect", refuse)
    with pytest.raises(HostUnavailable, match="usermod -aG docker"):
        probe(tmp_path / "s")


def test_an_engine_that_hangs_is_given_up(tmp_path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        server.listen(1)
        with pytest.raises(HostUnavailable, match="timed out"):
            probe(tmp_path / "s", timeout_s=0.01)


def refusal(status: int) -> docker.errors.APIError:
    response = requests.Response()
    response.status_code = status
    return docker.errors.APIError("no", response=response, explanation="because")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (refusal(404), NotThere),
        (refusal(409), Conflict),
        (refusal(500), ControlLost),
        (docker.errors.DockerException("gone"), ControlLost),
        (requests.exceptions.ConnectionError("reset"), ControlLost),
        (requests.exceptions.ReadTimeout("slow"), ControlLost),
    ],
)
def test_trouble_with_the_engine_is_control_lost(error, kind):
    def fail() -> None:
        raise error

    with pytest.raises(ControlLost) as caught:
        blocking(fail)
    assert type(caught.value) is kind


def test_an_error_that_is_not_the_engines_passes_through():
    def fail() -> None:
        raise HostUnavailable("no ldd")

    with pytest.raises(HostUnavailable, match="no ldd"):
        blocking(fail)


def test_architectures_are_compared_by_the_engines_names(monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    monkeypatch.setattr("sys.platform", "linux")
    assert same_architecture({"Arch": "arm64"})
    assert not same_architecture({"Arch": "amd64"})
