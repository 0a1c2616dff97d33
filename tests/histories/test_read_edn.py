"""Histories in EDN: in every shape, with keys, cut off, and in error."""

import pytest

from histories.errors import HistoryError
from histories.event import NEMESIS, Outcome
from histories.history import read_history

WRITE = "{:process 0, :type :invoke, :f :write, :value 3}\n{:process 0, :type :ok, :f :write}"
FULL = """\
{:type :info, :f :kill, :value {:n1 #{"n2"}}, :process :nemesis, :time 5, :index 0}
{:type :invoke, :f :cas, :value [1 2], :process 3, :time 7, :index 1}
{:type :info, :f :cas, :value [1 2], :process 3, :time 9, :index 2, :error [:net "gone"]}
"""


def read(tmp_path, text, **options):
    path = tmp_path / "history.edn"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_history(path, **options)


def problems(tmp_path, text):
    with pytest.raises(HistoryError) as raised:
        read(tmp_path, text)
    return str(raised.value)


@pytest.mark.parametrize(
    "text",
    (
        WRITE,
        f"[{WRITE}]",
        f"({WRITE})\n",
        f"; a comment\n\n[ #_ {{:a 1}} {WRITE} ; the end\n]",
        WRITE.replace("{", "#jepsen.history.Op{"),
        WRITE.replace("{", "#knossos.op.Op{").replace("\n", " "),
        "\ufeff" + WRITE,
        WRITE.replace(":write", '"write"').replace("\n", ",").replace(" ", "\n"),
    ),
)
def test_a_history_in_any_shape(tmp_path, text):
    (operation,) = read(tmp_path, text).operations
    assert (operation.f, operation.input, operation.outcome) == ("write", 3, Outcome.OK)
    assert (operation.call, operation.ret) == (0, 1)


def test_a_history_as_jepsen_writes_it(tmp_path):
    history = read(tmp_path, FULL)
    nemesis, *_ = history.events
    assert (nemesis.process, nemesis.value) == (NEMESIS, {"n1": ["n2"]})
    (cas,) = history.operations
    assert (cas.call, cas.input, cas.call_ns) == (1, [1, 2], 7)
    assert (cas.outcome, cas.error) == (Outcome.INFO, '["net","gone"]')
    assert (history.model, history.reading) == ("cas-register", "knossos")
    assert "taken for cas-register by its functions (cas)" in history.notes[0]
    assert history.where(1).endswith("history.edn:2")


@pytest.mark.parametrize(
    ("events", "model"),
    (
        ([("read", "nil", "3"), ("write", "3", "3")], "cas-register"),
        ([("acquire", "nil", "nil"), ("release", "nil", "nil")], "mutex"),
        ([("add", "1", "1"), ("read", "nil", "#{1 2 3}")], "set"),
        ([("add", "1", "1"), ("read", "nil", "[1 2]")], "set"),
        ([("add", "1", "1"), ("read", "nil", "1")], "counter"),
        ([("add", "1", "1")], None),
        ([("enqueue", "1", "1"), ("dequeue", "nil", "1")], None),
        ([("txn", "[]", "[]")], None),
        ([("txn", "[[:append 3 1] [:r 3 nil]]", "[[:append 3 1] [:r 3 [1]]]")], "list-append"),
        ([("txn", "([:r 3 nil] [:w 4 1])", "([:r 3 7] [:w 4 1])")], "rw-register"),
        ([("txn", "[[:r 3 nil]]", "[[:r 3 [1]]]")], "list-append"),
        ([("txn", "[[:r :x]]", "[[:r :x 1]]")], "rw-register"),
        ([("txn", "[[:r 3 nil]]", "[[:r 3 nil]]")], None),
        ([], None),
    ),
)
def test_the_model_is_guessed_where_one_alone_has_the_functions(tmp_path, events, model):
    text = "[" + "".join(
        f"{{:process 0, :type :invoke, :f :{f}, :value {sent}}}"
        f"{{:process 0, :type :ok, :f :{f}, :value {got}}}"
        for f, sent, got in events
    )
    history = read(tmp_path, text + "]")
    assert history.model == model
    (note,) = history.notes
    functions = ", ".join(sorted({f for f, _, _ in events}))
    if model is not None:
        assert f"names no model; taken for {model} by its functions ({functions})" in note
    elif events:
        assert f"its functions ({functions}) fit several or none; it must be named" in note
    else:
        assert note.endswith("names no model, and holds no operation that could settle one")
    named = read(tmp_path, text + "]", named=True)
    assert (named.model, named.reading, named.notes) == (model, history.reading, [])


def test_porcupines_logs_are_told_by_their_keys(tmp_path):
    text = (
        '{:process 1, :type :invoke, :f :append, :key "7", :value "x"}\n'
        '{:process 0, :type :invoke, :f :get, :key "7", :value nil}\n'
        '{:process 0, :type :ok, :f :get, :key "7", :value ""}\n'
    )
    history = read(tmp_path, text)
    assert (history.model, history.reading, history.notes) == ("append", "porcupine", [])
    append, get = history.operations
    assert (append.outcome, get.key, get.output) == (Outcome.INFO, "7", "")


KEYED = """\
{:process 0, :type :invoke, :f :read, :value [:x nil]}
{:process 1, :type :invoke, :f :cas, :value [:y [3 4]]}
{:process 1, :type :fail, :f :cas, :value [:y [3 4]]}
{:process 2, :type :invoke, :f :write, :value [12 5]}
{:process 2, :type :info, :f :write, :value :timed-out}
{:process 0, :type :ok, :f :read, :value [:x 5]}
"""


