"""Secrets cut out of what is kept and sent on: a second net, for the first is not to write them.

Who we are to a cluster (``splitbrain.credentials``) is never part of a plan. But an option may be
called ``password``, a node may print the one it was started with, and a command may carry a token.
The journal, the ledger and certificates are evidence, and are left as they are: in them stand
keys and values that the workload drew.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

CUT = "[redacted]"
_NAMES = (
    r"pass(?:word|wd|phrase)?|pwd|secret|token|credentials?|"
    r"(?:api|access|private)[-_]?key"
)
_NAMED = rf"(?:[A-Za-z0-9]+[-_])*(?:{_NAMES})"
_LEFT = r"(?!\[redacted\])"
_SCHEME = r"(?:basic|bearer|digest)\s+"
_PATTERNS = (
    # --password=x, password: x, "token": "x", and what stands in quotes behind them
    re.compile(
        rf"(?i)(?<![A-Za-z0-9])({_NAMED}[\"']?\s*[=:]\s*){_LEFT}"
        r"(\"[^\"\n]+\"|'[^'\n]+'|[^\s\"',;&}\])]+)"
    ),
    re.compile(rf"(?i)(--{_NAMED}[ \t]+){_LEFT}([^\s-][^\s]*)"),
    re.compile(
        rf"(?i)(authorization[\"']?\s*[:=]\s*[\"']?(?:{_SCHEME})?)(?!{_SCHEME}){_LEFT}"
        r"([A-Za-z0-9+/=._~-]+)"
    ),
    re.compile(
        rf"([A-Za-z][A-Za-z0-9+.-]{{1,20}}://[^\s/:@]{{0,100}}:){_LEFT}([^\s/@]{{1,200}})(?=@)"
    ),
)
_KEY = re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]*?(?:-----END \1-----|\Z)", re.ASCII)
_OPTION = re.compile(rf"(?i){_NAMED}")


def redact(text: str, known: Iterable[str] = ()) -> tuple[str, int]:
    """``text`` without what looks like a secret, and how many were cut out of it.

    ``known``: secrets of this run, cut out wherever they stand.
    """
    cut = 0
    for secret in known:
        # Of one or two characters every line would be full.
        if len(secret) >= 4:
            cut += text.count(secret)
            text = text.replace(secret, CUT)
    if "PRIVATE KEY" in text:
        text, more = _KEY.subn(CUT, text)
        cut += more
    for pattern in _PATTERNS:
        found = 0

        def told(match: re.Match[str]) -> str:
            nonlocal found
            value = match[2].strip("\"'")
            # A fencing token is a number, and no secret.
            counted = value.isdigit() and "token" in match[1].lower()
            if counted or value.lower() in ("", "null", "none"):
                return match[0]
            found += 1
            return match[1] + CUT

        text = pattern.sub(told, text)
        cut += found
    return text, cut


def redact_options(options: Iterable[str]) -> tuple[tuple[str, ...], int]:
    """Options ``name=value`` of a plan, without the values of those that are called a secret."""
    kept, cut = [], 0
    for option in options:
        name, separator, value = option.partition("=")
        if separator and value not in ("", CUT) and _OPTION.fullmatch(name):
            option = f"{name}={CUT}"
            cut += 1
        kept.append(option)
    return tuple(kept), cut
