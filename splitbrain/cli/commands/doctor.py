"""``splitbrain doctor``: what works on this machine, and how to mend the rest."""

from __future__ import annotations

from dataclasses import asdict

import click

from splitbrain.cli.failure import EXIT_HARNESS


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="As JSON on stdout.")
def doctor_command(as_json: bool) -> int:
    """Try out what splitbrain needs, and say how to mend what does not work.

    Exits 0 when a run can be made here (one of docker and sandbox is enough), else 70.
    """
    from histories.archive import default_store
    from splitbrain.cli.examination import able, examine
    from splitbrain.cli.output import print_json, print_table

    findings = examine(default_store())
    hindrances = list(able(findings))
    if as_json:
        print_json({"able": not hindrances, "findings": [asdict(f) for f in findings]})
    else:
        print_table(
            ("", "", "what was seen"),
            [("ok" if f.well else "NOT WELL", f.subject, _told(f)) for f in findings],
        )
        click.echo()
        if hindrances:
            click.echo(f"No run can be made here yet: {'; '.join(hindrances)}.")
        else:
            click.echo("Runs can be made here: splitbrain test raft")
    return EXIT_HARNESS if hindrances else 0


def _told(finding: object) -> str:
    from splitbrain.cli.examination import Finding

    assert isinstance(finding, Finding)
    return finding.seen if finding.well or not finding.cure else f"{finding.seen}. {finding.cure}"
