"""Make an image from this machine itself, for where no registry answers.

What goes in: the interpreter that runs us (of a virtual environment: its base), the
standard library without tests and site-packages, the shared libraries that ``ldd`` names
for these, and our payload; and the software that nodes need, if they need any, with its
libraries. No shell, no other binary; 1 s to pack, 2 s with a Java machine.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from targets.hosts import payload, programs
from targets.target import HostUnavailable, Needed

LEFT_OUT_FOLDERS = {
    *("test", "tests", "site-packages", "dist-packages", "idlelib", "tkinter", "turtledemo"),
    *("ensurepip", "lib2to3", "pydoc_data", "idle_test"),
}
LEFT_OUT_FILES = re.compile(
    r"(_tkinter|_test[a-z]*|_ctypes_test|_xxtestfuzz|xxlimited.*)\..*so$|\.opt-\d\.pyc$|\.(a|o|whl)$"
)
LEFT_OUT_OF_TREES = {
    *("jmods", "man", "demo", "include", "legal", "docs", "src.zip", "ct.sym"),
    *("jrt-fs.jar", "classes_nocoops.jsa"),
}
"""Of a Java machine: what is for those who develop with it."""
TOOL_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python installation: its real executable, and the folders of its standard library."""

    executable: Path
    library: tuple[Path, ...]
    version: str

    def files(self) -> Iterator[Path]:
        """Executable and standard library, without what nodes have no use for."""
        yield self.executable
        for top in self.library:
            if top.is_file():
                yield top
                continue
            for folder, folders, names in os.walk(top):
                folders[:] = sorted(
                    name
                    for name in folders
                    if name not in LEFT_OUT_FOLDERS and not name.startswith("config-")
                )
                paths = (
                    Path(folder) / name for name in sorted(names) if not LEFT_OUT_FILES.search(name)
                )
                # Distributions leave links whose package is not installed.
                yield from (path for path in paths if path.is_file())


