"""``splitbrain export RUN`` and ``splitbrain import FILE``: a run in one file."""

from __future__ import annotations

from pathlib import Path

import click

from splitbrain.cli.failure import Problems
from splitbrain.cli.output import print_json, print_text, store_option


@click.command("export")
@click.argument("run", default="latest")
@click.option(
    "--output",
    "-o",
    "target",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="What to write.  [default: RUN.tar.zst, here]",
)
@click.option("--force", is_flag=True, help="Replace a file that is there already.")
@store_option
@click.option("--json", "as_json", is_flag=True, help="What was written as JSON on stdout.")
def export_command(
    run: str, target: Path | None, force: bool, store: Path | None, as_json: bool
) -> int:
    """Write RUN into one file that anybody can import: plan, history, faults, verdict, evidence,
    logs.

    Pages are left out (who imports it makes them anew), and so is what looks like a secret in
    the plan's options and in logs. Names of machines and of people's paths stay in.
    """
    from histories.archive import Store, default_store
    from splitbrain.archive.bundle import default_target, export
    from splitbrain.run_files import read_manifest

    folder = Store(store or default_store()).resolve(run)
    read_manifest(folder)
    path = target or default_target(folder)
    if path.is_dir():
        path /= default_target(folder)
    if path.exists() and not force:
        raise Problems([f"{path}: is there already; name another file, or give --force."])
    names = export(folder, path)
    size = path.stat().st_size
    if as_json:
        print_json({"run": folder.name, "file": str(path), "bytes": size, "members": names})
    else:
        print_text(f"{path}: {len(names)} files of {folder.name}, {size / 1024:,.0f} kB")
        print_text(f"Who has it takes it in with: splitbrain import {path.name}")
    return 0


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@store_option
@click.option("--json", "as_json", is_flag=True, help="What was taken in as JSON on stdout.")
def import_command(file: Path, store: Path | None, as_json: bool) -> int:
    """Take in the run in FILE, which `splitbrain export` has written, here or elsewhere.

    Nothing in it is believed: it is read within limits (500 files, 4 GB each, 8 GB in all, 200
    times the size of FILE), compared with its own hashes, and told once before it is kept.
    """
    from histories.archive import default_store
    from splitbrain.archive.importing import take

    taken = take(file, store or default_store())
    name = taken.folder.name
    if as_json:
        print_json({"run": name, "folder": str(taken.folder), "new": taken.new})
        return 0
    if not taken.new:
        print_text(f"{name} is there already.")
    else:
        print_text(f"Imported {name}")
    print_text(f"What it found: splitbrain show {name}")
    print_text(f"Judged anew:   splitbrain check {taken.folder}")
    print_text(f"Run again:     splitbrain replay {name}")
    return 0
