"""The files of our own that go into every image: nodes, agent, and the netlink library."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import py_compile
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from targets.hosts.sources import SOURCES
from targets.target import HostUnavailable

ROOT = "splitbrain"
"""The folder in the image that is on the module path."""

AGENT = (
    "targets/__init__.py",
    "targets/hosts/__init__.py",
    "targets/hosts/agent.py",
    "targets/hosts/rules.py",
)


def files() -> dict[str, Path]:
    """Path under ROOT in the image → file here. Python sources only."""
    found = {name: SOURCES / name for name in AGENT}
    found |= {
        str(path.relative_to(SOURCES)): path
        for path in sorted((SOURCES / "targets" / "nodes").rglob("*.py"))
    }
    netlink = importlib.util.find_spec("pyroute2")
    if netlink is None or netlink.origin is None:
        raise HostUnavailable("the package pyroute2 is missing: pip install pyroute2")
    home = Path(netlink.origin).parent
    found |= {
        str(Path("pyroute2") / path.relative_to(home)): path for path in sorted(home.rglob("*.py"))
    }
    return found


def digest(chosen: dict[str, Path]) -> str:
    """A hash of these names and contents."""
    sha = hashlib.sha256()
    for name, path in sorted(chosen.items()):
        content = path.read_bytes()
        sha.update(f"{name}\0{len(content)}\0".encode())
        sha.update(content)
    return sha.hexdigest()


def entries(chosen: dict[str, Path]) -> Iterator[tuple[str, bytes]]:
    """(path in the image, content) of the sources and of their compiled form.

    Containers start from the image anew each time: without the compiled form each start
    would compile the netlink library again (1 s).
    """
    with tempfile.TemporaryDirectory() as folder:
        compiled = Path(folder) / "compiled.pyc"
        for name, path in sorted(chosen.items()):
            yield f"{ROOT}/{name}", path.read_bytes()
            cached = importlib.util.cache_from_source(f"{ROOT}/{name}")
            py_compile.compile(
                str(path),
                cfile=str(compiled),
                dfile=f"/{ROOT}/{name}",
                doraise=True,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )
            yield cached, compiled.read_bytes()


def add(archive: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> None:
    """Put one file into a tar, the same bytes every time."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    info.mode = mode
    archive.addfile(info, io.BytesIO(content))


def archive(files: Mapping[str, bytes]) -> bytes:
    """A tar of these files, by relative path, with their folders."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        folders = {str(parent) for name in files for parent in Path(name).parents} - {"."}
        for folder in sorted(folders):
            info = tarfile.TarInfo(folder)
            info.type = tarfile.DIRTYPE
            info.mode = 0o755
            tar.addfile(info)
        for name, content in sorted(files.items()):
            add(tar, name, content)
    return packed.getvalue()
