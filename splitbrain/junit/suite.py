"""Suites and cases, and their XML as the readers of GitHub, GitLab and Jenkins take it.

    valid       a case without anything in it
    invalid     <failure>: the system was found at fault
    unknown, vacuous, unreadable, harness, interrupted
                <error>, with that as its type: nobody knows, and that is no pass
    skipped     <skipped>: it was not run

The elements and attributes are those of ``junit-10.xsd`` of Jenkins' xunit plugin, the strictest of
the common readers: it knows properties of suites and none of cases, so a run is a suite of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal
from xml.etree import ElementTree

from splitbrain.text import clipped, printable, shortened

MESSAGE_MAX, BODY_MAX, OUTPUT_MAX = 1000, 50_000, 200_000
"""Characters. Servers cut what is longer, or refuse the whole file."""
_NEVER_IN_XML = re.compile("[\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a case did not pass. ``tag`` is how JUnit calls that, ``kind`` what it was of ours."""

    tag: Literal["failure", "error", "skipped"]
    kind: str
    message: str
    body: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that was tested. ``seconds`` are those it took."""

    classname: str
    name: str
    seconds: float = 0.0
    problem: Problem | None = None
    output: str = ""


@dataclass(frozen=True, slots=True)
class Suite:
    """The cases of one run or history, and what is known of it: its seed, what repeats it.

    ``started`` as ISO 8601, with its offset from UTC.
    """

    name: str
    cases: Sequence[Case]
    started: str | None = None
    properties: dict[str, str] = field(default_factory=dict)

    def count(self, tag: str) -> int:
        """How many cases ended as JUnit calls it."""
        return sum(case.problem is not None and case.problem.tag == tag for case in self.cases)

    @property
    def seconds(self) -> float:
        """What its cases took together."""
        return sum(case.seconds for case in self.cases)


def junit_xml(suites: Iterable[Suite]) -> str:
    """The whole file. Whatever the values hold, it is well-formed."""
    suites = list(suites)
    root = ElementTree.Element(
        "testsuites",
        name="splitbrain",
        tests=str(sum(len(suite.cases) for suite in suites)),
        failures=str(sum(suite.count("failure") for suite in suites)),
        errors=str(sum(suite.count("error") for suite in suites)),
        time=_time(sum(suite.seconds for suite in suites)),
    )
    for suite in suites:
        root.append(_suite(suite))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, "unicode") + "\n"


def _suite(suite: Suite) -> ElementTree.Element:
    element = ElementTree.Element(
        "testsuite",
        name=_line(suite.name),
        tests=str(len(suite.cases)),
        failures=str(suite.count("failure")),
        errors=str(suite.count("error")),
        skipped=str(suite.count("skipped")),
        time=_time(suite.seconds),
    )
    if (stamp := _stamp(suite.started)) is not None:
        element.set("timestamp", stamp)
    _properties(element, suite.properties)
    for case in suite.cases:
        element.append(_case(case))
    return element


def _case(case: Case) -> ElementTree.Element:
    element = ElementTree.Element(
        "testcase",
        classname=_line(case.classname),
        name=_line(case.name),
        time=_time(case.seconds),
    )
    if (problem := case.problem) is not None:
        told = ElementTree.SubElement(
            element, problem.tag, message=_line(problem.message), type=_line(problem.kind)
        )
        if problem.body:
            told.text = _text(problem.body, BODY_MAX)
    if case.output:
        ElementTree.SubElement(element, "system-out").text = _text(case.output, OUTPUT_MAX)
    return element


def _properties(element: ElementTree.Element, properties: dict[str, str]) -> None:
    if not properties:
        return
    listed = ElementTree.SubElement(element, "properties")
    for name, value in properties.items():
        # Not as one line of a message: a command that is cut off repeats nothing.
        text = _text(value, OUTPUT_MAX).replace("\n", "\\n").replace("\t", "\\t")
        ElementTree.SubElement(listed, "property", name=_line(name), value=text)


def _text(text: str, limit: int) -> str:
    """Text without what XML cannot hold: control characters and lone surrogates are spelt out."""
    # ``printable`` leaves two characters that no XML may have, however they are written.
    spelt = _NEVER_IN_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", printable(text))
    return shortened(spelt, limit)


def _line(text: str) -> str:
    return _NEVER_IN_XML.sub(
        lambda found: f"\\u{ord(found[0]):04x}", clipped(text.replace("\n", " "), MESSAGE_MAX)
    )


def _time(seconds: float) -> str:
    return f"{max(0.0, seconds):.3f}"


def _stamp(started: str | None) -> str | None:
    """As the older schemas have it: without an offset, in UTC."""
    if started is None:
        return None
    try:
        when = datetime.fromisoformat(started)
    except ValueError:
        return None
    if when.tzinfo is not None:
        when = when.astimezone(UTC).replace(tzinfo=None)
    return when.isoformat(timespec="seconds")
