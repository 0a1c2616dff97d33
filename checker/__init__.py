"""Decides what a history means. Public names; heavy libraries load when they are used."""

from checker.judge import judge
from checker.linearizability.certificate import Certificate
from checker.linearizability.search import linearizable
from checker.linearizability.verifier import verify
from checker.models import MODELS
from checker.verdict import Result, Verdict, Violation, compose

__all__ = [
    "MODELS",
    "Certificate",
    "Result",
    "Verdict",
    "Violation",
    "compose",
    "judge",
    "linearizable",
    "verify",
]
