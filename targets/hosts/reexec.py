"""Run the harness again inside a user namespace, where it may make networks.

    terminal ──► outside: splitbrain ──fork──► unshare ──fork──► inside: splitbrain, pid 1
                     │  SIGINT, SIGTERM, SIGHUP                       ▲
                     └───────── one byte each over a socket ──────────┘

The process outside keeps the pid that the user knows. The one inside is in a process
group of its own, so that a Ctrl-C of the terminal reaches it once, through the socket,
exactly like a signal sent to the outer pid alone. A signal that comes early waits in the
socket; pid 1 of a namespace would lose it. When the outer one is killed, the kernel kills
``unshare`` (parent-death signal), ``--kill-child`` kills pid 1, and with it goes every
process, namespace and mount inside.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from targets.hosts.owner import OWNER_VARIABLE, current_owner
from targets.hosts.sources import SOURCES
from targets.target import HostUnavailable

SOCKET_VARIABLE = "SPLITBRAIN_SANDBOX_SOCKET"
TOOLS_PATH = os.pathsep.join(
    [os.environ.get("PATH", ""), "/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"]
)
UNSHARE = ("-Urnmpf", "--kill-child", "--mount-proc")
EXIT_HARNESS_FAILED = 70
EXIT_INTERRUPTED = 130
PROBE_TIMEOUT_S = 10.0
PR_SET_PDEATHSIG = 1
SETTLED = b"+"
FORWARDED = {b"I": signal.SIGINT, b"T": signal.SIGTERM}


def inside() -> bool:
    """Whether this process is the harness inside a sandbox."""
    return SOCKET_VARIABLE in os.environ and os.getpid() == 1


def check() -> None:
    """Try the namespaces out (about 10 ms). Raises HostUnavailable with what to do."""
    command = [_unshare(), *UNSHARE, "true"]
    try:
        tried = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PROBE_TIMEOUT_S,
            env=os.environ | {"PATH": TOOLS_PATH},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HostUnavailable(f"user namespaces could not be tried out: {error}") from error
    if tried.returncode != 0:
        said = tried.stderr.decode(errors="replace").strip() or f"exit {tried.returncode}"
        raise HostUnavailable(f"user namespaces are not to be had here ({said}). {remedy()}")


def remedy(system: Path = Path("/proc/sys")) -> str:
    """The sentence that says what forbids user namespaces here, and how to allow them."""

    def setting(name: str) -> str | None:
        try:
            return (system / name).read_text().strip()
        except OSError:
            return None

    if setting("user/max_user_namespaces") == "0":
        return "The limit is 0; allow them: sudo sysctl user.max_user_namespaces=15000"
    if setting("kernel/unprivileged_userns_clone") == "0":
        return (
            "The kernel keeps them from ordinary users; allow them: "
            "sudo sysctl kernel.unprivileged_userns_clone=1"
        )
    if setting("kernel/apparmor_restrict_unprivileged_userns") == "1":
        return (
            "AppArmor restricts them; allow them: "
            "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"
        )
    return (
        "Inside a container the engine's seccomp profile forbids them unless it was started "
        "with --security-opt seccomp=unconfined --security-opt systempaths=unconfined; "
        "elsewhere use --host docker."
    )


def enter(arguments: Sequence[str], module: str = "splitbrain") -> int:
    """Run ``python -m module arguments…`` inside and return its exit code.

    Called by the process the user started, which does nothing else meanwhile. Raises
    HostUnavailable when the namespaces cannot be had. 70 when what ran inside was killed,
    ended with a traceback, or never came to run.
    """
    check()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        owner = current_owner().label()
        former = os.environ.get("PYTHONPATH")
        told = os.environ | {
            "PYTHONPATH": os.pathsep.join([str(SOURCES), *([former] if former else [])]),
            SOCKET_VARIABLE: str(theirs.fileno()),
            OWNER_VARIABLE: owner,
        }
        handlers = _forward_signals(ours)
        try:
            process = subprocess.Popen(
                [
                    *(_unshare(), *UNSHARE),
                    *(sys.executable, "-P", "-m", "targets.hosts.inside", module, *arguments),
                ],
                env=told,
                pass_fds=[theirs.fileno()],
                process_group=0,
                preexec_fn=_die_with(os.getpid()),
            )
            theirs.close()
            code = process.wait()
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
        said = _all_of(ours)
    if not said.startswith(SETTLED):
        sys.stderr.write(f"The sandbox ended before the harness ran in it (exit {code}).\n")
        return EXIT_HARNESS_FAILED
    # unshare's own code says too little: of a harness that was killed some versions make
    # 1, which would read as "a violation was found".
    if len(said) < 2:
        sys.stderr.write("The harness inside the sandbox was killed before it ended.\n")
        return EXIT_HARNESS_FAILED
    return said[1]


def _all_of(connection: socket.socket) -> bytes:
    """What the process inside said before it ended; never waits."""
    connection.setblocking(False)
    said = b""
    with contextlib.suppress(OSError):
        while piece := connection.recv(16):
            said += piece
    return said


def settle() -> socket.socket:
    """Inside, first thing: say that we run, and turn forwarded bytes back into signals.

    Returns the connection to the outer process, which expects ``report`` on it at the end.

    SIGTERM interrupts like SIGINT until the harness installs a handler of its own; without
    one the kernel would not even deliver it, for this is pid 1.
    """
    connection = socket.socket(fileno=int(os.environ[SOCKET_VARIABLE]))
    connection.set_inheritable(False)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # We are in the background of the terminal, and `stty tostop` would stop us for writing.
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    connection.sendall(SETTLED)

    def listen() -> None:
        with contextlib.suppress(OSError):
            while byte := connection.recv(1):
                os.kill(os.getpid(), FORWARDED[byte])

    threading.Thread(target=listen, name="forwarded signals", daemon=True).start()
    return connection


def report(connection: socket.socket, code: int) -> None:
    """Inside, last thing: tell the outer process the exit code."""
    with contextlib.suppress(OSError):
        connection.sendall(bytes([code & 0xFF]))


def _unshare() -> str:
    found = shutil.which("unshare", path=TOOLS_PATH)
    if found is None:
        raise HostUnavailable(
            "unshare is missing; it is part of util-linux: install that "
            "(apt install util-linux, dnf install util-linux)"
        )
    return found


def _die_with(parent: int) -> Callable[[], None]:
    """What a child runs before exec, so that the kernel kills it when ``parent`` dies."""
    # Loaded before the fork: a child between fork and exec should do as little as it can.
    prctl = ctypes.CDLL(None).prctl

    def arrange() -> None:
        prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
        if os.getppid() != parent:
            os._exit(1)

    return arrange


Handler = Callable[[int, FrameType | None], object] | int | signal.Handlers | None


def _forward_signals(outlet: socket.socket) -> dict[signal.Signals, Handler]:
    """Send a byte for each signal from now on; returns the former handlers."""
    bytes_of = {
        signal.SIGINT: b"I",
        signal.SIGTERM: b"T",
        signal.SIGHUP: b"T",
    }

    def forward(number: int, frame: FrameType | None) -> None:
        with contextlib.suppress(OSError):
            outlet.send(bytes_of[signal.Signals(number)], socket.MSG_DONTWAIT)

    former: dict[signal.Signals, Handler] = {}
    for number in bytes_of:
        # Under nohup SIGHUP is ignored, and stays so.
        if number is signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
            continue
        former[number] = signal.signal(number, forward)
    return former
