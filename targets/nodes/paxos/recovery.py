"""From the records of the log file to what an acceptor and a learner remember."""

from __future__ import annotations

import json
from typing import Any

from targets.nodes.frames import encode_json
from targets.nodes.paxos.ballot import Ballot, Decree, PValue
from targets.nodes.paxos.base import Recovered, Snapshot


def recover(records: list[bytes]) -> Recovered:
    """The state that ``records``, written in this order, describe.

    A record is one of

        {"promised": [round, node]}          nothing below it is promised or accepted
        [slot, round, node, decree]          accepted, which promises the ballot too
        {"learnt": slot, "decree": …}        chosen, by what others told
        {"chosen": slot}                     up to here, the last of these two was chosen
        {"snapshot": slot, "state": …}       stands for all slots up to here

    Raises ValueError for a record that is none of these, or that leaves a slot open.
    """
    state = Recovered()
    latest: dict[int, Decree] = {}
    # One call to the JSON parser for all records is several times as fast as one for each.
    for item in json.loads(b"[" + b",".join(records) + b"]"):
        try:
            _take(state, latest, item)
        except (KeyError, TypeError) as error:
            raise ValueError(
                f"the log file holds {str(item)[:80]}, which no Paxos node writes ({error!r})"
            ) from None
    return state


def _take(state: Recovered, latest: dict[int, Decree], item: Any) -> None:
    if isinstance(item, list):
        pvalue = PValue.decode(item)
        state.accepted[pvalue.slot] = pvalue
        latest[pvalue.slot] = pvalue.decree
        state.promised = max(state.promised, pvalue.ballot)
    elif "promised" in item:
        state.promised = max(state.promised, Ballot.decode(item["promised"]))
    elif "learnt" in item:
        latest[item["learnt"]] = Decree.decode(item["decree"])
    elif "snapshot" in item:
        # The same bytes as were read: another node may ask for them.
        state.snapshot = Snapshot(item["snapshot"], encode_json(item["state"]).decode())
        state.chosen = item["snapshot"]
    else:
        for slot in range(state.chosen + 1, item["chosen"] + 1):
            if slot not in latest:
                raise ValueError(
                    f"the log file says that slots up to {item['chosen']} are chosen, "
                    f"but holds nothing for slot {slot}; it was not written by this node"
                )
            state.decided[slot] = latest[slot]
            state.chosen = slot
