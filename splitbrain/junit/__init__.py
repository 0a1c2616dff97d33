"""Verdicts as JUnit XML, which CI servers read: see ``splitbrain.junit.suite`` for how."""

from splitbrain.junit.suite import Case, Problem, Suite, junit_xml

__all__ = ["Case", "Problem", "Suite", "junit_xml"]
