"""A run's own keys in a cluster that others use: claimed before the first write, removed after.

    ledger: claim ─► cluster: claim ─► the run ─► cluster: remove ─► ledger: released

A ledger with a claim and no release tells whoever finds it what is still to be removed; the
plan in the run's folder says where. Who we are to the cluster is not in there: where it asks,
that has to be said again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from clients.client import ClientCore, Completion, Invocation
from clients.transport import TcpClient
from histories.event import Outcome
from splitbrain.credentials import NO_CREDENTIALS, SECURE_SCHEMES, Credentials
from splitbrain.drivers import LoopClock
from splitbrain.endpoints import Endpoint
from splitbrain.hosts import places_of
from splitbrain.plan import Plan
from targets.systems import SYSTEMS
from targets.target import NodeFailed

CLAIM_TIMEOUT_S, REMOVE_TIMEOUT_S = 5.0, 10.0
PASSES_MIN, PASSES_MAX, PAUSE_S = 2, 1000, 0.3
"""A write whose answer was lost may still be on its way when the first pass is over."""

Core = Callable[[str], ClientCore]
"""The core of an errand, for the server with this host and port."""


def keeps_apart(system: str) -> bool:
    """Whether a system's clients keep to keys of their run, so that others' are safe.

    Those of a target of others are handed the prefix and asked to: that is their author's word.
    """
    return system in _PREFIXES or system not in SYSTEMS


def removes(system: str) -> bool:
    """Whether what a run wrote can be taken away again."""
    return system in _CORES


def key_prefix(plan: Plan, run: str) -> str:
    """What stands before every key on the wire: nothing in a cluster that is the run's alone.

    In one that runs already each run has keys of its own, so that neither what others keep
    there nor what a former run left is read or overwritten.
    """
    return _PREFIXES.get(plan.system, _USUAL).format(run) if plan.endpoints else ""


@dataclass(frozen=True, slots=True)
class Removed:
    """What came of removing: how many keys are gone, and a sentence where some may be left."""

    keys: int
    trouble: str | None = None


class Tenancy:
    """The keys below ``prefix`` in the cluster at a plan's endpoints, if they can be removed."""

    def __init__(self, plan: Plan, prefix: str, credentials: Credentials = NO_CREDENTIALS) -> None:
        self.prefix = prefix
        self.untouched = True
        """Whether it is certain that nothing was written yet."""
        self._credentials = credentials
        self._plan = plan

    async def claim(self) -> int:
        """Take the keys; the first revision that is ours, where the system counts them.

        Raises NodeFailed where the cluster does not let us.
        """
        told = ""
        for number in range(len(self._plan.endpoints)):
            # Not afterwards: who is interrupted while it waits has perhaps written all the same.
            self.untouched = False
            completion, told = await self._ask(number, "claim", CLAIM_TIMEOUT_S)
            if completion is None or completion.outcome is Outcome.FAIL:
                self.untouched = True
                continue
            if completion.outcome is Outcome.OK:
                since: int = completion.value
                return since
            # It may have happened: another member would find it taken.
            break
        raise NodeFailed(
            f"{self._plan.system} does not let us write below {self.prefix}: {told}. "
            "Where it asks who we are, --user and --password-file (or --tls-cert) say so, and "
            "whoever that is must be allowed to read and write there."
        )

    async def remove(self) -> Removed:
        """Take everything away that is below the prefix. Asks one endpoint after another."""
        total, told = 0, []
        for number in range(len(self._plan.endpoints)):
            for done in range(1, PASSES_MAX):
                completion, said = await self._ask(number, "remove", REMOVE_TIMEOUT_S)
                if completion is None or completion.outcome is not Outcome.OK:
                    told.append(said)
                    break
                removed, more = completion.value
                total += removed
                if not more and removed == 0 and done >= PASSES_MIN:
                    return Removed(total)
                await asyncio.sleep(0 if more else PAUSE_S)
        return Removed(total, "; ".join(told) or "it is being written there still")

    async def _ask(self, number: int, f: str, timeout_s: float) -> tuple[Completion | None, str]:
        """An errand to one endpoint, and what came of it in words. None: it could not be sent."""
        place = places_of(self._plan)[number]
        told = self._plan.endpoints[number]
        try:
            secure = Endpoint.parse(told).scheme in SECURE_SCHEMES
            tls = self._credentials.tls() if secure else None
            core = _CORES[self._plan.system](self.prefix, self._credentials)(
                f"{place[0]}:{place[1]}"
            )
        except OSError as error:
            return None, f"{told}: {error}"
        clock = LoopClock()
        client = TcpClient(core, place, clock, timeout_s=timeout_s, tls=tls)
        answered: asyncio.Future[Completion] = asyncio.get_running_loop().create_future()
        try:
            client.invoke(Invocation(0, f, None, None), answered.set_result)
            completion = await answered
        finally:
            await client.close()
            clock.close()
        return completion, f"{told}: {completion.error}"


def tenancy_of(plan: Plan, run: str, credentials: Credentials) -> Tenancy | None:
    """The run's, in a cluster that others use; None where it has none or can remove nothing."""
    if not plan.endpoints or not removes(plan.system):
        return None
    return Tenancy(plan, key_prefix(plan, run), credentials)


def _etcd(prefix: str, credentials: Credentials) -> Core:
    from clients.etcd import EtcdCore
    from clients.etcd_tenant import tenant_steps

    steps, login = tenant_steps(prefix), credentials.login()
    return lambda server: EtcdCore(steps, server, login=login)


def _zookeeper(prefix: str, credentials: Credentials) -> Core:
    from clients.zookeeper import ZooKeeperCore
    from clients.zookeeper_tenant import tenant_steps

    steps, login = tenant_steps(prefix), credentials.login()
    return lambda server: ZooKeeperCore(steps, login=login)


_USUAL = "splitbrain/{}/"
_PREFIXES = {
    "raft": _USUAL,
    "paxos": _USUAL,
    "primary-backup": _USUAL,
    "two-phase-commit": _USUAL,
    "queue-service": _USUAL,
    "lock-service": _USUAL,
    "etcd": _USUAL,
    "zookeeper": "/splitbrain-{}",
}
"""System → what stands before every key of a run; of the others of ours no client knows how."""
_CORES: dict[str, Callable[[str, Credentials], Core]] = {"etcd": _etcd, "zookeeper": _zookeeper}
