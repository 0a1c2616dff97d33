"""Sequential consistency and the session guarantees, asked of the long fuzz's histories."""

from __future__ import annotations

import json

import interleavings
from fuzz_checks import Skipped, Undecided, truth
from fuzz_drawing import Drawn

from checker.consistency.promise import GUARANTEES
from checker.consistency.proof import problem_of, proof_from_json
from checker.consistency.sequential import decide_sequential
from checker.consistency.sessions import Sessions
from checker.consistency.violated import guarantee
from checker.models import MODELS
from checker.verdict import Verdict
from histories.event import Outcome
from histories.table import table_of

SECONDS_MAX = 1.0
"""Of a long history whose values are written more than once every order is tried for so long."""


def promises(drawn: Drawn) -> str | None:
    """The verdict is that of every interleaving where that can be tried, and never contradicts
    linearizability, which implies it; its certificate holds, written and read back."""
    model = MODELS[drawn.model]
    table = table_of(drawn.operations)
    sessions = Sessions.of(table, model, drawn.reading)
    found = decide_sequential(sessions, time_limit_s=SECONDS_MAX)
    if drawn.valid and found.verdict is Verdict.INVALID:
        return f"is {truth(drawn)}, but not sequential ({found.algorithm}: {found.reason})"
    if drawn.size == "small":
        expected = interleavings.is_sequential(drawn.model, drawn.operations, drawn.reading)
        if found.verdict is not (Verdict.VALID if expected else Verdict.INVALID):
            return f"says {found.verdict} ({found.algorithm}), but sequential is {expected}"
    if found.certificate is not None:
        proof = proof_from_json(json.loads(json.dumps(found.certificate.to_json())))
        if (problem := problem_of(table, model, proof, drawn.reading)) is not None:
            return f"its certificate of {found.verdict}, written and read back: {problem}"
    elif found.verdict is Verdict.VALID:
        return "says it is sequential without an order"
    for promise in GUARANTEES:
        kept = guarantee(sessions, promise)
        if kept.violations and found.verdict is Verdict.VALID:
            return f"is sequential, but breaks {promise}: {kept.violations[0].sentence}"
    if found.verdict is Verdict.UNKNOWN:
        raise Undecided
    return None


def sessions_kept(drawn: Drawn) -> str | None:
    """The guarantees of registers are those of every order of each key's writes."""
    if drawn.model not in ("register", "cas-register") or drawn.size != "small":
        raise Skipped
    written = [
        (repr(one.key), one.input[1] if one.f == "cas" else one.input)
        for one in drawn.operations
        if one.f in ("write", "cas") and one.outcome is not Outcome.FAIL
    ]
    unique = len(set(written)) == len(written) and all(value is not None for _, value in written)
    if not unique or drawn.reading.nil_read != "nil":
        raise Skipped
    sessions = Sessions.of(table_of(drawn.operations), MODELS[drawn.model], drawn.reading)
    for promise in GUARANTEES:
        kept = guarantee(sessions, promise)
        answer = False if kept.violations else None if kept.undecided else True
        expected = interleavings.keeps(promise, drawn.operations)
        if answer is not expected:
            return f"says {answer} of {promise}, but it is {expected}"
    return None
