"""From the records of the log file to what a primary-backup node remembers."""

from __future__ import annotations

import json
from typing import Any

from targets.nodes.frames import encode_json
from targets.nodes.primary_backup.base import Recovered
from targets.nodes.primary_backup.configuration import Configuration
from targets.nodes.raft.log import Entry, Log
from targets.nodes.raft.snapshot import Snapshot


def recover(records: list[bytes]) -> Recovered:
    """The state that ``records``, written in this order, describe.

    A record is one of

        [index, epoch, what]                     an entry, in place of all from its index on
        {"configuration": […]}                   adopted: nothing of an earlier epoch is obeyed
        {"snapshot": …, "base": [index, epoch]}  stands for all entries up to the base
        {"service": …}                           a record of the configuration service's Raft

    Raises ValueError for a record that is none of these, or an entry that leaves a gap.
    """
    state = Recovered()
    # One call to the JSON parser for all records is several times as fast as one for each.
    for item in json.loads(b"[" + b",".join(records) + b"]"):
        try:
            _take(state, item)
        except (KeyError, TypeError) as error:
            raise ValueError(
                f"the log file holds {str(item)[:80]}, which no primary-backup node writes "
                f"({error!r})"
            ) from None
    snapshot = state.snapshot
    if snapshot is not None and state.log.term_at(snapshot.index) != snapshot.term:
        raise ValueError(
            f"the log file holds a snapshot up to entry {snapshot.index} of epoch "
            f"{snapshot.term} and another log; it was not written by this node"
        )
    return state


def _take(state: Recovered, item: Any) -> None:
    if isinstance(item, list):
        entry, log = Entry.decode(item), state.log
        if not log.base_index < entry.index <= log.last_index + 1:
            raise ValueError(
                f"the log file goes from entry {log.last_index} to entry {entry.index}; "
                "it was not written by this node"
            )
        log.truncate(entry.index)
        log.append(entry)
    elif "configuration" in item:
        plain = item["configuration"]
        state.configuration = None if plain is None else Configuration.from_plain(plain)
    elif "snapshot" in item:
        state.snapshot = Snapshot.from_json(item["snapshot"])
        state.log = Log(None, *item["base"])
    else:
        state.service.append(encode_json(item["service"]))
