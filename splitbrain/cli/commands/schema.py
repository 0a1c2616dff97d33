"""``splitbrain schema NAME``: the JSON Schema of what a command prints, or a file holds."""

from __future__ import annotations

import click

from splitbrain.cli.failure import Problems
from splitbrain.suggest import unknown_name


@click.command("schema")
@click.argument("name", required=False, metavar="[COMMAND|FILE]")
def schema_command(name: str | None) -> int:
    """Print the JSON Schema of COMMAND's --json, or of a FILE of a run's folder; or list them.

    \b
    splitbrain schema test > test.schema.json
    splitbrain schema run.json
    """
    from splitbrain.cli.output import print_json, print_table
    from splitbrain.schemas import names, schema

    known = names()
    if name is None:
        rows = [(one, schema(one)["$id"], schema(one)["title"]) for one in known]
        print_table(("name", "$id", "of"), rows)
        return 0
    if name not in known:
        raise Problems([unknown_name("schema", name, known)])
    print_json(schema(name))
    return 0
