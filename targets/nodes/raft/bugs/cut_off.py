"""An instrument for bugs that matter only on a leader whom nobody hears."""

from __future__ import annotations

from targets.nodes.raft.base import Role
from targets.nodes.raft.core import Raft


class NoticesCutOff(Raft):
    """Knows, about two heartbeats late, whether a majority still answers the leader."""

    is_cut_off = False
    _round_at_last_heartbeat = 0

    def _lead(self) -> None:
        super()._lead()
        self.is_cut_off = False
        self._round_at_last_heartbeat = 0

    def _on_heartbeat_timer(self) -> None:
        super()._on_heartbeat_timer()
        if self.role is Role.LEADER:
            self.is_cut_off = self._confirmed_round() < self._round_at_last_heartbeat
            self._round_at_last_heartbeat = self.round
