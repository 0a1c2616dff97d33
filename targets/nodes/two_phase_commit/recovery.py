"""From the records of the log file to what a participant and a coordinator remember.

One log for both roles (Gray and Reuter, 1993, section 10.7): a record of the participant is

    {"prepared": id, "coordinator": …, "age": …, "writes": …}    in doubt from here on
    {"done": id, "how": "committed" or "aborted"}                no more; a commit is redone here

and one of the coordinator is described in decisions.py. A log may begin with a checkpoint, from
``{"checkpoint": …}`` to ``{"whole": true}`` (see checkpoint.py).
"""

from __future__ import annotations

import json
from typing import Any

from targets.nodes.frames import encode_json
from targets.nodes.two_phase_commit.base import COMMITTED, Recovered
from targets.nodes.two_phase_commit.options import Options
from targets.nodes.two_phase_commit.work import Decided, Stage, Work

WHOLE = encode_json({"whole": True})


def recover(records: list[bytes], options: Options) -> Recovered:
    """The state that ``records``, written in this order, describe.

    Raises ValueError for a record that no node of two-phase commit writes.
    """
    state = Recovered(options.sessions)
    # One call to the JSON parser for all records is several times as fast as one for each.
    for item in json.loads(b"[" + b",".join(records) + b"]"):
        try:
            _take(state, item)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"the log file holds {str(item)[:80]}, which no node of two-phase commit writes "
                f"({error!r})"
            ) from None
    state.records = len(records)
    state.records_least = next((n + 1 for n, r in enumerate(records) if r == WHOLE), 0)
    for oldest in list(state.finished)[: -options.finished]:
        del state.finished[oldest]
    return state


def _take(state: Recovered, item: Any) -> None:
    if "prepared" in item:
        time, name = item["age"]
        writes = [(key, f, value) for key, f, value in item["writes"]]
        work = Work(item["prepared"], item["coordinator"], (time, name), [], writes)
        work.stage = Stage.PREPARED
        state.prepared[work.id] = work
    elif "done" in item:
        done = state.prepared.pop(item["done"])
        state.finished[done.id] = item["how"]
        if item["how"] == COMMITTED:
            state.store.install(done.writes)
    elif "decided" in item:
        state.decided[item["decided"]] = Decided(item["decided"], set(item["waits_for"]))
        if item.get("session") is not None:
            state.sessions.settle(item["session"], item["seq"], item["answer"])
    elif "forgotten" in item:
        state.decided.pop(item["forgotten"], None)
    else:
        _take_part(state, item)


def _take_part(state: Recovered, item: Any) -> None:
    """A part of a checkpoint: its head, the sessions, what the shard holds, its end."""
    if "session" in item:
        state.kept.append(item["session"])
    elif "item" in item:
        state.store.restore(item["item"], item["value"])
    elif "whole" in item:
        state.sessions.restore(state.sessions.dump() | {"sessions": state.kept})
    else:
        state.sessions.restore(item["checkpoint"])
        state.finished = dict(item["finished"])
