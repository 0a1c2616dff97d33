"""Which histories are meant by what was typed: files, folders of them, runs in the store."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def expand(files: Iterable[Path]) -> tuple[list[Path], list[str]]:
    """The files meant, folders walked for histories; and a sentence for each that is not there.

    What is no file may be a run's id. A journal that was packed since it was named is meant, too.
    """
    from histories.archive import journal_of, packed_beside
    from histories.formats.detection import SUFFIXES

    paths: list[Path] = []
    problems = []
    for given in files:
        if given.is_dir():
            # A run folder's logs are what nodes wrote, and its fault ledger is no history.
            if (journal := journal_of(given)).is_file():
                paths.append(journal)
                continue
            found = sorted(p for p in given.rglob("*") if _named_like_a_history(p))
            if not found:
                wanted = ", ".join(f"*{suffix}" for suffix in SUFFIXES)
                problems.append(f"{given}: expected histories ({wanted}) in this folder.")
            paths.extend(found)
        elif (there := packed_beside(given)).exists():
            paths.append(there)
        elif (of_run := _journal_of_run(given)) is not None:
            paths.append(of_run)
        else:
            problems.append(f"{given}: there is no such file.")
    return paths, problems


def _journal_of_run(given: Path) -> Path | None:
    """The journal of the run with this id, or a unique part of it, if it is one."""
    from histories.archive import ArchiveError, Store, default_store, journal_of

    if len(given.parts) != 1:
        return None
    try:
        journal = journal_of(Store(default_store()).resolve(str(given)))
    except (ArchiveError, OSError):
        return None
    return journal if journal.is_file() else None


def _named_like_a_history(path: Path) -> bool:
    """Whether a file of a folder is meant; a file that is named may be called anything."""
    from histories.formats.detection import HEAD_BYTES, SUFFIXES, recognisable

    if not path.name.endswith(SUFFIXES) or not path.is_file():
        return False
    if path.suffix != ".txt":
        return True
    # Porcupine's logs are called so, and so is everything else.
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError:
        return True
    return bool(head.strip()) and recognisable(head)
