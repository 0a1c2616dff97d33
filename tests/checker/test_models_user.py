"""Models that users write: judged like our own, and told plainly what is wrong with them."""

import doctest
import itertools
import random
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import oracle
import pytest
from story import Story

from checker import Verdict, linearizable
from checker.models import MODELS, user
from checker.models.user import ILLEGAL, Either, load_model, user_model
from histories.errors import HistoryError


class Stack:
    """Last in, first out."""

    init = ()
    functions = ("push", "pop")

    def step(self, state, operation):
        if operation.f == "push":
            return (*state, operation.input)
        if not operation.known:
            return state[:-1] if state else ILLEGAL
        return state[:-1] if state and state[-1] == operation.output else ILLEGAL


class Bag:
    init = frozenset()

    def step(self, state, operation):
        if operation.f == "enqueue":
            return state | {(operation.input, len(state))}
        if not operation.known:
            return Either(*(state - {one} for one in state))
        return Either(*(state - {one} for one in state if one[0] == operation.output))


class Register:
    init = None
    observers = ("read",)
    failed = True

    def step(self, state, operation):
        if operation.failed:
            wrong = operation.error == "mismatch" and state == operation.input[0]
            return ILLEGAL if wrong else state
        if operation.f == "write":
            return operation.input
        if operation.f == "read":
            return state if operation.output == state else ILLEGAL
        expected, new = operation.input
        return new if state == expected else ILLEGAL


NUMBERS = itertools.count()


def story():
    return Story(key="x").did(0, "push", 1).call(1, "push", 2).did(0, "pop", answer=2)


def test_the_example_in_the_docstring_runs():
    assert doctest.testmod(user).failed == 0


def test_a_stack_of_the_users_own():
    valid = story().did(2, "pop", answer=1).operations()
    assert linearizable(valid, user_model(Stack)).verdict is Verdict.VALID
    twice = story().did(2, "pop", answer=2).operations()
    result = linearizable(twice, user_model(Stack))
    assert result.verdict is Verdict.INVALID
    assert result.violations[0].culprit == twice[-1].call


def test_an_unknown_answer_may_have_been_any():
    told = Story().did(0, "enqueue", 1).did(0, "enqueue", 2).call(1, "dequeue").info(1)
    left = told.did(0, "dequeue", answer=2).operations()
    assert linearizable(left, user_model(Bag)).verdict is Verdict.VALID


@pytest.mark.parametrize(
    ("definition", "name"), [(Register, "cas-register"), (Bag, "unordered-queue")]
)
def test_agrees_with_our_own_of_the_same_object(definition, name):
    model = user_model(definition)
    for seed in range(300):
        rng = random.Random(seed)
        operations = oracle.small_history(rng, name, 6)
        if name == "unordered-queue":
            operations = [o for o in operations if o.output is not None or o.f == "enqueue"]
        ours = linearizable(operations, MODELS[name], explained=False)
        theirs = linearizable(operations, model, explained=False)
        assert ours.verdict is theirs.verdict, operations


def test_is_loaded_from_a_file(tmp_path):
    path = tmp_path / "stack.py"
    path.write_text(
        "from checker.models.user import ILLEGAL\n"
        "class Stack:\n"
        "    '''Last in, first out.'''\n"
        "    init = ()\n"
        "    def step(self, state, operation):\n"
        "        return (*state, operation.input) if operation.f == 'push' else ILLEGAL\n"
    )
    model = load_model(f"{path}:Stack")
    assert model.name == "stack.py:Stack"
    assert model.summary == "Last in, first out."
    assert linearizable(story().operations(), model).verdict is Verdict.INVALID


