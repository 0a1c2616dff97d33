"""``splitbrain tag RUN TAG…``: words to find a run by."""

from __future__ import annotations

from pathlib import Path

import click

from splitbrain.cli.failure import Problems
from splitbrain.cli.output import print_json, print_text, store_option


@click.command("tag")
@click.argument("run")
@click.argument("tags", nargs=-1, metavar="[TAG]…")
@click.option("--remove", multiple=True, metavar="TAG", help="Take this one away; may be repeated.")
@store_option
@click.option("--json", "as_json", is_flag=True, help="The run and its tags as JSON on stdout.")
@click.pass_context
def tag_command(
    ctx: click.Context,
    run: str,
    tags: tuple[str, ...],
    remove: tuple[str, ...],
    store: Path | None,
    as_json: bool,
) -> int:
    """Give RUN the tags, and tell which it then has; without any, tell which it has.

    A run with a tag is not pruned unless that is asked for.

    \b
    splitbrain tag latest found-in-staging
    splitbrain runs --tag found-in-staging
    """
    from histories.archive import ArchiveError, Store, default_store
    from splitbrain.archive.tags import change_tags, problems_of_tags, read_tags

    if problems := problems_of_tags(tags):
        raise Problems(problems, ctx)
    folder = Store(store or default_store()).resolve(run)
    try:
        has = change_tags(folder, add=tags, remove=remove) if tags or remove else read_tags(folder)
    except OSError as error:
        raise ArchiveError(f"{folder}: cannot be tagged: {error.strerror or error}.") from None
    if as_json:
        print_json({"run": folder.name, "tags": list(has)})
    else:
        print_text(f"{folder.name}: {', '.join(has) or 'no tags'}")
    return 0
