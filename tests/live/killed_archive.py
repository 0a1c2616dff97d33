"""Kill processes in the middle of archive writes, again and again, and look at what they left.

    python killed_archive.py [TIMES] [SEED]

Two processes at a time make runs in one store, as a harness does: journal, ledger, verdict,
manifest, packing, index. They also tag, export, import and remove them. Each says what it has
done once that is done. Both are killed (SIGKILL) at a random moment; then, against what they had
said until then:

- nothing that was journaled is lost, and no finished run is gone that nobody had begun to remove;
- nothing half-written can be seen: each file that has its name is whole, each run can be told,
  each bundle is whole or not there;
- the index says what the folders say;
- what was half done is finished by the next start, and nothing is left beside it.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import select
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "splitbrain"))

from kept_runs import PLAN, STARTED, events
from report_records import STALE_READ, record
from shrinkings import kept

from checker.verdict import Result, Verdict
from histories.archive import ArchiveError, Store, journal_of
from histories.history import read_history
from histories.journal import Journal
from nemesis.ledger import Ledger
from splitbrain import run_files
from splitbrain.archive import index
from splitbrain.archive.bundle import export
from splitbrain.archive.closing import closed
from splitbrain.archive.importing import take
from splitbrain.archive.packing import content_digest, content_of
from splitbrain.archive.pruning import look, remove, sweep
from splitbrain.archive.shrunk import read_shrunk
from splitbrain.archive.summary import read_summary
from splitbrain.archive.tags import change_tags, read_tags
from splitbrain.archive.telling import told_again
from splitbrain.archive.wanted import Wanted
from splitbrain.roles import read_roles
from splitbrain.sampling import FORMAT, VERSION

ROLES_SAID = [
    {"time": n * 10**9, "node": "n1", "role": role, "term": n, "leader": None}
    for n, role in enumerate(("follower", "candidate", "leader"))
]
LINES_MAX = 16
"""A process is killed after so many of its steps at most: a run takes some five."""
LIVES_S_MAX = 30.0
"""However slow it is, it is killed after this time."""


@dataclass(slots=True)
class Place:
    """A store, the folder that bundles go to, and a second store that takes them in."""

    here: Path
    bundles: Path
    there: Path


class Worker:
    """What one process does until it is killed; each line of ``say`` is a promise."""

    def __init__(self, place: Place, pipe: int, seed: int) -> None:
        self._place = place
        self._pipe = pipe
        self._random = random.Random(seed)

    def say(self, what: str, run: str, more: str = "") -> None:
        os.write(self._pipe, f"{json.dumps([what, run, more])}\n".encode())

    def work(self) -> None:
        while True:
            folder = self._run()
            if self._random.random() < 0.5:
                tag = f"tag-{self._random.randrange(10**6)}"
                change_tags(folder, add=[tag])
                self.say("tagged", folder.name, tag)
            if self._random.random() < 0.3:
                kept(folder, "20260314T092653Z-raft-register-abcdef")
                self.say("shrunk", folder.name)
            if self._random.random() < 0.4:
                bundle = self._place.bundles / f"{folder.name}.tar.zst"
                export(folder, bundle)
                self.say("exported", folder.name)
                take(bundle, self._place.there)
                self.say("imported", folder.name)
            if self._random.random() < 0.3:
                self._prune(folder)

    def _run(self) -> Path:
        run = Store(self._place.here).create(PLAN.system, PLAN.workload)
        folder = run.path
        run_files.write_manifest(folder, PLAN, STARTED, state="running")
        Ledger(folder / run_files.LEDGER, {"pid": os.getpid()}).close()
        journal = Journal(folder / run_files.JOURNAL, {"run": folder.name, "model": "register"})
        self._roles(folder)
        told = events(self._random.randrange(2, 2000))
        for start in range(0, len(told), 500):
            for event in told[start : start + 500]:
                journal.append(event)
            journal.flush()
            content = (folder / run_files.JOURNAL).read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            self.say("journaled", folder.name, f"{len(content)} {digest}")
        journal.close()
        run_files.write_logs(folder, {"n1": b"listening\n" * 1000})
        result = Result(Verdict.VALID, "register", "search", len(told), 1)
        one = replace(
            record(STALE_READ, verdict=Verdict.VALID, plan=PLAN, folder=folder),
            run=folder.name,
            results=[result],
        )
        closed(one, self._place.here)
        run.close()
        self.say("finished", folder.name)
        return folder

    def _roles(self, folder: Path) -> None:
        """What nodes say of themselves, written as a run does: a line, and a line."""
        header = {"format": FORMAT, "version": VERSION, "start": STARTED, "every_ms": 500}
        with (folder / run_files.ROLES).open("w", buffering=1, encoding="utf-8") as file:
            for line in (header, *ROLES_SAID):
                file.write(json.dumps(line) + "\n")
        self.say("roles", folder.name)

    def _prune(self, folder: Path) -> None:
        summary = read_summary(folder)
        assert summary is not None
        for run in look([summary], keep_failed=True, tagged=True).remove:
            self.say("removing", run.run)
            remove(self._place.here, run)
            self.say("removed", run.run)


@dataclass(slots=True)
class Promised:
    """What the processes had said before they were killed."""

    journaled: dict[str, tuple[int, str]] = field(default_factory=dict)
    tags: dict[str, set[str]] = field(default_factory=dict)
    said: dict[str, set[str]] = field(default_factory=dict)
    found: dict[Path, tuple[Any, str]] = field(default_factory=dict)
    """What a folder's files looked like when all of it was found to be whole, and its state."""

    def take(self, lines: Iterator[str]) -> None:
        for line in lines:
            if not line.endswith("\n"):
                continue  # killed while it spoke
            what, run, more = json.loads(line)
            self.said.setdefault(what, set()).add(run)
            if what == "journaled":
                size, digest = more.split()
                self.journaled[run] = int(size), digest
            if what == "tagged":
                self.tags.setdefault(run, set()).add(more)


