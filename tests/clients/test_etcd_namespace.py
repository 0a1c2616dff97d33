"""A run's part of etcd's keys: what goes out stays inside, what comes in is the run's."""

from base64 import b64encode
from typing import Any

import pytest

from clients.etcd_namespace import Namespace, leases_of

NAMESPACE = Namespace("splitbrain/r-1/")


def coded(text: str) -> str:
    return b64encode(text.encode()).decode()


def test_keys_are_put_below_the_prefix_and_taken_from_it_again() -> None:
    key, below = coded("r/3"), coded("splitbrain/r-1/r/3")
    assert NAMESPACE.inside("/v3/kv/put", {"key": key, "value": key}) == {
        "key": below,
        "value": key,
    }
    wanted = {"key": coded("s/"), "range_end": coded("s0"), "keys_only": True}
    sent = NAMESPACE.inside("/v3/kv/range", wanted)
    assert sent["range_end"] == coded("splitbrain/r-1/s0") and sent["keys_only"] is True
    told = {"header": {}, "kvs": [{"key": below, "value": key}]}
    assert NAMESPACE.outside(told)["kvs"] == [{"key": key, "value": key}]
    assert NAMESPACE.outside({"key": below}) == {"key": key}


def test_a_transaction_is_put_below_in_all_its_parts() -> None:
    key, below = coded("a"), coded("splitbrain/r-1/a")
    sent = NAMESPACE.inside(
        "/v3/kv/txn",
        {
            "compare": [{"key": key, "target": "MOD"}],
            "success": [{"requestPut": {"key": key}}],
            "failure": [{"requestDeleteRange": {"key": key}}],
        },
    )
    assert sent == {
        "compare": [{"key": below, "target": "MOD"}],
        "success": [{"requestPut": {"key": below}}],
        "failure": [{"requestDeleteRange": {"key": below}}],
    }


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v3/kv/deleterange", {"key": coded("a")}),
        ("/v3/kv/compaction", {"revision": 3}),
        ("/v3/kv/range", {"key": coded("a"), "range_end": coded("\0")}),
        ("/v3/kv/txn", {"sucess": []}),
        ("/v3/kv/txn", {"success": [{"requestTxn": {}}]}),
    ],
)
def test_what_could_reach_beyond_is_not_sent(path: str, body: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"not known|keys of others"):
        NAMESPACE.inside(path, body)


def test_keys_of_others_are_no_answer() -> None:
    for told in ({"key": coded("x")}, {"kvs": [{"key": coded("splitbrain/r-2/x")}]}):
        with pytest.raises(ValueError, match="not below"):
            NAMESPACE.outside(told)


def test_there_is_no_namespace_of_everything() -> None:
    with pytest.raises(ValueError, match="everybody's"):
        Namespace("")


def test_leases_are_numbers_of_the_run() -> None:
    taken = [int(NAMESPACE.inside("/v3/lease/grant", {"TTL": "2"})["ID"]) for _ in range(3)]
    own, other = leases_of("splitbrain/r-1/"), leases_of("splitbrain/r-2/")
    assert len(set(taken)) == 3 and all(lease in own for lease in taken)
    assert own.stop <= other.start or other.stop <= own.start
    assert own.start > 0 and own.stop < 1 << 63
