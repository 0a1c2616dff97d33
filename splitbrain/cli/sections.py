"""Options in groups, so that a long --help reads as a few short ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class SectionedOption(click.Option):
    """An option listed under a heading."""

    def __init__(self, *args: Any, section: str = "Options", **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.section = section


class SectionedCommand(click.Command):
    """A command whose --help lists options under their headings, in order of declaration."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one definition list a heading; what has none comes last."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            if isinstance(parameter, click.Argument):
                continue  # the usage line has it
            record = parameter.get_help_record(ctx)
            if record is not None:
                heading = getattr(parameter, "section", "Options")
                sections.setdefault(heading, []).append(record)
        for heading in sorted(sections, key=lambda name: name == "Options"):
            with formatter.section(heading):
                formatter.write_dl(sections[heading])


def option(*names: str, section: str, **attributes: Any) -> Callable[[Decorated], Decorated]:
    """``click.option`` under the heading ``section``."""
    return click.option(*names, cls=SectionedOption, section=section, **attributes)
