"""The sandbox host with real namespaces and processes, for root and for an ordinary user."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import hosts_scenarios
import pytest

from targets.hosts import reexec
from targets.hosts.sources import SOURCES
from targets.target import HostUnavailable

pytestmark = pytest.mark.live

HERE = Path(__file__).parent
ENTER = (
    "import sys; from targets.hosts.reexec import enter; sys.exit(enter(sys.argv[2:], sys.argv[1]))"
)
NOBODY = 65534
WITHIN_S = 15.0


@pytest.fixture(autouse=True, scope="module")
def namespaces(request):
    try:
        reexec.check()
    except HostUnavailable as error:
        if "sandbox" in (request.config.getoption("--require", default=None) or ()):
            raise
        pytest.skip(str(error))


@pytest.fixture
def modules(tmp_path):
    """A folder on the module path of what runs inside."""
    return tmp_path


STARTED: list[subprocess.Popen] = []


@pytest.fixture(autouse=True)
def nothing_left():
    """A test that fails half-way leaves no process and no pipe to be held against the next."""
    yield
    while STARTED:
        with STARTED.pop() as process:
            process.kill()


def start(module: str, *arguments: str, path: Path = HERE, **options) -> subprocess.Popen:
    """The outer process: enters a sandbox and runs ``module`` in it."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(SOURCES), str(path)])}
    process = subprocess.Popen(
        [sys.executable, "-c", ENTER, module, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )
    STARTED.append(process)
    return process


def finish(process: subprocess.Popen) -> tuple[int, str, str]:
    try:
        out, err = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return process.returncode, out, err


def with_argument(text: str) -> list[int]:
    """Processes of this machine that have ``text`` on their command line."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if text.encode() in (folder / "cmdline").read_bytes():
                    found.append(int(folder.name))
            except OSError:
                continue
    return found


def network_namespaces(pids: Iterable[int] | None = None) -> set[str]:
    """The network namespaces that these processes live in; None: all of this machine."""
    if pids is None:
        pids = [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()]
    found = set()
    for pid in pids:
        try:
            found.add(str(Path(f"/proc/{pid}/ns/net").readlink()))
        except OSError:
            continue
    return found


def wait_for(holds, what: str) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@pytest.mark.parametrize("scenario", [s.__name__ for s in hosts_scenarios.SCENARIOS])
def test_it_does_what_every_host_must(scenario, tmp_path):
    code, _, err = finish(start("hosts_scenarios", scenario, str(tmp_path)))
    assert code == 0, err
    owners = {p.stat().st_uid for p in tmp_path.rglob("*")}
    assert owners == {os.getuid()}, "what was written inside belongs to the caller"


def test_an_ordinary_user_can_do_it_too(tmp_path):
    if os.getuid() != 0:
        pytest.skip("this test becomes an ordinary user, which takes root")
    system = Path("/usr/bin/python3")
    question = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    if not system.exists() or subprocess.run([system, "-c", question]).returncode != 0:
        pytest.skip("no Python of this version that an ordinary user can read")
    import pyroute2

    packages = Path(pyroute2.__file__).parent.parent
    tmp_path.chmod(0o777)
    for folder in tmp_path.parents:
        if folder.stat().st_uid == 0 and folder != Path("/tmp"):
            folder.chmod(folder.stat().st_mode | 0o711)
    made = subprocess.run(
        [
            *(system, "-c", ENTER, "hosts_scenarios"),
            *("a_directed_cut_drops_and_counts_one_direction", str(tmp_path)),
        ],
        env={
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": os.pathsep.join(map(str, [SOURCES, HERE, packages])),
        },
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        capture_output=True,
        text=True,
        timeout=60,
        cwd="/",
    )
    assert made.returncode == 0, made.stderr


def test_where_the_kernel_allows_no_namespaces_one_sentence_says_so():
    check = "from targets.hosts.reexec import check; check()"
    forbid = "echo 0 > /proc/sys/user/max_user_namespaces"
    tried = subprocess.run(
        ["unshare", "-Ur", "sh", "-c", f'{forbid} && exec "$0" -c "{check}"', sys.executable],
        env=os.environ | {"PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert tried.stderr.splitlines()[-1].startswith("targets.target.HostUnavailable: user names")
    assert "sudo sysctl user.max_user_namespaces=15000" in tried.stderr


@pytest.mark.parametrize("code", [0, 1, 3])
def test_the_exit_code_of_what_runs_inside_is_passed_on(modules, code):
    (modules / "inner.py").write_text(f"raise SystemExit({code})")
    assert finish(start("inner", path=modules))[0] == code


def test_arguments_and_streams_are_those_of_the_outer_process(modules):
    (modules / "inner.py").write_text(
        "import sys; print(sys.argv[1:], input()); print('progress', file=sys.stderr)"
    )
    process = start("inner", "--a b", path=modules, stdin=subprocess.PIPE)
    out, err = process.communicate("typed\n", timeout=60)
    assert (out, err) == ("['--a b'] typed\n", "progress\n")


def test_the_owner_inside_is_the_outer_process(modules):
    (modules / "inner.py").write_text(
        "import os; from targets.hosts.owner import current_owner as o; print(os.getpid(), o().pid)"
    )
    process = start("inner", path=modules)
    assert finish(process)[1] == f"1 {process.pid}\n"


WAITING = """
import time
try:
    print("ready", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print("interrupted", flush=True)
    try:
        time.sleep(0.5)
    except KeyboardInterrupt:
        print("twice", flush=True)
    raise SystemExit(130)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_outer_pid_interrupts_the_harness_once(modules, number):
    (modules / "inner.py").write_text(WAITING)
    process = start("inner", path=modules)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    assert finish(process)[:2] == (130, "interrupted\n")


def test_ctrl_c_of_a_terminal_interrupts_the_harness_once(modules):
    (modules / "inner.py").write_text(WAITING)
    process = start("inner", path=modules, start_new_session=True)
    assert process.stdout.readline() == "ready\n"
    os.killpg(process.pid, signal.SIGINT)
    assert finish(process)[:2] == (130, "interrupted\n")


def test_killing_the_outer_process_leaves_nothing(modules):
    mark = f"mark-{os.getpid()}-{time.monotonic_ns()}"
    (modules / "inner.py").write_text(
        "import subprocess, sys, time\n"
        "from targets.hosts import nursery\n"
        "nursery.unshare_network()\n"
        "waiting = [sys.executable, '-c', 'import time; time.sleep(60)', sys.argv[1]]\n"
        "subprocess.Popen(waiting, start_new_session=True)\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )
    process = start("inner", mark, path=modules)
    assert process.stdout.readline() == "ready\n"
    # Of its own processes: tests beside this one make namespaces, too.
    made = network_namespaces(with_argument(mark)) - network_namespaces([os.getpid()])
    assert made
    # A process that has just begun has no command line for a moment.
    wait_for(lambda: len(with_argument(mark)) >= 4, "all its processes run")
    process.kill()
    process.communicate(timeout=60)
    wait_for(lambda: not with_argument(mark), "its processes are gone")
    wait_for(lambda: not made & network_namespaces(), "its network namespaces are gone")


def test_a_harness_that_is_killed_inside_is_the_harness_failing(modules):
    (modules / "inner.py").write_text("import time; print('ready', flush=True); time.sleep(60)")
    process = start("inner", path=modules)
    assert process.stdout.readline() == "ready\n"
    (unshare,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    (inner,) = Path(f"/proc/{unshare}/task/{unshare}/children").read_text().split()
    os.kill(int(inner), signal.SIGKILL)
    code, _, err = finish(process)
    assert code == 70
    assert err.endswith("The harness inside the sandbox was killed before it ended.\n")


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        ("raise SystemExit", 0),
        ("raise SystemExit('a message')", 1),
        ("raise ValueError('a bug')", 70),
        ("raise KeyboardInterrupt", 130),
    ],
)
def test_every_way_to_end_has_its_exit_code(modules, ending, code):
    (modules / "inner.py").write_text(ending)
    assert finish(start("inner", path=modules))[0] == code


def test_links_that_an_earlier_cluster_has_left_are_in_nobodys_way(modules):
    """A harness makes many clusters, one after another, in the same namespace.

    A killed nursery leaves its bridge; ports stay until the kernel has done away with the nodes'
    namespaces, which takes it a while.
    """
    (modules / "inner.py").write_text(
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from pyroute2 import IPRoute\n"
        "from targets.hosts.nursery import BRIDGE\n"
        "from targets.hosts.sandbox import SandboxHost\n"
        "from targets.target import RunIdentity\n"
        "with IPRoute() as links:\n"
        "    links.link('add', ifname=BRIDGE, kind='bridge')\n"
        "    links.link('add', ifname=BRIDGE + 'n2', kind='veth', peer={'ifname': 'other'})\n"
        "async def main():\n"
        "    host = SandboxHost()\n"
        "    run = RunIdentity('run', Path(sys.argv[1]), 1, 1, '')\n"
        "    machines = await host.open(run, ['n1', 'n2'])\n"
        "    await host.close()\n"
        "    print(*machines)\n"
        "asyncio.run(main())\n"
    )
    code, told, trouble = finish(start("inner", str(modules), path=modules))
    assert (code, told) == (0, "n1 n2\n"), trouble


def test_two_sandboxes_run_side_by_side(tmp_path):
    scenario = "a_directed_cut_drops_and_counts_one_direction"
    both = [start("hosts_scenarios", scenario, str(tmp_path / n)) for n in ("a", "b")]
    for process in both:
        code, _, err = finish(process)
        assert code == 0, err


ENGINES = re.compile(r"\b(veth|br-|docker)")


def test_the_machines_own_network_is_untouched(tmp_path):
    def seen() -> tuple[str, ...]:
        names = ("dev", "route", "if_inet6")
        text = [Path("/proc/net", n).read_text() for n in names]
        devices = "\n".join(line.split(":")[0] for line in text[0].splitlines())
        # Devices of a container engine come and go while others use it.
        return tuple(
            "\n".join(line for line in part.splitlines() if not ENGINES.search(line))
            for part in (devices, text[1], text[2])
        )

    before = seen()
    process = start("hosts_scenarios", "many_at_once", str(tmp_path))
    time.sleep(0.7)
    during = seen()
    assert finish(process)[0] == 0
    assert before == during == seen()
