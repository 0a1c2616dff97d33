"""How machines are reached: which keys, which known hosts, and how root is become there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Sudo(StrEnum):
    """How to get the rights that refusing packets takes.

    ``auto``: as root nothing is needed; anyone else uses ``sudo -n``, and only where a fault
    needs root. ``never``: whoever is logged in must do.
    """

    AUTO = "auto"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Access:
    """``key`` None: the keys of an agent and those in ``~/.ssh``. No passwords, ever."""

    key: Path | None = None
    known_hosts: Path | None = None
    sudo: Sudo = Sudo.AUTO

    @property
    def known_hosts_file(self) -> Path:
        """The file that host keys are checked against."""
        return self.known_hosts or Path("~/.ssh/known_hosts").expanduser()

    def uses_sudo(self, uid: int) -> bool:
        """Whether what needs root goes through sudo, for a user with this id."""
        return uid != 0 and self.sudo is Sudo.AUTO
