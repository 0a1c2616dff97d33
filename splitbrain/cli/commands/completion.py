"""``splitbrain completion SHELL``: what a shell has to know to complete commands and values."""

from __future__ import annotations

import click

from splitbrain.cli.completing import VARIABLE

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
def completion_command(shell: str) -> int:
    """Print the lines that have SHELL complete commands, options and values at the tab key.

    \b
    bash   echo 'eval "$(splitbrain completion bash)"' >> ~/.bashrc
    zsh    echo 'eval "$(splitbrain completion zsh)"' >> ~/.zshrc      (after compinit)
    fish   splitbrain completion fish > ~/.config/fish/completions/splitbrain.fish
    """
    from click.shell_completion import get_completion_class

    from splitbrain.cli.front import cli

    kind = get_completion_class(shell)
    assert kind is not None
    # Not source(): that runs a bash to ask for its version, at the start of each shell.
    complete = kind(cli, {}, "splitbrain", VARIABLE)
    click.echo(complete.source_template % complete.source_vars())
    return 0
