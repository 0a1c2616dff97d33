"""``splitbrain convert A B``: a history in another format."""

from __future__ import annotations

from pathlib import Path

import click

from splitbrain.cli.failure import Problems
from splitbrain.suggest import unknown_name

# As in histories.conversion, which is not loaded for a mistyped name.
FORMATS = ("jsonl", "edn", "porcupine-kv")


@click.command("convert")
@click.argument("source", metavar="A", type=click.Path(path_type=Path))
@click.argument("target", metavar="B", type=click.Path(path_type=Path))
@click.option(
    "--to",
    metavar="FORMAT",
    help=f"The format of B: {', '.join(FORMATS)}.  [default: by B's name: .jsonl, .edn, .txt]",
)
@click.option(
    "--independent/--no-independent",
    default=None,
    help="Values [k v] of A are an independent key and its value, or are not.  "
    "[default: in EDN, where they can be nothing else]",
)
@click.option("--force", is_flag=True, help="Write B even if it is there already.")
@click.pass_context
def convert_command(
    ctx: click.Context,
    source: Path,
    target: Path,
    to: str | None,
    independent: bool | None,
    force: bool,
) -> int:
    """Write the history A, in whatever format it is, to B. What B cannot carry is said.

    \b
    splitbrain convert history.edn history.jsonl
    splitbrain convert history.jsonl history.jsonl.zst
    splitbrain convert history.jsonl history.txt --to porcupine-kv
    """
    from histories.conversion import Unfit, format_of, losses, write
    from histories.history import read_history

    problems = []
    if to is None:
        to = format_of(target)
        if to is None:
            problems.append(
                f"{target}: expected a name ending in .jsonl, .edn or .txt (and .zst or .gz to "
                "pack it), or --to."
            )
    elif to not in FORMATS:
        problems.append(f"--to: {unknown_name('format', to, FORMATS)}")
    if target.exists() and not force:
        problems.append(f"{target}: is there already; --force replaces it.")
    if problems or to is None:
        raise Problems(problems, ctx)
    history = read_history(source, independent=independent)
    for note in history.notes:
        click.echo(f"note: {note}", err=True)
    try:
        lost = losses(history, to)
    except Unfit as error:
        raise Problems([f"{source} does not fit {to}: {error}"], ctx) from None
    try:
        write(history, target, to)
    except OSError as error:
        seen = f"{target}: cannot be written ({error.strerror or error})."
        raise Problems([seen], ctx) from None
    for loss in lost:
        click.echo(f"note: {target} does not carry {loss}.", err=True)
    click.echo(f"{target}: {len(history.table):,} operations, {to}", err=True)
    return 0
