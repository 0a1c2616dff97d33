"""How quantities are written on the command line, and read back. Errors are sentences."""

from __future__ import annotations

import math
import re
import time
from datetime import datetime

_UNITS_S = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(ms|s|min|m|h)?", re.ASCII)
_UNITS_AGE_S = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}
_AGE = re.compile(r"(\d{1,9}(?:\.\d*)?)\s*([smhdw])", re.ASCII)
AGE_S_MAX = 1000 * 365 * 86400.0
_UNITS_BYTES = {"k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
_SIZE = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(k|m|g|t|kb|mb|gb|tb|kib|mib|gib|tib)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d+(_?\d+)*", re.ASCII)


class QuantityError(ValueError):
    """A quantity that cannot be read; the message says what was expected."""


def parse_duration(text: str, *, minimum_s: float = 0.0) -> float:
    """Seconds of ``60``, ``60s``, ``250ms``, ``2m`` or ``1h``."""
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None:
        raise QuantityError(
            f"seen {text!r}, expected a length of time such as 60, 60s, 250ms or 2m"
        )
    seconds = float(match[1]) * _UNITS_S[match[2] or ""]
    if not minimum_s <= seconds <= 7 * 86400:
        raise QuantityError(
            f"seen {text!r}, expected a length of time from {duration_text(minimum_s)} s to a week"
        )
    return seconds


def duration_text(seconds: float) -> str:
    """The shortest text that ``parse_duration`` reads as exactly ``seconds``."""
    short = f"{seconds:g}"
    return short if "e" not in short and float(short) == seconds else f"{seconds:.9f}".rstrip("0")


def parse_size(text: str) -> int:
    """Bytes of ``500MB``, ``4GB``, ``4GiB`` or ``1.5g``; a number alone is in MB. From 16 MB up."""
    match = _SIZE.fullmatch(text.strip().lower())
    if match is None:
        raise QuantityError(f"seen {text!r}, expected a size such as 500MB or 4GB")
    size = int(float(match[1]) * _UNITS_BYTES[(match[2] or "m")[0]])
    if not 16 * 2**20 <= size <= 2**50:
        raise QuantityError(f"seen {text!r}, expected a size from 16MB up")
    return size


def parse_whole(text: str, *, minimum: int, maximum: int) -> int:
    """A whole number between ``minimum`` and ``maximum``."""
    if _NUMBER.fullmatch(text.strip()) is None or len(text) > 40:
        raise QuantityError(f"seen {text!r}, expected a whole number")
    number = int(text)
    if not minimum <= number <= maximum:
        raise QuantityError(f"seen {number}, expected {minimum:,} to {maximum:,}")
    return number


def parse_rate(text: str) -> float:
    """Operations a second: a number from 0 (as fast as clients free up) to a million."""
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if not 0 <= rate <= 1_000_000:
        raise QuantityError(
            f"seen {text!r}, expected operations a second, from 0 (as fast as clients get free) "
            "to 1,000,000"
        )
    return rate


def parse_concurrency(text: str, nodes: int) -> int:
    """Clients of ``10``, or of ``2n``: so many for each of ``nodes``."""
    body = text.strip().lower()
    if body.endswith("n"):
        try:
            return parse_whole(body[:-1] or "1", minimum=1, maximum=200) * nodes
        except QuantityError as error:
            raise QuantityError(
                f"seen {text!r}, expected clients for each node such as 2n ({error})"
            ) from None
    try:
        return parse_whole(body, minimum=1, maximum=10_000)
    except QuantityError:
        raise QuantityError(
            f"seen {text!r}, expected a number of clients such as 10, or 2n for two each node"
        ) from None


def parse_interval(text: str) -> tuple[float, float]:
    """Seconds a fault is held and seconds of quiet after it, of ``5s,4s`` (or ``5s`` for both)."""
    parts = text.split(",")
    if len(parts) > 2:
        raise QuantityError(f"seen {text!r}, expected HOLD,QUIET such as 5s,4s")
    lengths = [parse_duration(part, minimum_s=0.1) for part in parts]
    return lengths[0], lengths[-1]


def parse_names(text: str) -> tuple[str, ...]:
    """Names separated by commas, each once, in the order given."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def parse_age(text: str) -> float:
    """Seconds of ``90m``, ``12h``, ``7d`` or ``2w``: how long ago, or how old."""
    match = _AGE.fullmatch(text.strip().lower())
    if match is None or (seconds := float(match[1]) * _UNITS_AGE_S[match[2]]) > AGE_S_MAX:
        raise QuantityError(f"seen {text!r}, expected a time ago such as 90m, 12h, 7d or 2w")
    return seconds


def parse_since(text: str) -> float:
    """Seconds since 1970 of a time ago, or of a day or time such as ``2026-03-14`` (here)."""
    if _AGE.fullmatch(text.strip().lower()):
        return time.time() - parse_age(text)
    try:
        return datetime.fromisoformat(text.strip()).timestamp()
    except (ValueError, OverflowError):
        raise QuantityError(
            f"seen {text!r}, expected a time ago such as 90m, 12h, 7d or 2w, or a day such as "
            "2026-03-14"
        ) from None
