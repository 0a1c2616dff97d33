"""Templates to text: every value escaped, and made printable before."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from splitbrain.text import printable

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=shown,
        auto_reload=False,
    )
    environment.filters |= {
        "part": part,
        "size": size_text,
        "moment": moment,
        "utc": utc,
        "number": number,
        "lasting": lasting,
    }
    environment.globals["static"] = static
    return environment


def static(name: str) -> str:
    """The address of a style or script: another one once what is in it is another."""
    return f"/static/{name}?{digest(name)}"


@cache
def digest(name: str) -> str:
    """A few digits that tell one version of a file from another."""
    return hashlib.blake2b(asset(name).encode(), digest_size=6).hexdigest()


@cache
def asset(name: str) -> str:
    """A file of the pages."""
    return files("splitbrain.web.pages").joinpath(name).read_text(encoding="utf-8")


def _source(name: str) -> tuple[str, None, None]:
    return asset(name), None, None


def render(template: str, **values: Any) -> str:
    """A page, or a part of one."""
    return _environment().get_template(template).render(**values)


def shown(value: Any) -> Any:
    """A value as it may stand in a page; what is marked up already stays as it is."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return printable(value)
    return "" if value is None else value


def part(text: str) -> str:
    """A text as one part of an address."""
    return quote(text, safe="", errors="replace")


def size_text(size: int) -> str:
    """Bytes, for people."""
    if size < 1000:
        return f"{size} B"
    if size < 1_000_000:
        return f"{size / 1000:.1f} kB"
    return f"{size / 1e6:,.1f} MB"


def moment(seconds: float | None) -> str:
    """A time of this machine's clock: ``2026-03-14 09:26``."""
    try:
        told = datetime.fromtimestamp(seconds or 0).astimezone()
    except (OverflowError, ValueError, OSError):
        return "?"
    return "?" if seconds is None else f"{told:%Y-%m-%d %H:%M}"


def utc(seconds: float | None) -> str:
    """The same for a machine."""
    try:
        return datetime.fromtimestamp(seconds or 0, UTC).isoformat(timespec="seconds")
    except (OverflowError, ValueError, OSError):
        return ""


def number(value: int | None) -> str:
    """A whole number with separators."""
    return "" if value is None else f"{value:,}"


def lasting(seconds: float | None) -> str:
    """How long, for people: ``30 s``, ``4.2 s``, ``15 min``."""
    if seconds is None:
        return ""
    if seconds < 120:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"
