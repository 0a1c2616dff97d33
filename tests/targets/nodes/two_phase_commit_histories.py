"""What clients of a simulated cluster saw, as operations that a checker takes."""

from __future__ import annotations

from two_phase_commit_simulation import Cluster, Pending

from histories.event import Operation, Outcome


def history_of(cluster: Cluster) -> list[Operation]:
    """One operation a transaction: copies of one (same session and number) are the same."""
    copies: dict[object, list[Pending]] = {}
    for pending in cluster.pending:
        name = pending.request["session"], pending.request["seq"]
        copies.setdefault(name, []).append(pending)
    moments: list[tuple[float, int, int]] = []
    for number, sent in enumerate(copies.values()):
        moments.append((sent[0].asked_at, 0, number))
        if (done := _answer(sent)) is not None and done.answered_at is not None:
            moments.append((done.answered_at, 1, number))
    # Of the same moment calls come first: intervals are closed.
    place = {(kind, number): at for at, (_, kind, number) in enumerate(sorted(moments))}
    return [_operation(number, sent, place) for number, sent in enumerate(copies.values())]


def _answer(sent: list[Pending]) -> Pending | None:
    return next((pending for pending in sent if pending.answer is not None), None)


def _operation(number: int, sent: list[Pending], place: dict[tuple[int, int], int]) -> Operation:
    done = _answer(sent)
    outcome = Outcome.INFO if done is None else Outcome.OK if done.ok else Outcome.FAIL
    return Operation(
        call=place[0, number],
        ret=place.get((1, number)),
        process=number,
        f="txn",
        key=0,
        input=sent[0].request["value"],
        output=done.answer["value"] if done is not None and done.answer and done.ok else None,
        outcome=outcome,
        call_ns=int(sent[0].asked_at * 1e9),
        ret_ns=None if done is None or done.answered_at is None else int(done.answered_at * 1e9),
    )
