"""Find or make the image that nodes and agents run in.

    nodes need software of this machine          -> packed, with the interpreter (below)
    an image made before from the same things    -> that one
    the base image is here, or a registry has it -> docker build, with the Dockerfile beside us
    no registry answers                          -> this machine's own interpreter, packed

An image is tagged by the hash of what is in it. It also bears the hash of its recipe,
which is known without making it.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from targets.hosts import labels, packing, payload
from targets.hosts.engine import Engine, NotThere, blocking, same_architecture
from targets.target import ControlLost, HostUnavailable, Needed

DEFAULT_BASE = "python:3.12-slim"
REPOSITORY = "splitbrain-node"
DOCKERFILE = Path(__file__).with_name("Dockerfile")
REGISTRY_TIMEOUT_S = 5.0
PULL_TIMEOUT_S = 300.0
TAG_DIGITS = 16

Announce = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Image:
    """An image in the engine: its tag, and in words how it came about."""

    tag: str
    origin: str


def ensure(
    engine: Engine, announce: Announce, base: str | None = None, needs: Sequence[Needed] = ()
) -> Image:
    """An image to run, made if need be. Blocks: 0.1 s to find one, 3 s to make one.

    ``announce`` gets one line when an image is made. A ``base`` that is asked for and
    cannot be had is a HostUnavailable; without one, an image is packed instead. Software that
    nodes need (``needs``) is packed from this machine, whatever a registry may have: a run
    tests what is installed here.
    """
    if needs:
        return _with_software(engine, announce, base, needs)
    chosen = payload.files()
    sources = payload.digest(chosen)
    built = _build_recipe(base or DEFAULT_BASE, sources)
    if found := _made_before(engine, built):
        return Image(found, f"built from {base or DEFAULT_BASE}")
    if base is None and same_architecture(engine.version):
        interpreter = packing.find_interpreter()
        packed = packing.recipe(interpreter, sources)
        if found := _made_before(engine, packed):
            return Image(found, f"packed from this machine's Python {interpreter.version}")
    reason = _obtain(engine, announce, base or DEFAULT_BASE)
    if reason is None:
        return _build(engine, announce, base or DEFAULT_BASE, built, chosen)
    if base is not None or not same_architecture(engine.version):
        raise HostUnavailable(
            f"the base image {base or DEFAULT_BASE} is not here and cannot be pulled: {reason}"
        )
    because = f"{DEFAULT_BASE} could not be pulled ({reason})"
    return _import(engine, announce, interpreter, packed, because)


def _with_software(
    engine: Engine, announce: Announce, base: str | None, needs: Sequence[Needed]
) -> Image:
    names = ", ".join(Path(needed.what).name for needed in needs)
    if base is not None or not same_architecture(engine.version):
        raise HostUnavailable(
            f"an image with {names} is packed from this machine, which wants an engine of the "
            f"same architecture and no base image ({base or 'none'} is asked for); "
            "or use --host sandbox"
        )
    interpreter = packing.find_interpreter()
    software = packing.find_software(needs)
    recipe = packing.recipe(interpreter, payload.digest(payload.files()), software)
    if found := _made_before(engine, recipe):
        return Image(found, f"packed from this machine's Python {interpreter.version} and {names}")
    return _import(engine, announce, interpreter, recipe, f"{names} come with it", software)


def _build_recipe(base: str, sources: str) -> str:
    told = f"built 1\0{base}\0{sources}\0".encode() + DOCKERFILE.read_bytes()
    return hashlib.sha256(told).hexdigest()


def _made_before(engine: Engine, recipe: str) -> str | None:
    filters = {"label": f"{labels.RECIPE}={recipe}"}
    for image in blocking(engine.api.images, filters=filters):
        for tag in image.get("RepoTags") or []:
            if tag.startswith(f"{REPOSITORY}:"):
                return str(tag)
    return None


def _obtain(engine: Engine, announce: Announce, base: str) -> str | None:
    """Have the base image here; the reason why not, in a few words, when it cannot be had."""
    if _id_of(engine, base) is not None:
        return None
    # A registry that is cut off may let its callers hang: asked first, with a short time-out.
    reason = _bounded(lambda: engine.api.inspect_distribution(base), REGISTRY_TIMEOUT_S)
    if reason is None:
        announce(f"pulling {base} (once)")
        repository, _, tag = base.rpartition(":")
        reason = _bounded(lambda: engine.api.pull(repository or base, tag=tag), PULL_TIMEOUT_S)
    return reason


def _bounded(ask: Callable[[], Any], timeout_s: float) -> str | None:
    """None when ``ask`` returned in time; else one line that says why not."""
    outcome: list[str | None] = []

    def run() -> None:
        try:
            blocking(ask)
            outcome.append(None)
        except ControlLost as error:
            outcome.append(str(error).removeprefix("the Docker engine refused: ").splitlines()[0])

    # A daemon thread: one that hangs must not keep the program from ending.
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(timeout_s)
    return outcome[0] if outcome else f"no answer within {timeout_s:g} s"


def _build(
    engine: Engine, announce: Announce, base: str, recipe: str, chosen: dict[str, Path]
) -> Image:
    start = time.perf_counter()
    facts = blocking(engine.api.inspect_image, base)
    tag = f"{REPOSITORY}:{hashlib.sha256((recipe + facts['Id']).encode()).hexdigest()[:TAG_DIGITS]}"
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as tar:
        payload.add(tar, "Dockerfile", DOCKERFILE.read_bytes())
        for name, path in sorted(chosen.items()):
            payload.add(tar, f"{payload.ROOT}/{name}", path.read_bytes())
    context.seek(0)

    def build() -> None:
        said: list[str] = []
        lines = engine.api.build(
            fileobj=context,
            custom_context=True,
            tag=tag,
            rm=True,
            forcerm=True,
            buildargs={"BASE": base},
            labels={labels.RECIPE: recipe},
            decode=True,
        )
        for line in lines:
            said.append(str(line.get("stream", "")).strip())
            if error := line.get("error"):
                last = " | ".join(text for text in said if text)[-400:]
                raise HostUnavailable(f"docker build on {base} failed: {error} (after: {last})")

    blocking(build)
    spent = time.perf_counter() - start
    announce(f"image {tag} built from {base} with targets/hosts/Dockerfile ({spent:.1f} s)")
    return Image(tag, f"built from {base}")


def _id_of(engine: Engine, tag: str) -> str | None:
    try:
        return str(blocking(engine.api.inspect_image, tag)["Id"])
    except NotThere:
        return None


def _import(
    engine: Engine,
    announce: Announce,
    interpreter: packing.Interpreter,
    recipe: str,
    because: str,
    software: Sequence[Path] = (),
) -> Image:
    start = time.perf_counter()
    try:
        made = packing.pack(interpreter, software)
    except OSError as error:
        raise HostUnavailable(
            f"no image: this machine's Python cannot be packed ({error}), and that is needed: "
            f"{because}"
        ) from error
    tag = made.digest[:TAG_DIGITS]
    changes = [*made.changes, f"LABEL {labels.RECIPE}={recipe}"]
    former = _id_of(engine, f"{REPOSITORY}:{tag}")
    blocking(
        engine.api.import_image_from_data,
        made.archive,
        repository=REPOSITORY,
        tag=tag,
        changes=changes,
    )
    # The engine's answer is a stream of progress in which an error is a line like others.
    blocking(engine.api.inspect_image, f"{REPOSITORY}:{tag}")
    if former is not None:
        # Same content under another recipe (files touched): only the tag's loser goes,
        # and not while a container of another run uses it.
        with suppress(ControlLost):
            blocking(engine.api.remove_image, former)
    spent = time.perf_counter() - start
    size_mb = made.archive.getbuffer().nbytes / 1e6
    announce(
        f"image {REPOSITORY}:{tag} packed from this machine's Python {interpreter.version} "
        f"({size_mb:.0f} MB, {spent:.1f} s): {because}"
    )
    return Image(f"{REPOSITORY}:{tag}", f"packed from this machine's Python {interpreter.version}")
