"""Models that users write in Python: a start state and a pure step over hashable states.

    # stack.py
    from checker import ILLEGAL

    class Stack:
        init = ()

        def step(self, state, operation):
            if operation.f == "push":
                return (*state, operation.input)
            if not operation.known:                      # a pop that never answered
                return state[1:] if state else ILLEGAL
            ...

``splitbrain check history.jsonl --model stack.py:Stack`` judges by it; from Python,
``linearizable(operations, load_model("stack.py:Stack"))``. The file may import its neighbours;
of two modules of one name, what is installed comes first. NAME is a class, an instance, or
anything with these attributes:

* ``init``: the state at first, hashable (a tuple, not a list; a frozenset, not a set);
* ``step(state, operation)``: the state after, ``ILLEGAL`` when the operation is not possible
  in ``state``, or ``Either(…)`` of several states when its answer is not known and it might
  have done several things. Pure: it changes nothing, and the same always gives the same;
* ``functions`` (optional): the names of its operations; any other is then said to be unfit;
* ``observers`` (optional): names of those that never change a state. When such a one got no
  answer it says nothing and is dropped; knowing them also makes the search much faster;
* ``by_key`` (default True): each key of a history is an object of its own; with False,
  ``operation.key`` says which is meant, and all keys are judged together;
* ``by_process`` (default False): whether ``operation.process`` is given: it matters who asks;
* ``failed`` (default False): whether failed operations come to ``step`` as well. They did not
  happen, so they may not change the state; all they can say is that it was not possible.

A step that outlasts the time allowed is ended where it is (``interruption.py``), and the
verdict is unknown.

``operation`` has ``f``, ``input``, ``output`` (None unless known), ``known`` (it completed with
ok), ``failed`` and ``error``, ``key`` and ``process`` (see above). Failed operations are
dropped unless ``failed`` is set. One of unknown outcome took effect once, at any time after
its call, or never: the search tries both, and asks ``step`` what it does if it does.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

from checker.models.interruption import ask
from checker.models.model import Model
from checker.models.user_file import TROUBLE, import_file, line_of
from checker.reading import Reading
from histories.canonical import canonical
from histories.errors import HistoryError, Problem
from histories.event import Operation, Outcome

T = TypeVar("T")
REQUIRED = object()
"""Stands for a member that is not there and has no default."""
STATES = "States can be hashed and compared, and equal ones have equal hashes."
SHOWN_MAX = 200
"""Characters of a state in a message."""


class Illegal:
    """What ``step`` returns when an operation is not possible."""

    def __repr__(self) -> str:
        return "ILLEGAL"


ILLEGAL = Illegal()


class Either(tuple[Hashable, ...]):
    """Several states that may follow.

    >>> Either(1, 2)
    (1, 2)
    """

    __slots__ = ()

    def __new__(cls, *states: Hashable) -> Either:
        """One of ``states``, nobody knows which."""
        return super().__new__(cls, states)


@dataclass(frozen=True, slots=True, eq=False)
class UserOperation:
    """An operation as ``step`` sees it; equal when all its members are."""

    f: str
    input: Any
    output: Any
    known: bool
    failed: bool
    error: str | None
    key: Any
    process: int | None
    identity: Hashable = field(repr=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UserOperation) and self.identity == other.identity

    def __hash__(self) -> int:
        return hash(self.identity)

    def __str__(self) -> str:
        told = [f"{self.f}"]
        if self.input is not None:
            told.append(f"of {self.input!r}")
        if self.failed:
            told.append(f"that failed ({self.error})")
        elif not self.known:
            told.append("of unknown outcome")
        elif self.output is not None and self.output != self.input:
            told.append(f"that answered {self.output!r}")
        return " ".join(told)


def load_model(name: str) -> Model:
    """The model ``path/to/file.py:NAME``. Raises HistoryError, with what to do, if it is none."""
    path, colon, attribute = name.rpartition(":")
    if not colon or not path.endswith(".py"):
        raise _error(
            f"--model {name}",
            "this is no model's name, and no file of one.",
            "Name a model (see `splitbrain models`), or your own as path/to/file.py:NAME.",
        )
    module = import_file(
        path,
        kind="model",
        named="path/to/file.py:NAME",
        expected="A model's file is plain Python that defines 'init' and 'step'.",
    )
    if not hasattr(module, attribute):
        public = [n for n in vars(module) if hasattr(getattr(module, n), "step")]
        raise _error(
            path,
            f"has no {attribute!r}.",
            f"A model has 'init' and 'step'; in this file: {', '.join(public) or 'none'}.",
        )
    return user_model(getattr(module, attribute), name=f"{Path(path).name}:{attribute}")


def user_model(definition: Any, name: str | None = None) -> Model:
    """The model that a class or an object defines (see the module's docstring).

    >>> class Switch:
    ...     init = "off"
    ...     observers = ("look",)
    ...
    ...     def step(self, state, operation):
    ...         if operation.f == "look":
    ...             return state if operation.output == state else ILLEGAL
    ...         return "on" if state == "off" else "off"
    >>> from checker import linearizable
    >>> def did(call, ret, f, answer=None):
    ...     return Operation(call, ret, call, f, None, None, answer, Outcome.OK, 0, 0)
    >>> told = [did(0, 3, "press"), did(1, 2, "look", "on"), did(4, 5, "look", "on")]
    >>> linearizable(told, user_model(Switch)).verdict
    <Verdict.VALID: 'valid'>
    >>> linearizable([*told, did(6, 7, "look", "off")], user_model(Switch)).verdict
    <Verdict.INVALID: 'invalid'>
    """
    label = name or str(getattr(definition, "__name__", type(definition).__name__))
    thing = definition
    if isinstance(definition, type):
        hint = "A class is called without arguments; or name an instance that is made already."
        thing = _asked(definition, label, "making one", hint)
    user = _User(label, thing)
    return Model(
        name=label,
        init=user.init,
        functions=user.functions,
        effect=user.effect,
        misfit=user.misfit,
        step=user.step,
        observes=user.observes,
        by_key=user.by_key,
        depends_on=user.depends_on,
        summary=_summary(thing) or f"a model of your own, {label}",
        outcomes="what its step says",
    )


class _User:
    """A user's definition, and what is asked of it."""

    def __init__(self, name: str, thing: Any) -> None:
        self.name = name
        self.thing = thing
        self.init: Hashable = self._member("init")
        self._member("step")
        self.functions = self._names("functions")
        self.observers = frozenset(self._names("observers"))
        self.failed = self._flag("failed", default=False)
        self.by_key = self._flag("by_key", default=True)
        self.by_process = self._flag("by_process", default=False)
        self.depends_on: tuple[Literal["process", "key"], ...] = (
            *(("process",) if self.by_process else ()),
            *(("key",) if not self.by_key else ()),
        )
        self.hashable(self.init, "init")

    def _member(self, name: str, default: Any = REQUIRED) -> Any:
        hint = "A model has 'init', a hashable state, and 'step(state, operation)'."
        found = _asked(
            lambda: getattr(self.thing, name, default), self.name, f"reading its {name!r}", hint
        )
        if found is REQUIRED:
            raise _error(self.name, f"has no {name!r}.", hint)
        return found

    def _names(self, member: str) -> tuple[str, ...]:
        given = self._member(member, ())
        # A text would do as its letters.
        listed = isinstance(given, (tuple, list, set, frozenset))
        if not listed or not all(isinstance(name, str) for name in given):
            raise _error(
                self.name,
                f"its {member!r} is {_shown(given)}.",
                "Names of operations are given in a tuple, such as ('read', 'write') or ('read',).",
            )
        return tuple(given)

    def _flag(self, member: str, *, default: bool) -> bool:
        given = self._member(member, default)
        if not isinstance(given, bool):
            raise _error(
                self.name, f"its {member!r} is {_shown(given)}.", "It is either True or False."
            )
        return given

    def misfit(self, operation: Operation) -> str | None:
        if not self.functions or operation.f in self.functions:
            return None
        known = ", ".join(self.functions)
        return f"'{operation.f}' is no operation of the model '{self.name}' ({known})"

    def effect(self, operation: Operation, reading: Reading) -> UserOperation | None:
        outcome = operation.outcome
        if outcome is Outcome.FAIL and not self.failed:
            return None
        if outcome is Outcome.INFO and operation.f in self.observers:
            return None
        known = outcome is Outcome.OK
        output = operation.output if known else None
        failed = outcome is Outcome.FAIL
        error = operation.error if failed else None
        key = None if self.by_key else operation.key
        process = operation.process if self.by_process else None
        identity = (
            *(operation.f, known, failed, error, process),
            *(canonical(operation.input), canonical(output), canonical(key)),
        )
        return UserOperation(
            operation.f, operation.input, output, known, failed, error, key, process, identity
        )

    def observes(self, effect: UserOperation) -> bool:
        return effect.f in self.observers or effect.failed

    def step(self, state: Hashable, effect: UserOperation) -> tuple[Hashable, ...]:
        after = self._call(state, effect)
        asked = f"step of a {effect} in state {_shown(state)}"
        for one in after:
            self.hashable(one, asked)
        if not self._same(after, self._call(state, effect), asked):
            raise _error(
                self.name,
                f"step gave two different answers for a {effect} in state {_shown(state)}.",
                "A step is pure: no randomness, no clock, nothing that it remembers; and states "
                "that mean the same are equal.",
            )
        if self.observes(effect) and not all(self._same(one, state, asked) for one in after):
            raise _error(
                self.name,
                f"a {effect} changed the state {_shown(state)} to {_shown(after[0])}.",
                "What is named in 'observers', and what failed, changes no state.",
            )
        return after

    def _call(self, state: Hashable, effect: UserOperation) -> tuple[Hashable, ...]:
        try:
            after = ask(self.thing.step, state, effect)
        except HistoryError:
            raise
        except TROUBLE as error:
            raise _error(
                _line(error) or self.name,
                f"step raised {type(error).__name__}: {error}; it was asked about a {effect} "
                f"in state {_shown(state)}.",
                "A step returns the state after, or ILLEGAL when the operation is not possible.",
            ) from error
        if after is ILLEGAL:
            return ()
        return tuple(after) if isinstance(after, Either) else (after,)

    def _same(self, one: Hashable, other: Hashable, where: str) -> bool:
        return _asked(lambda: bool(one == other), self.name, f"comparing states of {where}", STATES)

    def hashable(self, state: Any, where: str) -> None:
        """Raise HistoryError for a state that cannot be told from others by its hash."""
        try:
            hash(state)
        except TypeError:
            raise _error(
                self.name,
                f"{where} gave the state {_shown(state)}, which is not hashable.",
                "Use tuples for lists, frozensets for sets, sorted tuples of pairs for dicts.",
            ) from None
        except TROUBLE as error:
            raise _error(
                _line(error) or self.name,
                f"the hash of {_shown(state)}, which {where} gave, raised "
                f"{type(error).__name__}: {error}.",
                STATES,
            ) from error


def _asked(call: Callable[[], T], name: str, what: str, expected: str) -> T:
    """What the user's code gives; HistoryError when it raises."""
    try:
        return call()
    except TROUBLE as error:
        raise _error(
            _line(error) or name, f"{what} raised {type(error).__name__}: {error}.", expected
        ) from error


def _summary(thing: Any) -> str | None:
    """The first line of the docstring, if there is one."""
    text = type(thing).__doc__
    return text.strip().partition("\n")[0] if isinstance(text, str) else None


def _shown(value: Any) -> str:
    """A value of the user's for a message, whatever its own ``repr`` does."""
    try:
        text = repr(value)
    except TROUBLE:
        return f"a {type(value).__name__} whose text cannot be made"
    return text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}…"


def _line(error: BaseException) -> str | None:
    return line_of(error, None, ours=__file__)


def _error(where: str, seen: str, expected: str) -> HistoryError:
    return HistoryError([Problem(where, seen, expected)])
