"""``splitbrain doctor``: what works on this machine, and how to mend the rest."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from splitbrain.cli.existing import machine_options
from splitbrain.cli.failure import EXIT_HARNESS, Problems

if TYPE_CHECKING:
    from splitbrain.cli.examination import Finding


@click.command("doctor")
@machine_options
@click.option("--json", "as_json", is_flag=True, help="As JSON on stdout.")
@click.pass_context
def doctor_command(
    ctx: click.Context,
    ssh: str | None,
    ssh_key: str | None,
    ssh_known_hosts: str | None,
    sudo: str | None,
    as_json: bool,
) -> int:
    """Try out what splitbrain needs, and say how to mend what does not work.

    Exits 0 when a run can be made here (one of docker and sandbox is enough; where machines are
    named with --ssh, all of them are needed), else 70.
    """
    from histories.archive import default_store
    from splitbrain.cli.examination import able, examine, examine_machines
    from splitbrain.cli.output import print_json, print_table
    from splitbrain.cli.outside import read_machines

    outside, problems = read_machines(ssh, ssh_key, ssh_known_hosts, sudo)
    if problems:
        raise Problems(problems, ctx)
    findings = examine(default_store())
    if outside.ssh:
        findings += examine_machines(outside.ssh, outside.key, outside.known_hosts, outside.sudo)
    hindrances = list(able(findings))
    if as_json:
        print_json({"able": not hindrances, "findings": [asdict(f) for f in findings]})
    else:
        print_table(
            ("", "", "what was seen"),
            [(_state(f), f.subject, _told(f)) for f in findings],
        )
        click.echo()
        if hindrances:
            click.echo(f"No run can be made here yet: {'; '.join(hindrances)}.")
        else:
            words = ["splitbrain", "test", "raft"]
            for option, text in (
                ("--ssh", ssh),
                ("--ssh-key", ssh_key),
                ("--ssh-known-hosts", ssh_known_hosts),
                ("--sudo", sudo),
            ):
                words += [] if text is None else [option, text]
            click.echo(f"Runs can be made here: {shlex.join(words)}")
    return EXIT_HARNESS if hindrances else 0


def _state(finding: Finding) -> str:
    if finding.well:
        return "ok"
    return "not here" if finding.optional else "NOT WELL"


def _told(finding: Finding) -> str:
    return finding.seen if finding.well or not finding.cure else f"{finding.seen}. {finding.cure}"
