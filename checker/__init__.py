"""Decides what a history means. Public names; heavy libraries load when they are used."""

from checker.consistency.promise import PROMISES
from checker.judge import judge
from checker.linearizability.certificate import Certificate
from checker.linearizability.search import linearizable
from checker.linearizability.verifier import verify
from checker.models import MODELS, Model
from checker.models.user import ILLEGAL, Either, load_model
from checker.reading import READINGS, Reading
from checker.verdict import Promised, Result, Verdict, Violation, compose

__all__ = [
    "ILLEGAL",
    "MODELS",
    "PROMISES",
    "READINGS",
    "Certificate",
    "Either",
    "Model",
    "Promised",
    "Reading",
    "Result",
    "Verdict",
    "Violation",
    "compose",
    "judge",
    "linearizable",
    "load_model",
    "verify",
]
