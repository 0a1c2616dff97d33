"""Reads JUnit XML as CI servers do: by the rules of the strictest of them, and by a library."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from junitparser import JUnitXml, TestCase

CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase", "system-out", "system-err"},
    "testcase": {"skipped", "error", "failure", "system-out", "system-err"},
    "properties": {"property"},
}
NEEDED = {
    "testsuite": {"name", "tests", "failures", "errors"},
    "testcase": {"name"},
    "property": {"name", "value"},
}
ALLOWED = {
    "testsuites": {"name", "time", "tests", "failures", "errors"},
    "testsuite": {"name", "tests", "failures", "errors", "time", "skipped", "timestamp"},
    "testcase": {"name", "time", "classname"},
    "property": {"name", "value"},
    **{tag: {"type", "message"} for tag in ("failure", "error", "skipped")},
}
"""From junit-10.xsd of Jenkins' xunit plugin, as of 2025; optional ones that we never write are
left out."""
TIME = re.compile(r"[0-9]+\.[0-9]{3}")


def read(path: Path) -> ElementTree.Element:
    """The file, which must be as the rules say."""
    root = ElementTree.fromstring(path.read_bytes())
    assert root.tag == "testsuites"
    for element in root.iter():
        assert {child.tag for child in element} <= CHILDREN.get(element.tag, set())
        assert NEEDED.get(element.tag, set()) <= set(element.attrib)
        assert set(element.attrib) <= ALLOWED.get(element.tag, set())
        if (time := element.get("time")) is not None:
            assert TIME.fullmatch(time)
    for suite in root.iter("testsuite"):
        cases = suite.findall("testcase")
        assert suite.get("tests") == str(len(cases))
        for counter, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            found = sum(case.find(tag) is not None for case in cases)
            assert suite.get(counter) == str(found)
        for case in cases:
            assert sum(case.find(tag) is not None for tag in ("failure", "error", "skipped")) <= 1
    for counter in ("tests", "failures", "errors"):
        of_suites = sum(int(suite.get(counter, "")) for suite in root.iter("testsuite"))
        assert root.get(counter) == str(of_suites)
    return root


def cases(path: Path) -> dict[str, str | None]:
    """By name of the case, the type of what kept it from passing; None for those that passed.

    As a library reads it that shares nothing with what wrote it.
    """
    read(path)
    told: dict[str, str | None] = {}
    for suite in JUnitXml.fromfile(str(path)):
        for case in suite:
            assert isinstance(case, TestCase)
            results = [f"{type(one).__name__.lower()}: {one.type}" for one in case.result]
            assert len(results) <= 1
            told[str(case.name)] = results[0] if results else None
    return told


def properties(path: Path) -> dict[str, str]:
    """Those of the first suite."""
    found = read(path).find("testsuite/properties")
    assert found is not None
    return {one.get("name", ""): one.get("value", "") for one in found}
