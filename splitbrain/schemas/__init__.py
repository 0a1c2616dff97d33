"""JSON Schemas (2020-12) of all that is printed by ``--json``, and of a run folder's files.

A name is a command's (``test``) or a file's (``run.json``; of ``history.jsonl`` and
``faults.jsonl`` the schema is of a line). The number at the end of ``$id`` goes up when a member
goes away or means something else; members may be added without that, so whoever reads should
pass over those they do not know. The schemas themselves are closed, except where it is said: what
this version prints has these members and no others, and a test holds it to that.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

_COMMAND, _FILE, _JSON = "command.", "file.", ".json"
_SHARED = "definitions.json"


def names() -> list[str]:
    """All there are: commands, then files."""
    found = sorted(entry.name for entry in files(__name__).iterdir())
    commands = [n.removeprefix(_COMMAND)[: -len(_JSON)] for n in found if n.startswith(_COMMAND)]
    kept = [n.removeprefix(_FILE) for n in found if n.startswith(_FILE)]
    return commands + [name.replace(".jsonl.json", ".jsonl") for name in kept]


def schema(name: str) -> dict[str, Any]:
    """The schema of that name, whole: what it refers to is in its ``$defs``. KeyError for none."""
    if name not in names():
        raise KeyError(name)
    if name.endswith(_JSON):
        file = f"{_FILE}{name}"
    else:
        file = f"{_FILE if name.endswith('.jsonl') else _COMMAND}{name}{_JSON}"
    data = _read(file)
    shared: dict[str, Any] = _read(_SHARED)["$defs"]
    own: dict[str, Any] = data.pop("$defs", {})
    needed: dict[str, Any] = {}
    waiting = _references([data, own])
    while waiting:
        one = waiting.pop()
        if one not in needed and one not in own:
            needed[one] = shared[one]
            waiting |= _references(shared[one])
    definitions = own | dict(sorted(needed.items()))
    return data | ({"$defs": definitions} if definitions else {})


def _read(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(files(__name__).joinpath(name).read_text(encoding="utf-8"))
    return data


def _references(data: Any) -> set[str]:
    """The definitions that a piece of a schema refers to."""
    if isinstance(data, list):
        return {name for one in data for name in _references(one)}
    if not isinstance(data, dict):
        return set()
    own = data.get("$ref")
    found = {own.rpartition("/")[2]} if isinstance(own, str) else set()
    return found | {name for one in data.values() for name in _references(one)}
