"""The drawings of a run on its page, with what their signs mean."""

from __future__ import annotations

from splitbrain.quantities import duration_text
from splitbrain.report.leaders import leaders_text
from splitbrain.report.markup import section, text
from splitbrain.report.plots import Drawings
from splitbrain.report.plots.standing import LOOKS
from splitbrain.roles import Roles

_ICON = '<svg class=icon viewBox="0 0 14 14" aria-hidden=true>{}</svg>'
_SIGNS = {
    "dot": '<circle cx=7 cy=7 r=3 fill="var(--ok)"/>',
    "bands": '<rect y=2 width=14 height=4 fill="var(--ok)" opacity=.3 />'
    '<rect y=5 width=14 height=6 fill="var(--ok)" opacity=.6 />'
    '<path d="M0 11h14" stroke="var(--ok)" stroke-width=2 />',
    "block": '<rect width=14 height=14 fill="var(--{})" opacity={} />',
    "cross": '<path d="M3 3l8 8M3 11l8-8" stroke="var(--fail)" stroke-width=1.6 />',
    "triangle": '<path d="M7 2L12 11H2Z" fill=none stroke="var(--info)" stroke-width=1.8 />',
    "line": '<path d="M7 0v14" stroke="var(--bad)" stroke-width=2 stroke-dasharray="4 2"/>',
}


def latency_section(drawn: Drawings, *, faults: bool, found: bool) -> str:
    """Latency over time; empty where there was no operation."""
    if not drawn.latency:
        return ""
    answered = (
        [("dot", "ok")]
        if drawn.each
        else [("bands", "ok: line p50, dark up to p95, light up to p99, thin line the slowest")]
    )
    signs = [*answered, ("cross", "failed"), ("triangle", "never answered, when it was called")]
    note = "When an operation was called, and how long its answer took."
    if not drawn.each:
        note += (
            f" Each step is {duration_text(drawn.bin_s)} s; where there is none, nothing was ok."
        )
    legend = _legend([*signs, *_common(faults, found)])
    return section("latency", "Latency", legend + _figure(drawn.latency), note)


def rate_section(drawn: Drawings, *, faults: bool, found: bool) -> str:
    """Operations a second over time; empty where there was no operation."""
    if not drawn.rate:
        return ""
    blocks = [("ok", "ok", ".75"), ("fail", "failed", ".9"), ("info", "never answered", ".95")]
    signs = [(_SIGNS["block"].format(name, alpha), told) for name, told, alpha in blocks]
    note = (
        "Operations a second, by how and when they ended, in steps of "
        f"{duration_text(drawn.bin_s)} s: ok at the bottom, failed on it, on top those that "
        "were never answered."
    )
    legend = _legend([*signs, *_common(faults, found)])
    return section("rate", "Rate", legend + _figure(drawn.rate), note)


def roles_section(drawn: Drawings, roles: Roles, *, faults: bool, found: bool) -> str:
    """Who led when, drawn and in words."""
    told = "".join(f"<li>{text(sentence)}" for sentence in leaders_text(roles))
    words = f"<ul class=leaders>{told}</ul>" if told else ""
    if not drawn.roles:
        return section("roles", "Who led", words or "<p>No node was seen leading.</p>")
    present = {span.role for span in roles.spans}
    looks = [(role, look) for role, look in LOOKS.items() if role in present]
    signs = [(_SIGNS["block"].format(name, alpha), role) for role, (name, alpha, _) in looks]
    every = duration_text(roles.every_ms / 1000)
    note = (
        f"What each node said of itself, looked at every {every} s: a change may have come that "
        "much earlier, and what was shorter may not have been seen."
    )
    body = _legend([*signs, *_common(faults, found)]) + _figure(drawn.roles) + words
    return section("roles", "Who led", body, note)


def _common(faults: bool, found: bool) -> list[tuple[str, str]]:
    signs = []
    if faults:
        signs.append((_SIGNS["block"].format("fault", ".4"), "a fault in force"))
    if found:
        signs.append(("line", "seen what cannot have happened"))
    return signs


def _legend(signs: list[tuple[str, str]]) -> str:
    told = (f"<li>{_ICON.format(_SIGNS.get(sign, sign))}{text(what)}" for sign, what in signs)
    return f"<ul class=signs>{''.join(told)}</ul>"


def _figure(drawing: str) -> str:
    # Focusable, so that the arrow keys scroll it where the screen is narrow.
    return f"<figure class=plot tabindex=0>{drawing}</figure>"