@dataclass(slots=True)
class Child:
    """A process that is killed once it has said ``patience`` lines, and a while after."""

    pid: int
    pipe: int
    patience: int
    wait: float
    heard: bytes = b""
    dies_s: float | None = None
    ended: bool = False

    def listen(self) -> None:
        self.heard += os.read(self.pipe, 1 << 20)

    def arm(self, began_s: float) -> None:
        """Set the moment of its death: so many of the steps it usually takes from now."""
        now_s, lines = time.monotonic(), self.heard.count(b"\n")
        if self.dies_s is None and lines >= self.patience:
            self.dies_s = now_s + self.wait * (now_s - began_s) / (lines + 1)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        self.ended = True
        while more := os.read(self.pipe, 1 << 20):
            self.heard += more
        os.close(self.pipe)
        _, status = os.waitpid(self.pid, 0)
        assert os.WIFSIGNALED(status), f"a worker ended by itself: {status}"


def kill_once(place: Place, promised: Promised, rng: random.Random) -> None:
    """Start two processes and kill both, each at a moment of its own.

    While one lives on, it meets what the other has left half done.
    """
    children = [start(place, rng) for _ in range(2)]
    began_s = time.monotonic()
    while left := [child for child in children if not child.ended]:
        heard, _, _ = select.select([child.pipe for child in left], [], [], 0.002)
        for child in left:
            if child.pipe in heard:
                child.listen()
            child.arm(began_s)
            now_s = time.monotonic()
            if now_s > (child.dies_s or began_s + LIVES_S_MAX):
                child.kill()
    for child in children:
        promised.take(iter(child.heard.decode().splitlines(keepends=True)))


def start(place: Place, rng: random.Random) -> Child:
    """A process that archives until it is killed."""
    reading, writing = os.pipe()
    seed, patience, wait = rng.randrange(10**9), rng.randrange(LINES_MAX), rng.uniform(0.0, 2.0)
    pid = os.fork()
    if pid == 0:
        try:
            os.close(reading)
            Worker(place, writing, seed).work()
        except BaseException as error:
            os.write(2, f"worker: {type(error).__name__}: {error}\n".encode())
        finally:
            os._exit(1)
    os.close(writing)
    return Child(pid, reading, patience, wait)


