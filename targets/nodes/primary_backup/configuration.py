"""Who is primary and who are its backups, in which epoch: what the configuration service keeps.

Configurations follow each other one epoch at a time, each decided by a compare-and-set against
the one before it (Lin et al., "PacificA", 2008, section 3.2; Lamport, Malkhi and Zhou, "Vertical
Paxos and Primary-Backup Replication", 2009, section 4). So an epoch has one configuration, and
whoever has adopted it refuses all that earlier ones say: that is all fencing is.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Configuration:
    """The configuration of ``epoch``.

    ``life`` is the incarnation of the primary that may act in it: one that has restarted is
    another, for what it had sent and not synced is forgotten, and needs an epoch of its own.
    ``since`` is the epoch in which this life of the primary took over; backups have come and
    gone from there to ``epoch``.
    """

    epoch: int
    primary: str
    backups: tuple[str, ...]
    life: int | None
    since: int

    @classmethod
    def first(cls, members: Collection[str]) -> Configuration:
        """That of a new cluster, which nobody has decided: nobody acts in it yet."""
        primary, *backups = sorted(members)
        return cls(0, primary, tuple(backups), None, 0)

    @classmethod
    def from_plain(cls, value: Any) -> Configuration:
        """The configuration that ``plain`` of it says. Raises ValueError for what is none."""
        try:
            epoch, primary, backups, life, since = value
            numbers = (epoch, life, since)
            if not isinstance(primary, str) or any(type(n) is not int for n in numbers):
                raise TypeError("a field of another kind")
            return cls(epoch, primary, tuple(backups), life, since)
        except (TypeError, ValueError) as error:
            raise ValueError(f"not a configuration ({error}): {str(value)[:80]}") from None

    def plain(self) -> list[Any] | None:
        """It as JSON; None for the first one, which stands in no register."""
        if self.epoch == 0:
            return None
        return [self.epoch, self.primary, list(self.backups), self.life, self.since]

    @property
    def members(self) -> tuple[str, ...]:
        """The primary and its backups."""
        return (self.primary, *self.backups)

    def with_backups(self, backups: Collection[str]) -> Configuration:
        """The next one, in which the same life of the primary has these backups."""
        return replace(self, epoch=self.epoch + 1, backups=tuple(sorted(backups)))

    def taken_over(self, node: str, life: int) -> Configuration:
        """The next one, in which ``node`` is primary, and who was it is none of its backups."""
        epoch = self.epoch + 1
        rest = tuple(b for b in self.backups if b != node)
        return Configuration(epoch, node, rest, life, epoch)

    def reclaimed(self, life: int) -> Configuration:
        """The next one, in which another life of the same primary has the same backups."""
        return Configuration(self.epoch + 1, self.primary, self.backups, life, self.epoch + 1)

    def __str__(self) -> str:
        backups = ", ".join(self.backups) or "no backups"
        return f"epoch {self.epoch}: {self.primary}, then {backups}"
