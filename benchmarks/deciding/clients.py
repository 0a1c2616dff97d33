"""Clients in closed loops, as columns of instants: the concurrency of a simulated history.

Each client calls, waits for its answer, and calls again after a pause. Every operation has
three instants: its call, the *point* at which the object performs it, and its return, with
the point somewhere between. Whatever object performs the operations in order of their
points, what it answers is a linearizable history: the points are the linearization.

    client 0   |----- write 1 --*---|   |--*--- read 1 ---|
    client 1        |-*--- read nil -----|      |-- read 1 ---*----|
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from histories.table import NEVER

PAUSE = 0.02
"""The mean pause of a busy client between two operations, in mean latencies."""
LOST = 0.2
"""The share of operations whose request or reply a lossy network loses."""
SHORT = 0.05
"""How long an operation takes when nothing is lost, by one that is sent again."""
PATIENCE = 3.0
"""How long a client waits for an operation that crashes, in latencies."""

Int64 = npt.NDArray[np.int64]
Float64 = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """n operations in order of call.

    ``call``, ``ret``: int64 event indexes without gaps (``ret`` is NEVER where ``crashed``,
    which leaves no event). ``process``: int64; a client whose operation crashed goes on under
    a new number. ``order``: int64, the rows in order of their points, those that crashed
    without ever taking effect left out.
    """

    call: Int64
    ret: Int64
    process: Int64
    crashed: Bool
    order: Int64

    def __len__(self) -> int:
        return len(self.call)


def busy(
    rng: np.random.Generator,
    operations: int,
    clients: int,
    crashed: int = 0,
    pause: float = PAUSE,
    lossy: bool = False,
) -> Schedule:
    """Schedule ``operations`` over ``clients``, of which exactly ``crashed`` get no answer.

    Points lie anywhere in their intervals. ``lossy``: the network loses every fifth request
    or reply, and the client sends again after a while; so most operations are short, a few
    long, and of these the point lies close to the return or to the call.

    A crashed operation takes effect at some time after its call, possibly after its client
    gave up, or (every other one) never. About 0.5 µs and 150 bytes an operation.
    """
    each = -(-operations // clients)
    latency = 0.5 + rng.exponential(0.5, (clients, each))
    if lossy:
        lost = rng.random((clients, each)) < LOST
        latency = np.where(lost, latency, latency * SHORT)
    gap = rng.exponential(pause, (clients, each))
    crashes = np.zeros((clients, each), bool)
    crashes.reshape(-1)[rng.choice(clients * each, crashed, replace=False)] = True
    waits = np.where(crashes, latency * PATIENCE, latency)
    begin = np.cumsum(gap + waits, axis=1) - waits
    del gap, waits
    rows = np.argsort(begin, axis=None, kind="stable")
    # The last to be called are left out, but not the crashed ones, which are counted.
    spare = np.flatnonzero(~crashes.reshape(-1)[rows])[operations - crashed :]
    rows = np.delete(rows, spare)
    client = (rows // each).astype(np.int64)
    crashes, begin, length = (column.reshape(-1)[rows] for column in (crashes, begin, latency))
    del latency
    where = rng.random(operations)
    if lossy:
        end = rng.random(operations) < 0.5
        near = where * SHORT
        where = np.where(lost.reshape(-1)[rows], np.where(end, 1 - near, near), where)
    point = begin + length * where
    late = np.flatnonzero(crashes)
    point[late] = begin[late] + length[late] * rng.exponential(2.0, crashed)
    point[late[rng.random(crashed) < 0.5]] = np.inf
    call, ret = _ranks(begin, begin + length, crashes)
    order = np.argsort(point, kind="stable")
    performed = operations - int(np.count_nonzero(np.isinf(point)))
    process = _processes(client, clients, crashes)
    return Schedule(call, ret, process, crashes, order[:performed])


def _ranks(begin: Float64, end: Float64, crashes: Bool) -> tuple[Int64, Int64]:
    """Event indexes of calls and returns; no two instants are equal, being real numbers."""
    n = len(begin)
    events = np.concatenate((begin, end[~crashes]))
    index = np.empty(len(events), np.int64)
    index[np.argsort(events, kind="stable")] = np.arange(len(events))
    ret = np.full(n, NEVER, np.int64)
    ret[~crashes] = index[n:]
    return index[:n], ret


def _processes(client: Int64, clients: int, crashes: Bool) -> Int64:
    """Process numbers: a client's first is its own, each crash adds ``clients``."""
    process = client.copy()
    for one in np.unique(client[crashes]):
        rows = np.flatnonzero(client == one)
        before = np.cumsum(crashes[rows]) - crashes[rows]
        process[rows] += clients * before
    return process