def find_interpreter() -> Interpreter:
    """The installation that runs us. Asks it, so that every layout (Debian, pyenv) works."""
    running = Path(getattr(sys, "_base_executable", None) or sys.executable).resolve()
    question = "import json,sys; print(json.dumps([sys.path, sys.version.split()[0]]))"
    try:
        answer = subprocess.run(
            [running, "-I", "-S", "-c", question],
            capture_output=True,
            check=True,
            timeout=TOOL_TIMEOUT_S,
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise HostUnavailable(
            f"the interpreter {running} does not run by itself: {error}"
        ) from None
    path, version = json.loads(answer)
    places = [Path(p) for p in path if p and Path(p).exists()]
    # lib-dynload lies inside the library's own folder; packed once.
    library = tuple(p for p in places if not any(q in p.parents for q in places))
    return Interpreter(running, library, version)


def find_software(needs: Iterable[Needed]) -> list[Path]:
    """All files of what is needed: programs, the trees they live in, single files.

    Raises HostUnavailable for what is not on this machine and not optional.
    """
    found: dict[Path, None] = {}
    for needed in needs:
        if needed.optional and programs.find(needed.what) is None:
            continue
        program = programs.path_of(needed.what, [needed])
        # A program runs under its true name; files are looked for under the name they were given.
        alone = Path(needed.what) if "/" in needed.what and not _is_elf(program) else program
        found[alone] = None
        if needed.tree:
            top = program.parents[needed.tree - 1]
            for folder, folders, names in os.walk(top):
                folders[:] = sorted(set(folders) - LEFT_OUT_OF_TREES)
                paths = (Path(folder) / name for name in sorted(names))
                found |= dict.fromkeys(
                    p for p in paths if p.is_file() and p.name not in LEFT_OUT_OF_TREES
                )
    return list(found)


def recipe(interpreter: Interpreter, sources: str, software: Sequence[Path] = ()) -> str:
    """A hash that changes whenever the packed image would: by file sizes and times, 20 ms."""
    sha = hashlib.sha256(f"packed 2\0{sources}\0{interpreter.version}".encode())
    for path in (*interpreter.files(), *software):
        seen = path.stat()
        sha.update(f"{path}\0{seen.st_size}\0{seen.st_mtime_ns}\n".encode())
    return sha.hexdigest()


def shared_libraries(binaries: Iterable[Path], *, strict: bool = True) -> list[Path]:
    """What the dynamic linker would load for these, the linker itself included.

    ``strict``: raises HostUnavailable when one of them is not on this machine; else passes it
    over, for plug-ins that find it otherwise (those of a Java machine) or cannot be used here.
    """
    ldd = shutil.which("ldd", path=os.environ.get("PATH", "") + ":/usr/bin:/bin")
    if ldd is None:
        raise HostUnavailable(
            "no image can be packed without ldd (apt install libc-bin), and no registry answers"
        )
    said = subprocess.run(
        [ldd, *binaries],
        capture_output=True,
        text=True,
        timeout=TOOL_TIMEOUT_S,
        env=os.environ | {"LC_ALL": "C"},
    ).stdout
    return parse_ldd(said, strict=strict)


def parse_ldd(text: str, *, strict: bool = True) -> list[Path]:
    """The files in ldd's output, sorted, each once. HostUnavailable when one is missing."""
    found: set[Path] = set()
    for line in text.splitlines():
        if strict and line.rstrip().endswith("not found"):
            raise HostUnavailable(
                f"a library that is needed is missing on this machine: {line.strip()}"
            )
        if match := re.search(r"(?:=>\s+|^\s+)(/\S+)\s+\(0x", line):
            # A program that names its libraries from where it lies: bin/../lib.
            found.add(Path(os.path.normpath(match.group(1))))
    return sorted(found)


def _is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


@dataclass(frozen=True, slots=True)
class Packed:
    """An image's file system as a tar, and what the engine must be told with it."""

    archive: io.BytesIO
    digest: str
    changes: tuple[str, ...]


def pack(interpreter: Interpreter, software: Sequence[Path] = ()) -> Packed:
    """The tar of a complete image, and its hash. Modification times are not part of the hash."""
    ours = list(interpreter.files())
    installed = [*ours, *software]
    binaries = [p for p in ours if ".so" in p.name or p == interpreter.executable]
    plugins = {p for p in software if ".so" in p.name}
    binaries += [p for p in software if p not in plugins and _is_elf(p)]
    libraries = shared_libraries(binaries)
    if plugins:
        libraries += shared_libraries(sorted(plugins), strict=False)
    sha = hashlib.sha256()
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for path in dict.fromkeys([*installed, *libraries]):
            # Links are followed: what is packed has to stand alone.
            content = path.read_bytes()
            seen = path.stat()
            info = tarfile.TarInfo(str(path).lstrip("/"))
            info.size = len(content)
            info.mode = stat.S_IMODE(seen.st_mode) & 0o755 | 0o444
            # Compiled modules name their source's time, so it is kept.
            info.mtime = int(seen.st_mtime)
            tar.addfile(info, io.BytesIO(content))
            if not path.name.endswith(".pyc"):
                sha.update(f"{path}\0{len(content)}\0".encode())
                sha.update(content)
        for name, content in payload.entries(payload.files()):
            payload.add(tar, name, content)
            if not name.endswith(".pyc"):
                sha.update(f"{name}\0{len(content)}\0".encode())
                sha.update(content)
        link = tarfile.TarInfo("usr/local/bin/python3")
        link.type = tarfile.SYMTYPE
        link.linkname = str(interpreter.executable)
        tar.addfile(link)
        scratch = tarfile.TarInfo("tmp")
        scratch.type = tarfile.DIRTYPE
        scratch.mode = 0o1777
        tar.addfile(scratch)
    places = sorted({str(library.parent) for library in libraries})
    changes = (
        f"ENV PYTHONPATH=/{payload.ROOT}",
        "ENV PYTHONUNBUFFERED=1",
        "ENV PYTHONDONTWRITEBYTECODE=1",
        "ENV PATH=/usr/local/bin:/usr/bin:/bin",
        # There is no linker cache in the image.
        f"ENV LD_LIBRARY_PATH={':'.join(places)}",
        "WORKDIR /",
        f'ENTRYPOINT ["{interpreter.executable}", "-P"]',
    )
    sha.update("\n".join(changes).encode())
    archive.seek(0)
    return Packed(archive, sha.hexdigest(), changes)
