"""The whole node of the lock service: a Raft whose leader ends leases."""

from __future__ import annotations

from typing import Any

from targets.nodes.lock_service.leases import Leases


class LockService(Leases):
    """One node of a lock service."""

    def status(self) -> dict[str, Any]:
        """Raft's, with the latest token granted and how many locks are held."""
        held, granted = len(self.machine.held), self.machine.granted
        return {**super().status(), "granted": granted, "held": held}
