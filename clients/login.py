"""Who we are to a server that asks for it: a name and a password, never shown."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Login:
    """``token`` is what a server gave for them, for all clients of a run; None: none yet."""

    user: str
    password: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
