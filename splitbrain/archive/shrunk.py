"""What a run was shrunk from, and how: ``shrunk.json``, written, read back and told.

It is written when the shrunk run has ended already, so its page is made anew with it.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checker.wording import plural
from histories.archive import ArchiveError, write_json
from splitbrain.archive.holding import held
from splitbrain.archive.names import MANIFEST, SHRUNK
from splitbrain.archive.shape import shaped
from splitbrain.size import Size
from splitbrain.text import clipped

if TYPE_CHECKING:
    from splitbrain.record import RunRecord

FORMAT, VERSION = "splitbrain-shrunk", 1
BYTES_MAX = 1 << 20
NAME_MAX, TEXT_MAX = 140, 1000
NUMBER_MAX = 10**15


@dataclass(frozen=True, slots=True)
class ShrunkFrom:
    """The run ``shrunk_from``, made smaller: run ``run`` finds the same ``kind``.

    ``before`` is the size of what the first did, ``after`` that of the smallest plan that failed,
    None where none did. A plan counted as failing when it did in ``needed`` of ``times`` runs.
    ``without_bugs`` says what that plan finds without the seeded bugs, as kinds; None: it has
    none, or nobody looked. ``replay`` is the command that runs it again.
    """

    shrunk_from: str
    run: str | None
    kind: str
    before: Size
    after: Size | None
    tries: int
    seconds: float
    minimal: bool
    interrupted: bool
    trouble: str | None
    needed: int
    times: int
    without_bugs: tuple[str, ...] | None
    replay: str | None
    format: str = FORMAT
    version: int = VERSION

    def to_json(self) -> dict[str, Any]:
        """As JSON-ready data, as it is in the file."""
        told = asdict(self)
        without = None if self.without_bugs is None else list(self.without_bugs)
        return {n: told.pop(n) for n in ("format", "version")} | told | {"without_bugs": without}

    def effort(self) -> str:
        """What it took."""
        return f"{plural(self.tries, 'smaller plan')} in {self.seconds:.1f} s"

    def counted(self) -> str:
        """When a plan counted as failing, where once was not enough; follows what failed."""
        if self.times == 1:
            return ""
        return f", each in {self.needed} of {self.times} runs at least"

    def smaller(self) -> str:
        """What became how much smaller, and by what."""
        after = "none" if self.after is None else f"{self.after.operations:,}"
        return (
            f"{clipped(self.kind, NAME_MAX)}, from {self.before.operations:,} operations to "
            f"{after}, by {self.effort()}{self.counted()}; {self.ending()}"
        )

    def ending(self) -> str:
        """Why nothing smaller was looked for any more."""
        if self.trouble is not None:
            return f"then the harness failed: {clipped(self.trouble, TEXT_MAX)}"
        if self.interrupted:
            return "then it was interrupted."
        if self.minimal:
            return "nothing more can be left out." if self.after else "there are no others to try."
        return "then the time for it was over: give more with --budget."

    def correct(self) -> str | None:
        """What the same plan finds without the bugs; None when that was not asked."""
        if self.without_bugs is None:
            return None
        if not self.without_bugs:
            return "Without the seeded bug the same plan finds nothing."
        kinds = clipped(", ".join(self.without_bugs), TEXT_MAX)
        return (
            f"Without the seeded bug the same plan finds {kinds}, too: what it shows is not that "
            "bug alone."
        )

    def sentences(self) -> str:
        """All of it for a person who sees the smaller run."""
        told = f"{clipped(self.shrunk_from, NAME_MAX)}: {self.smaller()}"
        return f"{told} {correct}" if (correct := self.correct()) else told


def keep_shrunk(record: RunRecord, told: ShrunkFrom) -> None:
    """Keep in the folder of a finished run what it was shrunk from. Raises OSError."""
    from splitbrain.run_files import hashes, write_page

    folder = Path(record.folder)
    with held(folder):
        write_json(folder / SHRUNK, told.to_json())
        write_page(record)
        manifest = json.loads((folder / MANIFEST).read_bytes())
        write_json(folder / MANIFEST, manifest | {"sha256": hashes(folder)})


def read_shrunk(folder: Path) -> ShrunkFrom | None:
    """What a run was shrunk from; None for one that was not. Raises ArchiveError when damaged."""
    path = folder / SHRUNK
    try:
        if not os.path.lexists(path):
            return None
        if not path.is_file():
            raise ValueError("it is no ordinary file")
        if (size := path.stat().st_size) > BYTES_MAX:
            raise ValueError(f"it has {size:,} bytes")
        told = shaped(ShrunkFrom, json.loads(path.read_bytes()))
        if (told.format, told.version) != (FORMAT, VERSION):
            raise ValueError(f"its format is {clipped(told.format, 40)!r} {told.version}")
        counts = [*_numbers(told.before), *_numbers(told.after), told.tries, told.seconds]
        if not all(0 <= number < NUMBER_MAX for number in counts):
            raise ValueError("it has a number that no run has")
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise ArchiveError(
            f"{path}: expected what splitbrain shrink writes ({clipped(str(error), 200)})"
        ) from None
    return told


def shrunk_from(record: RunRecord) -> tuple[str, str] | None:
    """The name of the run that a run was shrunk from, and all that is known of it, in sentences.

    None for a run that was not shrunk. Raises nothing: what is damaged is told.
    """
    script = record.plan.script
    named = None if script is None else script.shrunk_from
    try:
        told = read_shrunk(record.folder)
    except ArchiveError:
        name = clipped(named or "a run", NAME_MAX)
        return name, f"{name}; how is not known, for {SHRUNK} is not what splitbrain writes."
    if told is not None:
        return told.shrunk_from, told.sentences()
    return (named, clipped(named, NAME_MAX)) if named else None


def _numbers(size: Size | None) -> tuple[float, ...]:
    return () if size is None else astuple(size)
