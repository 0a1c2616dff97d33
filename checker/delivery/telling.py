"""What was found of a queue, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from checker.delivery.again import AGAIN, AT_ONCE, DEQUEUED_TWICE, Repeat
from checker.delivery.element import Element
from checker.delivery.loss import Losses
from checker.delivery.shapes import invisible_ns
from checker.verdict import Violation
from checker.wording import plural, precise_seconds, seconds, show
from histories.event import Operation, Outcome

LOST = "lost element"
DROPPED = "not redelivered"
NOWHERE = "element out of thin air"
RESURRECTED = "resurrected"


def lost(key: Any, found: Losses) -> list[Violation]:
    """The losses: of elements that nobody ever got, and of those that somebody got and dropped."""
    never = [gone for gone in found.lost if not gone.element.received]
    dropped = [gone for gone in found.lost if gone.element.received]
    told = []
    for kind, some in ((LOST, never), (DROPPED, dropped)):
        if not some:
            continue
        first = some[0]
        value, final = show(first.element.value), first.final
        if kind == LOST:
            source = first.element.enqueues[0]
            begin = (
                f"process {source.process}'s enqueue of {value} was acknowledged at "
                f"{_when(source)}, and nobody ever got it"
            )
        else:
            source = first.element.received[-1]
            begin = (
                f"process {source.process} got {value} at {_when(source)} and never acknowledged "
                "it, and nobody got it again"
            )
        if final.f == "drained":
            rest = f"yet process {final.process} was told at {_when(final)} that nothing was left"
        elif final.f == "drain":
            rest = f"yet process {final.process} had drained the queue by {_when(final)}"
        else:
            rest = f"yet process {final.process} found nothing at {_when(final)}"
        sentence = f"{begin}, {rest}"
        if found.explained:
            takers = plural(len(found.explained), "dequeue")
            sentence += f"; no more than {takers} of unknown outcome can have taken such elements"
        elements = [gone.element for gone in some]
        told.append(_violation(kind, key, sentence, elements, (source, final), final))
    return told


def unexpected(key: Any, elements: Sequence[Element]) -> list[Violation]:
    """What came out that nobody had put in by then, or whose enqueue had failed."""
    nowhere: list[tuple[Element, Operation]] = []
    failed: list[tuple[Element, Operation]] = []
    for element in elements:
        for out in element.handed_out:
            assert out.ret is not None
            before = [one for one in element.enqueues if one.call < out.ret]
            if not before:
                nowhere.append((element, out))
                break
            if all(one.outcome is Outcome.FAIL for one in before):
                failed.append((element, out))
                break
    told = []
    for kind, some in ((NOWHERE, nowhere), (RESURRECTED, failed)):
        if not some:
            continue
        element, out = some[0]
        sentence = f"{_got(out, element)} at {_when(out)}"
        if kind == RESURRECTED:
            source = element.enqueues[0]
            why = f" ({source.error})" if source.error else ""
            sentence += f", whose enqueue by process {source.process} had failed{why}"
        elif element.enqueues:
            later = element.enqueues[0]
            sentence += f", which was enqueued only later, from {seconds(later.call_ns)} on"
        else:
            sentence += ", which nobody ever enqueued"
        shown = (*element.enqueues[:1], out)
        told.append(_violation(kind, key, sentence, [one for one, _ in some], shown, out))
    return told


def repeated(key: Any, found: Sequence[Repeat]) -> list[Violation]:
    """One violation a kind, told by its first instance."""
    by_kind: dict[str, list[Repeat]] = {}
    for repeat in found:
        by_kind.setdefault(repeat.kind, []).append(repeat)
    told = []
    for kind, some in by_kind.items():
        first = min(some, key=lambda repeat: repeat.shown[-1].call)
        elements = [repeat.element for repeat in some]
        culprit = first.shown[-1]
        told.append(_violation(kind, key, _repeat(first), elements, first.shown, culprit))
    return told


def _repeat(repeat: Repeat) -> str:
    element, shown = repeat.element, repeat.shown
    value = show(element.value)
    first, last = shown[0], shown[-1]
    if repeat.kind == AGAIN:
        began, _ = precise_seconds(last.call_ns, first.ret_ns or 0)
        return (
            f"{_done(first, value)} at {_when(first, last.call_ns)}, yet {_got(last, element)} "
            f"again, having asked at {began}{_at(last)}"
        )
    if repeat.kind == DEQUEUED_TWICE:
        return (
            f"{_got(first, element)} at {_when(first)}, and {_got(last, element)} again at "
            f"{_when(last)}; it was enqueued once"
        )
    if repeat.kind == AT_ONCE:
        others = " and ".join(f"{_got(one, element)} at {_when(one)}" for one in shown)
        told = min(held for one in shown if (held := invisible_ns(one)))
        return f"{others}, though it is kept from others for {told / 1e6:g} ms"
    return f"{_done(first, value)} at {_when(first)}, and {_done(last, value)} at {_when(last)}"


def _done(done: Operation, value: str) -> str:
    if done.f == "acknowledge":
        return f"process {done.process}'s acknowledgement of {value} succeeded"
    return f"process {done.process} took {value} out"


def _got(out: Operation, element: Element) -> str:
    return f"process {out.process} {'got' if out.f == 'receive' else 'took'} {show(element.value)}"


def _when(operation: Operation, *beside_ns: int) -> str:
    """When it was answered, precisely enough to tell it from other times."""
    return f"{precise_seconds(operation.ret_ns or 0, *beside_ns)[0]}{_at(operation)}"


def _at(operation: Operation) -> str:
    return f" on {operation.node}" if operation.node else ""


def _violation(
    kind: str,
    key: Any,
    sentence: str,
    elements: Sequence[Element],
    witness: Sequence[Operation],
    culprit: Operation,
) -> Violation:
    if len(elements) > 1:
        sentence += f" (so it is with {plural(len(elements), 'element')})"
    calls = {operation.call for operation in witness}
    for element in elements[:1]:
        # Where an element came from is part of its story.
        calls.update(one.call for one in element.enqueues[:1])
    return Violation(
        kind=kind,
        sentence=sentence,
        operations=tuple(sorted(calls)),
        culprit=culprit.call,
        key=key,
        details={"elements": [element.value for element in elements]},
    )
