"""What a machine is like: who we are there, which Python it has, whether sudo lets us.

One command of plain shell, for nothing else can be counted on.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from targets.hosts.ssh.connection import SshConnection

PYTHON_MIN = (3, 11)
PYTHONS = ("python3", "python3.14", "python3.13", "python3.12", "python3.11")

_SCRIPT = """\
LC_ALL=C; export LC_ALL
echo "uid=$(id -u)"
echo "kernel=$(uname -sr)"
echo "connection=$SSH_CONNECTION"
for name in {pythons}; do
  path=$(command -v $name) || continue
  version=$($path -I -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null)
  echo "python=$path $version"
done
echo "sudo=$(command -v sudo)"
{sudo}
"""
_ASK_SUDO = """\
[ "$(id -u)" = 0 ] || {
  said=$(sudo -n true 2>&1 </dev/null); echo "asked=$? $(echo "$said" | tr '\\n' ' ')"
}"""


@dataclass(frozen=True, slots=True)
class Probe:
    """What one machine said. ``pythons`` are (path, version), in the order of preference.

    ``sudo`` is the path of the command; ``asked`` the exit code of ``sudo -n true`` and what it
    said, None where that was not asked. ``own`` and ``ours`` are the two ends of the SSH
    connection, as the machine sees them.
    """

    uid: int
    kernel: str
    pythons: tuple[tuple[str, tuple[int, ...]], ...]
    sudo: str = ""
    asked: tuple[int, str] | None = None
    own: str = ""
    ours: str = ""

    @property
    def python(self) -> str | None:
        """The interpreter to use, if one is new enough."""
        return next((path for path, version in self.pythons if version >= PYTHON_MIN), None)

    def problems(self) -> list[str]:
        """Why nothing can be run there, each as a sentence without the machine's name."""
        problems = []
        if not self.kernel.startswith("Linux"):
            problems.append(f"it runs {self.kernel or 'an unknown system'}; nodes need Linux.")
        if self.python is None:
            problems.append(_no_python(self.pythons))
        if self.asked is not None and self.asked[0] != 0:
            problems.append(_no_sudo(self.sudo, self.asked[1]))
        return problems


def _no_python(pythons: Sequence[tuple[str, tuple[int, ...]]]) -> str:
    wanted = ".".join(map(str, PYTHON_MIN))
    if not pythons:
        return (
            f"there is no python3 on the login's PATH; nodes and agent need Python {wanted} or "
            "newer (apt install python3, dnf install python3)."
        )
    seen = ", ".join(f"{path} is {'.'.join(map(str, v)) or 'broken'}" for path, v in pythons)
    return f"its Python is too old: {seen}; nodes and agent need {wanted} or newer."


def _no_sudo(path: str, said: str) -> str:
    need = "Refusing packets needs root."
    cure = "Log in as root, leave partition out of --faults, or "
    if not path:
        return f"{need} The user is not root, and there is no sudo. {cure}install sudo."
    if "password" in said or "terminal" in said or "tty" in said:
        return (
            f"{need} Its sudo asks for a password, and none is ever given (it said: {said}). "
            f"{cure}allow it there without (visudo: 'USER ALL=(root) NOPASSWD: ALL')."
        )
    return f"{need} Its sudo refuses (it said: {said or 'nothing'}). {cure}allow it there."


def probe(connection: SshConnection, *, ask_sudo: bool) -> Probe:
    """Ask a machine (some 50 ms, most of it starting Python). Raises ControlLost."""
    script = _SCRIPT.format(pythons=" ".join(PYTHONS), sudo=_ASK_SUDO if ask_sudo else "")
    # The login shell may be any; the script is for a plain one.
    return read(connection.run(f"sh -c {shlex.quote(script)}").out)


def read(text: str) -> Probe:
    """A probe from what the script printed; other lines (of a login's greeting) are passed over."""
    told: dict[str, str] = {}
    pythons: dict[str, tuple[int, ...]] = {}
    for line in text.splitlines():
        name, _, value = line.partition("=")
        if name == "python":
            path, _, version = value.partition(" ")
            numbers = version.split(".")
            right = all(number.isdecimal() for number in numbers)
            pythons.setdefault(path, tuple(map(int, numbers)) if right else ())
        elif name in ("uid", "kernel", "connection", "sudo", "asked"):
            told[name] = value.strip()
    ends = told.get("connection", "").split()
    code, _, said = told.get("asked", "").partition(" ")
    return Probe(
        uid=int(told["uid"]) if told.get("uid", "").isdecimal() else -1,
        kernel=told.get("kernel", ""),
        pythons=tuple(pythons.items()),
        sudo=told.get("sudo", ""),
        asked=(int(code), said.strip()) if code.isdecimal() else None,
        own=ends[2] if len(ends) == 4 else "",
        ours=ends[0] if len(ends) == 4 else "",
    )
