"""Promises weaker than linearizability, decided of one history side by side with it."""

from checker.consistency.promise import GUARANTEES, LINEARIZABLE, PROMISES, SEQUENTIAL, Promise

__all__ = ["GUARANTEES", "LINEARIZABLE", "PROMISES", "SEQUENTIAL", "Promise"]
