"""``splitbrain show RUN``: what a run found, told again."""

from __future__ import annotations

import contextlib
from pathlib import Path

import click

from splitbrain.cli.failure import Problems
from splitbrain.cli.junit_file import JUnitFile, junit_option, or_unwritten, told_in
from splitbrain.cli.output import store_option
from splitbrain.cli.outputs import problems_of


@click.command("show")
@click.argument("run", default="latest")
@store_option
@click.option("--json", "as_json", is_flag=True, help="The run as JSON on stdout.")
@junit_option
@click.option(
    "--markdown",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write the run as Markdown, for a pull request; - writes it, and nothing else, to stdout.",
)
def show_command(
    run: str, store: Path | None, as_json: bool, junit: Path | None, markdown: Path | None
) -> int:
    """Tell again what RUN found: an id, a unique part of it, a path, or latest.

    The exit code is that of the run's verdict.
    """
    from histories.archive import Store, default_store
    from splitbrain.archive.tags import read_tags
    from splitbrain.archive.telling import told_again
    from splitbrain.cli.markdown_file import STDOUT, problems_with, write_markdown
    from splitbrain.cli.output import print_text
    from splitbrain.cli.tell import tell
    from splitbrain.run_files import PAGE, read_manifest, write_page

    problems = problems_of({"--junit": junit}, {}) + problems_with(markdown, as_json=as_json)
    if problems:
        raise Problems(problems)
    record = told_again(Store(store or default_store()).resolve(run))
    if not (record.folder / PAGE).exists():
        with contextlib.suppress(OSError):  # the text says it all
            write_page(record)
    written = told_in(JUnitFile(junit), record)
    written &= write_markdown(record, markdown)
    if markdown == STDOUT:
        return or_unwritten(record.exit_code, written=written)
    tell(record, as_json=as_json)
    if not as_json:
        if tags := read_tags(record.folder):
            print_text(f"Tags        {', '.join(tags)}")
        if imported := read_manifest(record.folder)["imported"]:
            print_text(
                f"Imported    from {imported.get('from')}: the verdict is that of who made it; "
                f"judge it anew with: splitbrain check {record.folder}"
            )
    return or_unwritten(record.exit_code, written=written)
