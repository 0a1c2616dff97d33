"""Packing this machine's interpreter: what goes in, what stays out, what changes the recipe."""

import os
import tarfile
from pathlib import Path

import pytest

from targets.hosts import packing, payload
from targets.hosts.packing import Interpreter, find_interpreter, parse_ldd, recipe
from targets.target import HostUnavailable

GLIBC = """\
/usr/bin/python3.11:
\tlinux-vdso.so.1 (0x00007f37ae62f000)
\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f37add3e000)
\t/lib64/ld-linux-x86-64.so.2 (0x00007f37ae631000)
/usr/lib/python3.11/lib-dynload/_json.so:
\tstatically linked
\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f37add3e000)
"""
MUSL = """\
\t/lib/ld-musl-x86_64.so.1 (0x7fd4b1a2d000)
\tlibc.musl-x86_64.so.1 => /lib/ld-musl-x86_64.so.1 (0x7fd4b1a2d000)
"""


def test_libraries_and_the_linker_are_found_in_ldds_output():
    assert parse_ldd(GLIBC) == [
        Path("/lib/x86_64-linux-gnu/libm.so.6"),
        Path("/lib64/ld-linux-x86-64.so.2"),
    ]
    assert parse_ldd(MUSL) == [Path("/lib/ld-musl-x86_64.so.1")]


def test_a_library_named_from_where_a_program_lies_is_packed_once():
    text = "\tlibjli.so => /opt/java/bin/../lib/libjli.so (0x00007f1)\n"
    assert parse_ldd(text) == [Path("/opt/java/lib/libjli.so")]


def test_a_library_that_a_plugin_finds_by_itself_may_be_missing():
    assert parse_ldd("\tlibjvm.so => not found\n", strict=False) == []


def test_a_missing_library_is_named():
    with pytest.raises(HostUnavailable, match=r"libssl\.so\.3 => not found"):
        parse_ldd("\tlibssl.so.3 => not found\n")


def library(folder: Path) -> Interpreter:
    """A small installation."""
    for name in (
        "bin/python",
        "lib/os.py",
        "lib/__pycache__/os.cpython-311.pyc",
        "lib/__pycache__/os.cpython-311.opt-1.pyc",
        "lib/test/test_os.py",
        "lib/site-packages/numpy.py",
        "lib/config-3.11-x86_64-linux-gnu/libpython3.11.a",
        "lib/lib-dynload/_json.cpython-311.so",
        "lib/lib-dynload/_testcapi.cpython-311.so",
        "lib/lib-dynload/_tkinter.cpython-311.so",
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return Interpreter(folder / "bin/python", (folder / "lib",), "3.11.0")


def test_what_nodes_have_no_use_for_stays_out(tmp_path):
    installed = library(tmp_path)
    (tmp_path / "lib/broken.py").symlink_to("nowhere")
    packed = {str(p.relative_to(tmp_path)) for p in installed.files()}
    assert packed == {
        "bin/python",
        "lib/os.py",
        "lib/__pycache__/os.cpython-311.pyc",
        "lib/lib-dynload/_json.cpython-311.so",
    }


def test_the_recipe_follows_the_sources_the_version_and_every_file(tmp_path):
    installed = library(tmp_path)
    first = recipe(installed, "sources")
    assert recipe(installed, "sources") == first
    assert recipe(installed, "other sources") != first
    assert recipe(Interpreter(installed.executable, installed.library, "3.12"), "sources") != first
    os.utime(tmp_path / "lib/os.py", ns=(1, 1))
    assert recipe(installed, "sources") != first


def test_the_running_interpreter_is_found_behind_a_virtual_environment():
    found = find_interpreter()
    assert found.executable == found.executable.resolve()
    assert any(p.name == "os.py" for p in found.files())
    assert not any("site-packages" in p.parts for p in found.files())


def test_a_packed_image_holds_the_interpreter_at_its_own_path(tmp_path, monkeypatch):
    monkeypatch.setattr(packing, "shared_libraries", lambda binaries: [Path("/etc/hostname")])
    monkeypatch.setattr(payload, "files", lambda: {"targets/x.py": tmp_path / "lib/os.py"})
    installed = library(tmp_path)
    (tmp_path / "lib/os.py").write_text("x = 1\n")
    made = packing.pack(installed)
    with tarfile.open(fileobj=made.archive) as tar:
        names = set(tar.getnames())
        shortcut = tar.getmember("usr/local/bin/python3")
    inside = str(tmp_path).lstrip("/")
    assert {f"{inside}/bin/python", f"{inside}/lib/os.py", "splitbrain/targets/x.py"} <= names
    assert "etc/hostname" in names
    assert any(n.startswith("splitbrain/targets/__pycache__/x.") for n in names)
    assert shortcut.linkname == str(installed.executable)
    assert f'ENTRYPOINT ["{installed.executable}", "-P"]' in made.changes
    assert "ENV LD_LIBRARY_PATH=/etc" in made.changes


def test_the_tag_follows_content_and_not_times(tmp_path, monkeypatch):
    monkeypatch.setattr(packing, "shared_libraries", lambda binaries: [])
    monkeypatch.setattr(payload, "files", dict)
    installed = library(tmp_path)
    first = packing.pack(installed).digest
    os.utime(tmp_path / "lib/os.py", ns=(1, 1))
    assert packing.pack(installed).digest == first
    (tmp_path / "lib/os.py").write_text("changed")
    assert packing.pack(installed).digest != first