def test_values_that_can_only_be_independent_keys_are_split(tmp_path):
    history = read(tmp_path, KEYED)
    told = [(o.f, o.key, o.input, o.output) for o in history.operations]
    assert told == [
        ("read", "x", None, 5),
        ("cas", "y", [3, 4], [3, 4]),
        ("write", 12, 5, "timed-out"),
    ]
    assert "independent keys and their values (3 keys)" in history.notes[0]
    assert [(e.key, e.value) for e in history.events][1:3] == [("y", [3, 4])] * 2
    assert [o.key for o in read(tmp_path, KEYED, independent=False).operations] == [None] * 3


@pytest.mark.parametrize(
    "text",
    (
        "{:process 0, :type :invoke, :f :cas, :value [1 2]}",
        "{:process 0, :type :invoke, :f :cas, :value [1 2]}"
        "{:process 1, :type :invoke, :f :read, :value nil}",
        "{:process 0, :type :invoke, :f :txn, :value [[:r 1 nil] [:append 1 2]]}",
        "{:process 0, :type :invoke, :f :read, :value [1 nil]}"
        "{:process 0, :type :ok, :f :read, :value [2 3]}",
        "{:process 0, :type :invoke, :f :read, :value [1 nil]}"
        "{:process 0, :type :ok, :f :read, :value 3}",
    ),
)
def test_values_that_may_be_pairs_are_left_alone_unless_asked(tmp_path, text):
    assert all(operation.key is None for operation in read(tmp_path, text).operations)
    first = read(tmp_path, text, independent=True).operations[0]
    assert first.key is not None


def test_journals_and_logs_have_keys_only_where_they_can_be(tmp_path):
    journal = "".join(
        f'{{"process": 0, "type": "{kind}", "f": "read", "value": ["x", {value}]}}\n'
        for kind, value in (("invoke", "null"), ("ok", "5"))
    )
    assert read(tmp_path, journal).operations[0].key is None
    assert read(tmp_path, journal, independent=True).operations[0].key == "x"
    log = "".join(
        f"INFO jepsen.util - 0 :{kind} :read [x{value}]\n".replace("x", "12 ")
        for kind, value in (("invoke", "nil"), ("ok", "5"))
    )
    (operation,) = read(tmp_path, log).operations
    assert (operation.key, operation.output) == (12, 5)


def test_a_tagged_tuple_is_always_a_key(tmp_path):
    text = "{:process 0, :type :invoke, :f :cas, :value #jepsen.independent/tuple [1 [2 3]]}"
    (operation,) = read(tmp_path, text).operations
    assert (operation.key, operation.input) == (1, [2, 3])


def test_a_history_cut_in_its_last_map_is_sound(tmp_path):
    whole = FULL.encode()
    for size in range(len(whole)):
        try:
            history = read(tmp_path, whole[:size])
        except HistoryError as error:
            assert size < 2, error  # nothing yet says that this is EDN
            continue
        assert len(history.events) <= 3
        rest = whole[:size].rpartition(b"\n")[2]
        assert not rest or rest.endswith(b"}") or "cut off" in " ".join(history.notes) or size < 2
    assert "ends before the ']'" in read(tmp_path, "[" + WRITE).notes[0]


def test_order_is_that_of_the_maps(tmp_path):
    text = (
        "{:process 0, :type :invoke, :f :read, :time 9, :index 7}"
        "{:process 0, :type :ok, :f :read, :time 3, :index 5}"
    )
    history = read(tmp_path, text)
    (operation,) = history.operations
    assert (operation.call, operation.ret) == (0, 1)
    assert "indexes go backwards; the order of the maps is what counts" in history.notes[0]


@pytest.mark.parametrize(
    ("text", "seen"),
    (
        ("{:process 0, :type :invoke}", "the event has no ':f'."),
        ("{:process 0, :f :read}", "the event has no ':type'."),
        ("{:type :ok, :f :read}", "the event has no ':process'."),
        ("{:process :a, :type :ok, :f :read}", "':process' is '\"a\"'."),
        ("{:process 0, :type :maybe, :f :read}", "':type' is '\"maybe\"'."),
        ("{:process 0, :type :ok, :f :read, :time -1}", "':time' is '-1'."),
        ("{:process 0, :type :ok, :f :read, :index 1.5}", "':index' is '1.5'."),
        ("[1 2]", "'1' where an event should be."),
        ("{:process 0} ]", "the event has no ':type'."),
        ("#{}", "'[]' where an event should be."),
        ("[] {}", "'{' after the end."),
        ("{:value [1 2)}", "unbalanced"),
        ('{:value "\\q"}', "the escape"),
        ('{:value "open\n{:process 0}\n', "what begins here never ends."),
        ("[" * 100_000, "nested too deeply"),
    ),
)
def test_what_is_no_event_is_told_with_its_line(tmp_path, text, seen):
    told = problems(tmp_path, "\n;\n " + text)
    assert told.startswith(f"{tmp_path}/history.edn:3: "), told
    assert seen in told


def test_all_problems_are_listed_up_to_twenty(tmp_path):
    told = problems(tmp_path, "{:process 0}\n" * 30)
    assert told.count("history.edn:") == 20
    assert "history.edn:20: " in told


def test_what_does_not_pair_is_told_with_its_line(tmp_path):
    told = problems(tmp_path, f"[{WRITE}\n{{:process 0, :type :ok, :f :write}}]")
    assert "history.edn:3: process 0 completed 'write' with 'ok'" in told