def complaint(call):
    with pytest.raises(HistoryError) as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("stack.py:Stack", None, "stack.py: there is no such file."),
        ("stack", None, "this is no model's name, and no file of one"),
        ("stack.py:Stack", "class Heap:\n  init, step = 0, 0\n", "has no 'Stack'"),
        ("stack.py:Stack", "class Heap:\n  init, step = 0, 0\n", "in this file: Heap"),
        ("stack.py:Stack", "class Stack:\n    init = 0\n", "has no 'step'"),
        ("stack.py:Stack", "class Stack:\n    init = []\n    step = 0\n", "is not hashable"),
        ("stack.py:Stack", "import nowhere\n", "stack.py:1: cannot be imported: ModuleNotFound"),
        ("stack.py:Stack", "\nclass Stack\n", "stack.py:2: cannot be imported: SyntaxError"),
        ("stack.py:Stack", "raise SystemError\n", "stack.py:1: cannot be imported: SystemError"),
        ("stack.py:Stack", "exit(0)\n", "stack.py:1: cannot be imported: SystemExit: 0"),
    ],
)
def test_says_what_is_wrong_with_a_file(tmp_path, name, text, said):
    if text is not None:
        (tmp_path / "stack.py").write_text(text)
    assert said in complaint(lambda: load_model(f"{tmp_path}/{name}"))


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (lambda s, o: 1 // 0, "step raised ZeroDivisionError"),
        (lambda s, o: 1 // 0, "it was asked about a push of 1 in state ()"),
        (lambda s, o: 1 // 0, "test_models_user.py:"),
        (lambda s, o: sys.exit(0), "step raised SystemExit: 0"),
        (lambda s, o: [1], "step of a push of 1 in state () gave the state [1], which is not hash"),
        (lambda s, o: next(NUMBERS), "step gave two different answers"),
    ],
)
def test_says_what_is_wrong_with_a_step(step, said):
    class Wrong:
        init = ()

    Wrong.step = staticmethod(step)
    assert said in complaint(lambda: linearizable(story().operations(), user_model(Wrong)))


def test_an_observer_that_changes_the_state_is_told_of():
    class Wrong(Stack):
        observers = ("push",)

    said = complaint(lambda: linearizable(story().operations(), user_model(Wrong)))
    assert "a push of 1 changed the state () to (1,)" in said


def test_an_operation_it_does_not_have_is_told_of():
    operations = Story().did(0, "peek").operations()
    said = complaint(lambda: linearizable(operations, user_model(Stack)))
    assert "'peek' is no operation of the model 'Stack' (push, pop)" in said


class Sound:
    init = 0

    def step(self, state, operation):
        return state


class Raising:
    def __hash__(self):
        raise ArithmeticError("no hash")

    def __repr__(self):
        raise ArithmeticError("no text")


class Incomparable:
    def __hash__(self):
        return 0

    def __eq__(self, other):
        raise ArithmeticError("no comparing")


def fails(*_):
    raise ArithmeticError("not today")


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"__init__": fails}, "making one raised ArithmeticError: not today"),
        ({"__init__": lambda self, size: None}, "making one raised TypeError"),
        ({"init": property(fails)}, "reading its 'init' raised ArithmeticError: not today"),
        ({"init": property(fails)}, "test_models_user.py:"),
        ({"functions": 5}, "its 'functions' is 5."),
        ({"functions": "read"}, "its 'functions' is 'read'."),
        ({"functions": "read"}, "such as ('read', 'write')"),
        ({"functions": ("read", 1)}, "its 'functions' is ('read', 1)."),
        ({"functions": property(fails)}, "reading its 'functions' raised ArithmeticError"),
        ({"observers": "read"}, "its 'observers' is 'read'."),
        ({"by_key": "no"}, "its 'by_key' is 'no'."),
        ({"init": Raising()}, "the hash of a Raising whose text cannot be made"),
        ({"init": Raising()}, "raised ArithmeticError: no hash"),
        ({"step": lambda *_: Raising()}, "raised ArithmeticError: no hash"),
        ({"step": lambda *_: Incomparable()}, "raised ArithmeticError: no comparing"),
        ({"step": lambda *_: [0] * 10_000}, ", 0, 0…, which is not hashable"),
    ],
)
def test_says_what_is_wrong_with_a_class(members, said):
    wrong = type("Wrong", (Sound,), members)
    told = complaint(lambda: linearizable(story().operations(), user_model(wrong)))
    assert said in told
    assert len(told) < 1_000


def test_a_model_is_summed_up_whatever_its_docstring_is():
    for text in (None, "", "  \n ", 5):
        model = user_model(type("Sound", (Sound,), {"__doc__": text}))
        assert model.summary == "a model of your own, Sound"


class Stuck(Sound):
    """Its reads never end; the sleep is there for the day they are not interrupted."""

    def step(self, state, operation):
        if operation.f == "pop":
            time.sleep(30)
        return state


class Slow(Sound):
    def step(self, state, operation):
        time.sleep(0.02)
        return state + 1


def test_a_step_that_does_not_return_is_interrupted():
    before = signal.getsignal(signal.SIGALRM)
    result = linearizable(story().operations(), user_model(Stuck), time_limit_s=0.1)
    assert result.verdict is Verdict.UNKNOWN
    assert "the time allowed is used up" in (result.reason or "")
    assert "pop" in (result.reason or ""), "it says how far it came"
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_one_that_catches_everything_of_its_own_is_interrupted_too():
    class Catching(Sound):
        def step(self, state, operation):
            try:
                time.sleep(30)
            except Exception:
                return state

    result = linearizable(story().operations(), user_model(Catching), time_limit_s=0.1)
    assert result.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("main", [True, False])
def test_steps_that_are_slow_are_not_asked_when_the_time_is_up(main):
    """In a thread there is no timer; the clock is looked at before each step."""
    asked = []

    class Counting(Slow):
        def step(self, state, operation):
            asked.append(operation)
            return super().step(state, operation)

    told = Story(key="x")
    for value in range(200):
        told.did(0, "push", value)

    def judged():
        return linearizable(told.operations(), user_model(Counting), time_limit_s=0.1)

    if main:
        result = judged()
    else:
        with ThreadPoolExecutor(1) as pool:
            result = pool.submit(judged).result()
    assert result.verdict is Verdict.UNKNOWN
    assert 0 < len(asked) < 20


def test_a_timer_that_somebody_else_set_stays_theirs():
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
    signal.setitimer(signal.ITIMER_REAL, 1_000)
    try:
        result = linearizable(story().operations(), user_model(Stack), time_limit_s=5)
        left_s, _ = signal.getitimer(signal.ITIMER_REAL)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert result.verdict is Verdict.VALID and not rung
    assert left_s > 500
