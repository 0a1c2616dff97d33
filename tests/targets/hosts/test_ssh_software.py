"""Programs of others are found as a shell finds them, wrappers passed over."""

from targets.hosts.ssh.software import find


def test_programs_are_found_on_the_path_then_in_the_usual_places(tmp_path):
    first, second, usual = (tmp_path / name for name in ("first", "second", "usual"))
    for folder in (first, second, usual):
        folder.mkdir()
    path = f"{first}::{second}"

    def program(place, content=b"\x7fELF", mode=0o755):
        place.write_bytes(content)
        place.chmod(mode)
        return place

    program(first / "etcd", b"#!/bin/sh\nexec etcd.real\n")
    program(first / "notes", mode=0o644)
    wanted = program(second / "etcd")
    (usual / "java").symlink_to(program(tmp_path / "jvm"))
    assert find("etcd", path, [str(usual)]) == wanted
    assert find("java", path, [str(usual)]) == tmp_path / "jvm", "links are followed"
    assert find("notes", path, [str(usual)]) is None
    assert find(str(wanted), path) == wanted
    assert find("second/etcd", path) is None and find(str(first), path) is None
