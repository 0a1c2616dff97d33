"""The options that name what exists already: machines behind SSH, and running clusters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from splitbrain.cli.sections import option

F = TypeVar("F", bound=Callable[..., Any])

SECTION = "What exists already"

MACHINES = (
    option(
        "--ssh",
        section=SECTION,
        metavar="[USER@]HOST,…",
        help="Run the nodes on these machines, one each: [user@]host[:port][=ADDRESS]; ADDRESS is "
        "what the others reach it by.",
    ),
    option(
        "--ssh-key",
        section=SECTION,
        metavar="FILE",
        help="The private key.  [default: agent, ~/.ssh]",
    ),
    option(
        "--ssh-known-hosts",
        section=SECTION,
        metavar="FILE",
        help="What host keys are checked against.  [default: ~/.ssh/known_hosts]",
    ),
    option(
        "--sudo",
        section=SECTION,
        metavar="HOW",
        help="auto: sudo -n where a fault needs root and the login is not; or never.  "
        "[default: auto]",
    ),
)
CLUSTERS = (
    option(
        "--endpoints",
        section=SECTION,
        metavar="URL,…",
        help="Start nothing: test the cluster that runs at [scheme://]host[:port], one each node, "
        "under keys of its own; without faults, and 50 operations a second.",
    ),
    option(
        "--allow-faults",
        section=SECTION,
        is_flag=True,
        help="With --endpoints: cut its machines off from one another and pause its nodes, reached "
        "by --ssh in the same order.",
    ),
)
IDENTITY = (
    option("--tls-ca", section=SECTION, metavar="FILE", help="Who vouches for https --endpoints."),
    option("--tls-cert", section=SECTION, metavar="FILE", help="Our certificate."),
    option(
        "--tls-key", section=SECTION, metavar="FILE", help="Its key, where that is another file."
    ),
    option("--user", section=SECTION, metavar="NAME", help="Who we are to the cluster."),
    option(
        "--password-file",
        section=SECTION,
        metavar="FILE",
        help="The password of --user, in the first line; or SPLITBRAIN_PASSWORD is it. (So "
        "SPLITBRAIN_USER, SPLITBRAIN_TLS_CA … for the others.) Nothing of it is kept.",
    ),
)


def machine_options(command: F) -> F:
    """Add those that name machines behind SSH."""
    return _added(command, MACHINES)


def existing_options(command: F) -> F:
    """Add all of them."""
    return _added(command, (*MACHINES, *CLUSTERS, *IDENTITY))


def identity_options(command: F) -> F:
    """Add those that say who we are to a running cluster."""
    return _added(command, IDENTITY)


def _added(command: F, options: tuple[Callable[[F], F], ...]) -> F:
    # Decorators apply from the inside out, and help lists them from the outside in.
    for add in reversed(options):
        command = add(command)
    return command
