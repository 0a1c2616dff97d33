"""Options of the whole suite."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

HOSTS = ("docker", "sandbox")


# No unit test asserts a time: a busy machine must not make an example "too slow".
settings.register_profile("splitbrain", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("splitbrain")


def _hosts(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if unknown := sorted(set(names) - set(HOSTS)):
        raise pytest.UsageError(f"--require: unknown {unknown}; known: {', '.join(HOSTS)}")
    return names


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require",
        type=_hosts,
        default=(),
        metavar="HOST,…",
        help="hosts (docker, sandbox) whose live tests must run: where one is missing, fail.",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Live tests stay on one worker: they measure processes, and two at once disturb each other."""
    for item in items:
        if item.get_closest_marker("live"):
            item.add_marker(pytest.mark.xdist_group("live"))


def pytest_sessionstart(session: pytest.Session) -> None:
    """A host that is required and cannot be had ends the session before anything could skip."""
    if hasattr(session.config, "workerinput"):
        return
    from targets.hosts.choose import choose
    from targets.target import HostUnavailable

    for host in session.config.getoption("--require"):
        try:
            choose(host)
        except HostUnavailable as error:
            pytest.exit(f"{host} is required and cannot be used: {error}", returncode=1)
