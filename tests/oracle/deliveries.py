"""What queues promise, plainly: every order of a few operations, every moment of a few receives.

For histories of one queue, small ones. ``nothing_lost`` walks through all orders that keep real
time, with a state for each element; ``done_with_once`` tries every moment of each operation.
"""

from __future__ import annotations

import itertools

from histories.event import Operation, Outcome

AWAY, WAITING, HIDDEN = "away", "waiting", "hidden"


def element(operation: Operation):
    out = operation.output
    return out["element"] if isinstance(out, dict) else out


def nothing_lost(operations: list[Operation]) -> tuple[bool, bool]:
    """Whether some order explains all answers; and whether in some nothing is left at its end.

    Elements may come out again and again. What is hidden comes back whenever it likes. An empty
    answer says something only if whoever got it asked when all that came out had come out, and
    all that was acknowledged was.
    """
    done = [one for one in operations if one.outcome is not Outcome.FAIL or one.error == "empty"]
    handed = [one for one in done if one.outcome is Outcome.OK and one.f in ("receive", "dequeue")]
    handed = [one for one in handed if element(one) is not None]
    settled = [one for one in done if one.outcome is Outcome.OK and one.f == "acknowledge"]
    last = max((one.ret for one in (*handed, *settled)), default=-1)
    names = sorted({one.input for one in done if one.f == "enqueue"})
    failed = {one.input for one in operations if one.outcome is Outcome.FAIL}
    if any(element(one) not in names for one in handed):
        return False, False
    assert failed.isdisjoint(names)
    given = {
        one.call: {element(r) for r in handed if r.process == one.process and r.ret < one.call}
        for one in done
    }
    must = frozenset(at for at, one in enumerate(done) if one.outcome is not Outcome.INFO)
    seen: set = set()
    explained = cleared = False

    def results(one: Operation, state: dict):
        """The states it can leave; its answer is that of the history."""
        known = one.outcome is not Outcome.INFO
        if one.f == "enqueue":
            yield {**state, one.input: WAITING}
        elif one.f == "acknowledge":
            told = one.input or one.output if known else one.input
            for name in [told] if told else given[one.call]:
                yield {**state, name: AWAY}
        elif one.f == "drained":
            if not known or one.call <= last or not {WAITING, HIDDEN} & set(state.values()):
                yield state
        elif known and (one.outcome is Outcome.FAIL or element(one) is None):
            if one.call <= last or WAITING not in state.values():
                yield state
        else:
            after = HIDDEN if one.f == "receive" else AWAY
            for name in [element(one)] if known else list(state):
                if state.get(name) == WAITING:
                    yield {**state, name: after}
                elif known and state.get(name) in (AWAY, HIDDEN):
                    # Once more than it should.
                    yield {**state, name: AWAY} if after == AWAY else state

    def walk(left: frozenset, state: dict):
        nonlocal explained, cleared
        key = left, tuple(sorted(state.items()))
        if key in seen or cleared:
            return
        seen.add(key)
        if not left & must:
            explained = True
            cleared = cleared or not {WAITING, HIDDEN} & set(state.values())
        ends = [done[at].ret for at in left if done[at].ret is not None]
        for at in left:
            one = done[at]
            if any(end < one.call for end in ends):
                continue
            for following in results(one, state):
                walk(left - {at}, following)
        for name, where in state.items():
            if where == HIDDEN:
                walk(left, {**state, name: WAITING})

    walk(frozenset(range(len(done))), {})
    return explained, cleared


def done_with_once(handed_out: list[Operation], done: list[Operation]) -> bool:
    """Whether moments can be found for what happened to one element.

    ``done``: dequeues, and one acknowledgement a receive. Times in small whole numbers, which
    are ``call_ns`` in milliseconds; a receive keeps all others away for ``invisible_ms``.
    """
    if len(done) > 1:
        return False
    spans = [range(one.call, one.ret + 1) for one in handed_out]
    for moments in itertools.product(*spans):
        numbered = zip(moments, range(len(handed_out)), strict=True)
        # At one moment a dequeue comes last, and who keeps nobody away first.
        ordered = sorted(numbered, key=lambda pair: (pair[0], _after(handed_out[pair[1]])))
        for (one, at), (other, _) in itertools.pairwise(ordered):
            first = handed_out[at]
            if first.f == "dequeue" or other - one < first.output.get("invisible_ms", 0):
                break
        else:
            latest = ordered[-1][0] if ordered else 0
            if not done or done[0].f == "dequeue" or latest <= done[0].ret:
                return True
    return False


def _after(one: Operation) -> int:
    return 1 << 30 if one.f == "dequeue" else one.output.get("invisible_ms", 0)
