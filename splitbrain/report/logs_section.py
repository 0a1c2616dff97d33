"""The nodes' logs on the page of a run: one list by time, and a box for each node."""

from __future__ import annotations

from splitbrain.report.logs import Logs
from splitbrain.report.markup import line, section


def logs_section(logs: Logs) -> str:
    """The section. Nodes can be left out without JavaScript, too."""
    if not logs.nodes:
        return section("logs", "The nodes’ logs", "<p>No log was kept.</p>")
    rules, boxes = [], []
    for number, node in enumerate(logs.nodes):
        rules.append(f"#log{number}:not(:checked)~ol .l{number}{{display:none}}")
        boxes.append(
            f"<input type=checkbox id=log{number} checked><label for=log{number}>"
            f"{line(node, 40)}</label>"
        )
    numbers = {node: number for number, node in enumerate(logs.nodes)}
    shown = []
    for one in logs.lines:
        number = numbers[one.node]
        time = "" if one.at_s is None else f"{one.at_s:.3f}"
        shown.append(
            f"<li class=l{number}><b>{time}</b><i>{line(one.node, 12)}</i>{line(one.text, 500)}"
        )
    search = "<label id=log-find hidden>only lines with <input id=log-text size=16></label>"
    body = (
        f"<style>{''.join(rules)}</style><div class=logs>{''.join(boxes)}{search}"
        f"<ol tabindex=0 aria-label='Lines of the logs by time'>{''.join(shown)}</ol></div>"
    )
    return section("logs", "The nodes’ logs", body, _note(logs))


def _note(logs: Logs) -> str:
    told = "By time of the run in seconds, each machine’s by its own clock."
    if not logs.lines:
        return "The nodes wrote nothing."
    if all(one.at_s is None for one in logs.lines):
        told = "Nothing tells when these lines were written in the time of the run."
    if logs.left_out:
        told += (
            f" {logs.left_out:,} lines are left out here: those farthest from any fault, change of "
            "leader and finding. All of them are in the run’s folder, in logs/."
        )
    if logs.unread:
        told += f" {logs.unread:,} bytes in the middle of long logs were not looked at."
    return told
