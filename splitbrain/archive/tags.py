"""The tags of a run: words that a person has given it, in ``tags.json`` of its folder."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from histories.archive import ArchiveError, write_json
from splitbrain.archive.holding import held
from splitbrain.archive.names import TAGS
from splitbrain.text import clipped, printable

FORMAT, VERSION = "splitbrain-tags", 1
LENGTH_MAX, COUNT_MAX = 64, 100
BYTES_MAX = 1 << 20


def problems_of_tags(tags: Iterable[str]) -> list[str]:
    """A sentence for each tag that is none."""
    expected = f"expected 1 to {LENGTH_MAX} characters that can be shown, without spaces around"
    return [
        f"tag {clipped(tag, 40)!r}: {len(tag):,} characters; {expected}."
        for tag in tags
        if not 0 < len(tag) <= LENGTH_MAX or tag != printable(tag) or tag != " ".join(tag.split())
    ]


def read_tags(folder: Path) -> tuple[str, ...]:
    """The tags of a run, in alphabetical order; what is no tag is passed over, or cut to one."""
    path = folder / TAGS
    try:
        if path.stat().st_size > BYTES_MAX:
            return ()
        data = json.loads(path.read_bytes())
        found = data["tags"] if data["format"] == FORMAT else []
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ()
    texts = found if isinstance(found, list) else []
    tags = {clipped(text, LENGTH_MAX) for text in texts if isinstance(text, str) and text}
    return tuple(sorted(tags))[:COUNT_MAX]


def change_tags(
    folder: Path, *, add: Iterable[str] = (), remove: Iterable[str] = ()
) -> tuple[str, ...]:
    """Give a run tags, and take others away; the tags it then has.

    Raises ArchiveError when the run is gone or has too many, OSError when that cannot be written.
    """
    with held(folder):
        tags = tuple(sorted(({*read_tags(folder)} - {*remove}) | {*add}))
        if len(tags) > COUNT_MAX:
            raise ArchiveError(f"{folder.name} would have {len(tags)} tags; {COUNT_MAX} may be.")
        write_json(folder / TAGS, {"format": FORMAT, "version": VERSION, "tags": list(tags)})
    return tags
