"""Options of the whole suite."""

from __future__ import annotations

import shutil
import signal

import pytest
from hypothesis import HealthCheck, settings

HOSTS = ("docker", "sandbox", "ssh")
SOFTWARE = ("etcd", "zookeeper")
"""Systems whose software is not ours, and may not be installed."""
BROWSERS = ("chromium",)
"""What looks at the pages."""


# No unit test asserts a time: a busy machine must not make an example "too slow".
settings.register_profile("splitbrain", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("splitbrain")


# A shell's background job inherits ignored interrupts, and under nohup ignored hang-ups. What
# the tests start would ignore them too, and tests that send them would wait for nothing.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    known = (*HOSTS, *SOFTWARE, *BROWSERS)
    if unknown := sorted(set(names) - set(known)):
        raise pytest.UsageError(f"--require: unknown {unknown}; known: {', '.join(known)}")
    return names


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require",
        type=_names,
        default=(),
        metavar="NAME,…",
        help="hosts (docker, sandbox, ssh) and software (etcd, zookeeper, chromium) whose tests "
        "must run: where one is missing, fail. Brings the thorough tests in, too.",
    )
    parser.addoption(
        "--thorough",
        action="store_true",
        help="run the tests that take long, too: software of others, machines over SSH, whole "
        "runs in containers, kernels with their bounds checked.",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Thorough tests are left out unless asked for: what everyone runs stays short."""
    asked = config.getoption("--thorough") or config.getoption("--require")
    left_out = pytest.mark.skip(reason="thorough tests run with --thorough")
    for item in items:
        if item.get_closest_marker("thorough") and not asked:
            item.add_marker(left_out)


def pytest_sessionstart(session: pytest.Session) -> None:
    """What is required and cannot be had ends the session before anything could skip."""
    if hasattr(session.config, "workerinput"):
        return
    from targets.hosts import programs
    from targets.hosts.choose import choose
    from targets.systems import SYSTEMS
    from targets.target import HostUnavailable

    for name in session.config.getoption("--require"):
        try:
            if name in HOSTS:
                choose(name)
                continue
        except HostUnavailable as error:
            pytest.exit(f"{name} is required and cannot be used: {error}", returncode=1)
        if name in BROWSERS:
            if shutil.which(name) is None:
                pytest.exit(f"{name} is required and is not installed", returncode=1)
            continue
        needs = SYSTEMS[name].launch("n1", {"n1": "127.0.0.1"}, ()).needs
        if lacking := programs.lacking(needs):
            pytest.exit(f"{name} is required: {'; '.join(lacking)}", returncode=1)
