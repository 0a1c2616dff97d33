"""What all pages share: the store, what is known of its runs, and who may look."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from histories.archive import ArchiveError
from splitbrain.web.following import Following
from splitbrain.web.gate import Gate
from splitbrain.web.shelf import Shelf, strange_in
from splitbrain.web.told import Telling, Told

if TYPE_CHECKING:
    from splitbrain.archive.summary import RunSummary
    from splitbrain.record import RunRecord


@dataclass(slots=True)
class Site:
    """A store that is served. Nothing of it is ever written to."""

    store: Path
    gate: Gate = field(default_factory=Gate)
    shelf: Shelf = field(init=False)
    following: Following = field(init=False)
    telling: Telling = field(init=False)
    _secret: bytes = field(init=False, default_factory=lambda: secrets.token_bytes(32))

    def __post_init__(self) -> None:
        self.shelf = Shelf(self.store)
        self.following = Following(self.store)
        self.telling = Telling(self.load)

    def load(self, run: RunSummary) -> RunRecord:
        """A finished run, read from its folder. Raises ArchiveError, HistoryError, LedgerError."""
        from splitbrain.archive.telling import told_again

        if (strange := strange_in(run.folder)) is not None:
            raise ArchiveError(
                f"{strange} of this run is a link, or no ordinary file. Nothing is followed out "
                "of the store: it is shown no further."
            )
        return told_again(run.folder)

    def told(self, run: RunSummary) -> Told:
        """A finished run, told; from memory where nothing has changed. Raises as ``load``."""
        return self.telling.of(run, self.shelf.looks(run.run))

    def frame(self, run: str) -> str:
        """Where the pages of a run's own are: below an address that nobody can guess.

        A frame without an origin sends no cookie, so its address has to say that it is ours.
        """
        mark = hmac.new(self._secret, run.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
        return mark[:40]

    def is_frame(self, run: str, mark: str) -> bool:
        """Whether ``mark`` is the one in that address."""
        return hmac.compare_digest(self.frame(run).encode(), mark.encode("utf-8", "replace"))
