"""A finished run that was made in another store of this machine, taken into one's own."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

from histories.archive import Store, sync_folder, unwritable
from splitbrain.archive.holding import held
from splitbrain.archive.importing import PREFIX


def adopt(folder: Path, store: Path) -> Path:
    """Copy a run's folder into ``store``, whole or not at all; where it is now, and ``latest``.

    Raises ArchiveError when the store cannot be written.
    """
    runs = store / "runs"
    staging = runs / f"{PREFIX}{secrets.token_hex(8)}"
    try:
        runs.mkdir(parents=True, exist_ok=True)
        staging.mkdir()
        with held(staging):
            shutil.copytree(folder, staging, dirs_exist_ok=True)
            for path in staging.rglob("*"):
                _make_durable(path)
            sync_folder(staging)
            staging.rename(runs / folder.name)
        Store(store).point_latest(runs / folder.name)
        sync_folder(runs)
    except OSError as error:
        raise unwritable(store, error) from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return runs / folder.name


def _make_durable(path: Path) -> None:
    if path.is_dir():
        sync_folder(path)
        return
    with path.open("rb") as file:
        os.fsync(file.fileno())
