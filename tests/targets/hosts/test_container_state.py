"""What /proc says of a container's process counts only if it is that process."""

from targets.hosts.container import visible_state

CONTAINER = "c0ffee" * 10


def process(proc, pid: int, cgroup: str, state: str) -> None:
    folder = proc / str(pid)
    folder.mkdir(parents=True)
    (folder / "cgroup").write_text(cgroup)
    (folder / "stat").write_text(f"{pid} (python -m (x)) {state} 1 1 1 0")


def test_the_state_of_the_containers_process(tmp_path):
    process(tmp_path, 7, f"0::/system.slice/docker-{CONTAINER}.scope\n", "T")
    assert visible_state(7, CONTAINER, tmp_path) == "T"


def test_a_process_of_the_same_pid_in_our_namespace_is_not_it(tmp_path):
    process(tmp_path, 7, "0::/user.slice\n", "S")
    assert visible_state(7, CONTAINER, tmp_path) is None


def test_a_process_that_cannot_be_seen(tmp_path):
    assert visible_state(7, CONTAINER, tmp_path) is None