def look_over(place: Place, promised: Promised) -> Counter[str]:
    """Check all that was promised. Raises AssertionError for anything that does not hold."""
    seen: Counter[str] = Counter()
    removing = promised.said.get("removing", set())
    folders = {folder.name: folder for folder in Store(place.here).folders()}
    for run, (size, digest) in promised.journaled.items():
        if run in removing or (run in folders and _known(folders[run], promised)):
            continue
        content = b"".join(content_of(journal_of(folders[run])))
        assert hashlib.sha256(content[:size]).hexdigest() == digest, f"{run} lost what it journaled"
    for run in promised.said.get("finished", set()) - removing:
        if _known(folders[run], promised):
            continue
        assert told_again(folders[run]).verdict is Verdict.VALID
        assert not (folders[run] / run_files.JOURNAL).exists(), f"{run} is not packed"
    for run in promised.said.get("roles", set()) - removing:
        assert len(read_roles(folders[run], [], 10**10).spans) == len(ROLES_SAID)
    for run in promised.said.get("shrunk", set()) - removing:
        assert read_shrunk(folders[run]) is not None
    for run, tags in promised.tags.items():
        assert run in removing or tags <= set(read_tags(folders[run]))
    for run in promised.said.get("removed", set()):
        assert run not in folders, f"{run} was removed and is there"
    for folder in (*folders.values(), *Store(place.there).folders()):
        state = _known(folder, promised) or _whole(folder)
        promised.found[folder] = _looks(folder), state
        if folder.is_relative_to(place.there):
            assert state == "packed", f"{folder.name} is half imported"
            state = "imported"
        seen[state] += 1
    assert promised.said.get("imported", set()) <= {f.name for f in Store(place.there).folders()}
    _whole_bundles(place, promised)
    _same_in_index(place.here)
    _same_in_index(place.there)
    for store in (place.here, place.there):
        sweep(store, old_s=0.0)
        left = [p for p in (store / "runs").rglob(".*") if not p.name.startswith(".latest")]
        assert left == [], f"left beside: {left}"
        both = [f for f in Store(store).folders() if len([*f.glob("history.jsonl*")]) == 2]
        assert both == [], f"packed and not: {both}"
    return seen


def _looks(folder: Path) -> Any:
    """What tells whether any file of a folder was written since."""
    stats = {path: path.stat() for path in sorted(folder.rglob("*"))}
    return [(path, s.st_ino, s.st_mtime_ns, s.st_size) for path, s in stats.items()]


def _known(folder: Path, promised: Promised) -> str | None:
    """The state of a folder that was whole, and was not touched since."""
    looks, state = promised.found.get(folder, (None, ""))
    return state if state and looks == _looks(folder) else None


def _whole(folder: Path) -> str:
    """How far a run came; each file that is there is whole."""
    for path in folder.glob("[!.]*.json"):
        json.loads(path.read_bytes())
    read_shrunk(folder)  # raises when it is half-written
    for log in folder.glob("logs/[!.]*"):
        assert log.read_bytes() == b"listening\n" * 1000, f"{log} is half-written"
    journal = journal_of(folder)
    if not (folder / run_files.MANIFEST).exists():
        assert not journal.exists()
        return "made"
    manifest = run_files.read_manifest(folder)
    if journal.exists() and journal.stat().st_size:
        read_history(journal)
    if manifest["state"] != "finished":
        return "cut off"
    assert content_digest(journal) == manifest["sha256"][run_files.JOURNAL]
    told_again(folder)
    return "packed" if journal.suffix == ".zst" else "finished"


def _whole_bundles(place: Place, promised: Promised) -> None:
    exported = promised.said.get("exported", set())
    assert exported <= {path.name.removesuffix(".tar.zst") for path in place.bundles.glob("[!.]*")}
    for bundle in place.bundles.glob("[!.]*"):
        look = bundle.stat().st_mtime_ns
        if promised.found.get(bundle) == (look, "whole"):
            continue
        promised.found[bundle] = look, "whole"
        with tempfile.TemporaryDirectory() as another:
            assert take(bundle, Path(another)).new


def _same_in_index(store: Path) -> None:
    told: list[str] = []
    found = index.kept_runs(store, Wanted(), told.append)
    assert told == [], told
    read = [read_summary(folder) for folder in Store(store).folders()]
    assert found == [summary for summary in read if summary is not None]


def main(times: int, seed: int) -> dict[str, Any]:
    """So many kills, each in what the ones before have left; how far the runs had come."""
    rng = random.Random(seed)
    total: Counter[str] = Counter()
    root = Path(tempfile.mkdtemp(prefix="splitbrain-killed-archive-"))
    try:
        for number in range(times):
            # Anew now and then: what is looked over grows.
            if number % 10 == 0:
                place = Place(root / f"{number}", root / f"{number}-bundles", root / f"{number}-2")
                for folder in (place.here, place.bundles, place.there):
                    (folder / "runs" if folder != place.bundles else folder).mkdir(parents=True)
                promised = Promised()
            kill_once(place, promised, rng)
            seen = look_over(place, promised)
            if number % 10 == 9 or number + 1 == times:
                total += seen + Counter({f"said {w}": len(r) for w, r in promised.said.items()})
                print(f"{number + 1:4d}  {dict(sorted(total.items()))}", flush=True)
                shutil.rmtree(place.here)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    return dict(total)


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    chosen = given[1] if len(given) > 1 else random.randrange(10**6)
    print(f"seed {chosen}, {given[0] if given else 200} times two processes killed", flush=True)
    try:
        main(given[0] if given else 200, chosen)
        print("all that was said held, and nothing half-written was seen")
    except (AssertionError, ArchiveError) as error:
        sys.exit(f"NOT SO: {error}")
