"""Logs of Jepsen's operation logger: nil, failed compare-and-sets, time-outs, other lines."""

import pytest

from histories.errors import HistoryError
from histories.event import NEMESIS, Outcome
from histories.history import read_history

LOG = """\
INFO  jepsen.core - Running test
INFO  jepsen.util - 0\t:invoke\t:read\tnil
INFO  jepsen.util - 1\t:invoke\t:cas\t[3 0]
INFO  jepsen.util - 0\t:ok\t:read\tnil
INFO  jepsen.util - 1\t:fail\t:cas\t[3 0]
INFO  jepsen.util - 10  :invoke :write  -4
INFO  jepsen.util - :nemesis\t:info\t:start\t"Cut off {:n1 #{:n2}}"
INFO  jepsen.util - 10  :info   :write  :timed-out
INFO  jepsen.util - 2\t:invoke\t:read\tnil
INFO  jepsen.util - 2\t:fail\t:read\t:timed-out
"""


def read(tmp_path, text):
    path = tmp_path / "etcd.log"
    path.write_text(text)
    return read_history(path)


def test_a_log_is_recognised_by_its_content(tmp_path):
    history = read(tmp_path, LOG)
    assert history.model == "cas-register"
    assert [(o.f, o.outcome) for o in history.operations] == [
        ("read", Outcome.OK),
        ("cas", Outcome.FAIL),
        ("write", Outcome.INFO),
        ("read", Outcome.FAIL),
    ]
    read_, cas, write, timed_out = history.operations
    assert read_.output is None
    assert (cas.input, cas.error) == ([3, 0], "mismatch")
    assert (write.input, write.error, write.ret) == (-4, "timed-out", None)
    assert timed_out.error == "timed-out"
    assert any(event.process == NEMESIS for event in history.events)
    assert "1 lines are no operation events" in history.notes[0]
    assert history.where(write.call).endswith("etcd.log:6")


@pytest.mark.parametrize("value", ("[3 0", "]", "#{1}", "1 2", "[" * 100 + "]" * 100, "9" * 500))
def test_a_value_that_cannot_be_read_is_named_with_its_line(tmp_path, value):
    with pytest.raises(HistoryError, match=r"etcd\.log:1: "):
        read(tmp_path, f"INFO jepsen.util - 0\t:invoke\t:cas\t{value}\n")


def test_a_process_that_is_no_number_is_named(tmp_path):
    with pytest.raises(HistoryError, match="'x' is no process"):
        read(tmp_path, "INFO jepsen.util - x\t:invoke\t:read\tnil\n")
