"""What exists already, as the user names it: machines behind SSH, and running clusters."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from splitbrain.credentials import (
    NO_CREDENTIALS,
    SECURE_SCHEMES,
    Credentials,
    read_credentials,
    readable,
)
from splitbrain.endpoints import Endpoint, parse_endpoints
from splitbrain.plan import Plan
from splitbrain.suggest import unknown_name

if TYPE_CHECKING:
    from splitbrain.leftovers import Known

SSH = "ssh"
SUDO = ("auto", "never")


class Named(Protocol):
    """The options that name what exists, as typed; None where the user said nothing."""

    @property
    def host(self) -> str | None: ...  # noqa: D102

    @property
    def ssh(self) -> str | None: ...  # noqa: D102

    @property
    def ssh_key(self) -> str | None: ...  # noqa: D102

    @property
    def ssh_known_hosts(self) -> str | None: ...  # noqa: D102

    @property
    def sudo(self) -> str | None: ...  # noqa: D102

    @property
    def endpoints(self) -> str | None: ...  # noqa: D102

    @property
    def allow_faults(self) -> bool: ...  # noqa: D102

    @property
    def tls_ca(self) -> str | None: ...  # noqa: D102

    @property
    def tls_cert(self) -> str | None: ...  # noqa: D102

    @property
    def tls_key(self) -> str | None: ...  # noqa: D102

    @property
    def user(self) -> str | None: ...  # noqa: D102

    @property
    def password_file(self) -> str | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Outside:
    """What exists, as the plan keeps it; and ``credentials``, which it does not keep."""

    ssh: tuple[str, ...] = ()
    key: str | None = None
    known_hosts: str | None = None
    sudo: str = SUDO[0]
    endpoints: tuple[str, ...] = ()
    allow_faults: bool = False
    credentials: Credentials = NO_CREDENTIALS

    @property
    def count(self) -> int | None:
        """How many nodes that makes; None where nothing is named."""
        return len(self.endpoints) or len(self.ssh) or None

    def notes(self) -> tuple[str, ...]:
        """What the user should know before the run."""
        if not self.credentials:
            return ()
        given = " and ".join(self.credentials.options)
        told = [f"What {given} named is not kept: name it again to repeat the run."]
        open_ones = [e for e in self.endpoints if Endpoint.parse(e).scheme not in SECURE_SCHEMES]
        if self.credentials.user is not None and open_ones:
            told.append(
                f"The password is sent to {', '.join(open_ones)} as it is: nothing secures the way."
            )
        return tuple(told)

    def unsuitable_for(self, plan: Plan, *, nodes_named: bool) -> list[str]:
        """What of a plan does not go with it, a sentence each."""
        problems = []
        if nodes_named and self.count not in (None, plan.nodes):
            what = "--endpoints" if self.endpoints else "--ssh"
            problems.append(
                f"--nodes: seen {plan.nodes}, but {what} names {self.count}; each is one node, so "
                "--nodes can be left out."
            )
        if not self.endpoints:
            return problems
        if plan.bugs:
            problems.append("--bug: a cluster that runs already takes no seeded bugs.")
        if plan.faults and not self.allow_faults:
            problems.append(
                f"--faults: a cluster that runs already is not hurt ({', '.join(plan.faults)}) "
                "unless you say --allow-faults, and name its machines with --ssh."
            )
        return problems


def read_machines(
    ssh: str | None, key: str | None, known_hosts: str | None, sudo: str | None
) -> tuple[Outside, list[str]]:
    """The machines and how to reach them; a sentence for each thing that is wrong with it."""
    from targets.hosts.ssh.destination import parse_destinations

    problems: list[str] = []
    if ssh is None:
        given = (("--ssh-key", key), ("--ssh-known-hosts", known_hosts), ("--sudo", sudo))
        problems += [f"{name} goes with --ssh." for name, text in given if text is not None]
        return Outside(), problems
    destinations, wrong = parse_destinations(ssh, _user())
    problems += [f"--ssh: {problem}" for problem in wrong]
    files = (("--ssh-key", key), ("--ssh-known-hosts", known_hosts))
    for name, text in files:
        if text is not None and not readable(text):
            problems.append(f"{name}: {text} is no file that can be read.")
    if sudo is not None and sudo not in SUDO:
        problems.append(f"--sudo: {unknown_name('way of using sudo', sudo, SUDO)}")
        sudo = None
    told = tuple(str(destination) for destination in destinations)
    return Outside(told, _absolute(key), _absolute(known_hosts), sudo or SUDO[0]), problems


def read_outside(asked: Named, *, most: int) -> tuple[Outside, list[str]]:
    """All that ``test`` was told of what exists; a sentence for each thing wrong with it.

    ``most`` is how many nodes there may be.
    """
    machines, problems = read_machines(asked.ssh, asked.ssh_key, asked.ssh_known_hosts, asked.sudo)
    places: tuple[str, ...] = ()
    if asked.endpoints is not None:
        read, wrong = parse_endpoints(asked.endpoints)
        places = tuple(str(endpoint) for endpoint in read)
        problems += [f"--endpoints: {problem}" for problem in wrong]
    credentials, wrong = read_credentials(
        *(asked.tls_ca, asked.tls_cert, asked.tls_key, asked.user, asked.password_file),
        # What is set for one cluster is no business of runs on others.
        environment=os.environ if asked.endpoints is not None else None,
    )
    problems += wrong
    if credentials and asked.endpoints is None:
        given = " and ".join(credentials.options)
        problems.append(f"{given} is for a cluster that runs already (--endpoints).")
    problems += _apart(asked)
    outside = replace(
        machines, endpoints=places, allow_faults=asked.allow_faults, credentials=credentials
    )
    if asked.allow_faults and len(outside.ssh) != len(places) and not problems:
        problems.append(
            f"--ssh names {len(outside.ssh)} machines and --endpoints {len(places)}: one each, in "
            "the same order."
        )
    if outside.count is not None and outside.count > most:
        option = "--endpoints" if places else "--ssh"
        problems.append(f"{option}: {outside.count} are named, and there can be {most} at most.")
    return outside, problems


def known_cluster(
    endpoints: str | None,
    *,
    tls_ca: str | None,
    tls_cert: str | None,
    tls_key: str | None,
    user: str | None,
    password_file: str | None,
) -> Known:
    """Who we are to the cluster at ``endpoints``. Raises Problems.

    What was said of us goes to these endpoints alone, so without them it is refused.
    """
    from splitbrain.cli.failure import Problems
    from splitbrain.leftovers import Known

    problems: list[str] = []
    places: tuple[str, ...] = ()
    if endpoints is not None:
        read, wrong = parse_endpoints(endpoints)
        places = tuple(str(endpoint) for endpoint in read)
        problems += [f"--endpoints: {problem}" for problem in wrong]
    credentials, wrong = read_credentials(
        *(tls_ca, tls_cert, tls_key, user, password_file),
        environment=os.environ if endpoints is not None else None,
    )
    problems += wrong
    if credentials and endpoints is None:
        problems.append(
            f"{' and '.join(credentials.options)}: say to whom, with --endpoints: nobody else is "
            "told."
        )
    if problems:
        raise Problems(problems)
    return Known(places, credentials)


def _apart(asked: Named) -> list[str]:
    """What was said beside what it does not go with."""
    problems = []
    given = (("--ssh", asked.ssh), ("--endpoints", asked.endpoints))
    named = [name for name, text in given if text is not None]
    if named and asked.host not in (None, SSH):
        what = f"{' and '.join(named)} {'is' if len(named) == 1 else 'are'}"
        problems.append(f"{what} for --host ssh, not {asked.host}.")
    if asked.host == SSH and not named:
        problems.append(
            "--host ssh: name the machines with --ssh [user@]host[:port],…, or a cluster that "
            "runs already with --endpoints."
        )
    if asked.endpoints is None:
        if asked.allow_faults:
            problems.append("--allow-faults is for a cluster that runs already (--endpoints).")
    elif asked.allow_faults and asked.ssh is None:
        problems.append(
            "--allow-faults: to hurt a cluster that runs already its machines must be reached: "
            "name them with --ssh, in the order of --endpoints."
        )
    elif asked.ssh is not None and not asked.allow_faults:
        problems.append(
            "--ssh with --endpoints is for faults on the machines of a cluster that runs already; "
            "say --allow-faults if that is meant."
        )
    return problems


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "root"


def _absolute(text: str | None) -> str | None:
    return None if text is None else str(Path(text).expanduser().absolute())
