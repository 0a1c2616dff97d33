r"""Values in EDN, Clojure's data notation, as the JSON values a history is made of.

| EDN | read as |
| --- | --- |
| `nil`, `true`, `false`, integers (`12`, `0x1f`, `12N`), strings | themselves |
| `:ok`, `:jepsen/ok`, `symbol`, `\a` | their name as a string, without colon or backslash |
| `1.5`, `1e3` | a float |
| `1.5M` | a float, or its text where a float would change it |
| `1/2`, `##NaN`, `#inst "…"`, `#uuid "…"` | their text |
| `[…]`, `(…)` | a list |
| `#{…}` | a sorted list without duplicates: equal sets are equal |
| `{…}` | an object; a key that is no string stands as its JSON text |
| `#tag value` | the value; `#_ form` and comments are nothing |
| `[k v]` tagged as a tuple or MapEntry | a ``KeyValue`` |

Source: the EDN specification (github.com/edn-format/edn) and Clojure's reader for hex
integers, ratios, symbolic values and namespaced maps.
"""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from histories.errors import excerpt
from histories.formats.reader import Refused

DEPTH_MAX = 64
DIGITS_MAX = 4000
"""Numbers of more digits than Python converts at once are refused."""

HEX_DIGITS_MAX = 3000
"""So many are fewer than DIGITS_MAX in decimal, in which values are compared."""

_EXPECTED = "A history in EDN is a vector of maps, or one map after the other."
_TOKEN = re.compile(
    rb"""(?P<blank>[\s,]+|;[^\n]*)
    |(?P<string>"(?:[^"\\]++|\\.)*+")
    |(?P<open>\#?\{|\[|\()
    |(?P<close>[\]\)\}])
    |(?P<discard>\#_)
    |(?P<symbolic>\#\#[A-Za-z-]+)
    |(?P<tag>\#:{0,2}[A-Za-z][^\s,()\[\]{}";]*)
    |(?P<char>\\(?:[^\s,()\[\]{}";\\]+|.))
    |(?P<atom>[^\s,()\[\]{}";\\\#][^\s,()\[\]{}";]*)""",
    re.VERBOSE | re.DOTALL,
)
_CLOSERS = {b"[": b"]", b"(": b")", b"{": b"}", b"#{": b"}"}
_INTEGER = re.compile(r"[+-]?(?:0|[1-9][0-9]*)N?")
_HEX = re.compile(r"([+-]?)0[xX]([0-9a-fA-F]+)N?")
_FLOAT = re.compile(r"(?=.*[.eEM])[+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?M?")
_RATIO = re.compile(r"[+-]?[0-9]+/[0-9]+")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|[0-7]{1,3}|.)", re.DOTALL)
_ESCAPES = {"t": "\t", "r": "\r", "n": "\n", "b": "\b", "f": "\f", "\\": "\\", '"': '"'}
_CHARS = {
    "newline": "\n",
    "space": " ",
    "tab": "\t",
    "return": "\r",
    "formfeed": "\f",
    "backspace": "\b",
}
_WORDS: dict[str, Any] = {"nil": None, "true": True, "false": False}


class Incomplete(Exception):
    """The text ends before the form does."""


class KeyValue(list[Any]):
    """A two-element vector that its tag calls a tuple: an independent key and its value."""


class Discarded:
    """What stands where a form was discarded by ``#_``."""


class _Frame:
    """A collection, tag or discard that is open."""

    __slots__ = ("kind", "members", "tag")

    def __init__(self, kind: bytes, tag: str = "") -> None:
        self.kind, self.tag = kind, tag
        self.members: list[Any] = []


def form(data: bytes | bytearray | memoryview, at: int, *, final: bool) -> tuple[Any, int]:
    """The value of the form at ``at``, where no blank stands, and where it ends.

    ``final``: nothing follows ``data``, so that a token at its end is whole. Raises
    Incomplete when the form does not end in ``data``, Refused when it is no EDN. A discarded
    form is ``Discarded``. No recursion: nesting is bounded by DEPTH_MAX.
    """
    frames: list[_Frame] = []
    end = len(data)
    while True:
        match = _TOKEN.match(data, at)
        if match is None:
            # A string matches unless it is open; so little after the others says nothing yet.
            if at >= end or data[at] == 0x22 or (data[at] in b"\\#" and at + 2 >= end):
                raise Incomplete
            raise Refused(f"cannot read {_shown(data, at)}.", _EXPECTED)
        kind = match.lastgroup
        at = match.end()
        # A token at the end may have been cut; and inside a collection, something was.
        if (
            at == end
            and kind not in ("string", "open", "close", "discard")
            and (not final or any(frame.kind in _CLOSERS for frame in frames))
        ):
            raise Incomplete
        if kind == "blank":
            continue
        if kind == "open" or kind == "discard" or kind == "tag":
            if len(frames) >= DEPTH_MAX:
                raise Refused(
                    "a value nested too deeply.", f"Values are nested at most {DEPTH_MAX} levels."
                )
            text = bytes(match.group())
            frames.append(_Frame(b"#", _text(text[1:])) if kind == "tag" else _Frame(text))
            continue
        if kind == "close":
            frame = frames.pop() if frames else None
            if frame is None or _CLOSERS.get(frame.kind) != bytes(match.group()):
                raise Refused(f"unbalanced {_shown(data, at - 1)}.", _EXPECTED)
            value = _collection(frame)
        else:
            value = _scalar(str(kind), _text(bytes(match.group())))
        # The value may complete tags and discards around it.
        while frames and frames[-1].kind in (b"#", b"#_"):
            frame = frames.pop()
            value = Discarded if frame.kind == b"#_" else _tagged(frame.tag, value)
            if value is Discarded:
                break
        if not frames:
            return value, at
        if value is not Discarded:
            frames[-1].members.append(value)


def _shown(data: bytes | bytearray | memoryview, at: int) -> str:
    return excerpt(bytes(data[at : at + 80]).decode("utf-8", "replace").partition("\n")[0])


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(
            f"text that is not UTF-8: {excerpt(raw.decode('utf-8', 'replace'))}.",
            "EDN is written in UTF-8.",
        ) from None


def _scalar(kind: str, text: str) -> Any:
    if kind == "string":
        return _unescaped(text[1:-1]) if "\\" in text else text[1:-1]
    if kind == "char":
        return _char(text[1:])
    if kind == "symbolic":
        return text[2:]
    if text in _WORDS:
        return _WORDS[text]
    first = text[0]
    if first == ":":
        name = text.lstrip(":")
        if not name or len(text) - len(name) > 2:
            raise Refused(f"{excerpt(text)} is no keyword.", _EXPECTED)
        return name
    if first.isdigit() or (first in "+-" and text[1:2].isdigit()):
        return _number(text)
    if first in "'@^`~":
        raise Refused(f"{excerpt(text)} is code, not data.", _EXPECTED)
    return text


def _number(text: str) -> Any:
    if len(text) > DIGITS_MAX:
        raise Refused(
            f"a number of {len(text):,} characters.", f"At most {DIGITS_MAX:,} digits are read."
        )
    if _INTEGER.fullmatch(text):
        return int(text.rstrip("N"))
    if (match := _HEX.fullmatch(text)) and len(text) < HEX_DIGITS_MAX:
        return int(match[1] + match[2], 16)
    if _FLOAT.fullmatch(text):
        value = float(text.rstrip("M"))
        if text.endswith("M"):
            return value if _exact(text[:-1], value) else text[:-1]
        if not math.isfinite(value):
            raise Refused(f"the number {excerpt(text)} is too large.", "Numbers are finite.")
        return value
    if _RATIO.fullmatch(text):
        return text
    raise Refused(f"{excerpt(text)} is no number.", "Integers, decimals and ratios are read.")


def _exact(text: str, value: float) -> bool:
    try:
        return math.isfinite(value) and Decimal(repr(value)) == Decimal(text)
    except InvalidOperation:  # an exponent beyond those of decimals
        return False


def _char(name: str) -> str:
    if name in _CHARS:
        return _CHARS[name]
    if len(name) == 1:
        return name
    if re.fullmatch(r"u[0-9a-fA-F]{4}", name):
        return _whole(chr(int(name[1:], 16)))
    if re.fullmatch(r"o[0-7]{1,3}", name):
        return chr(int(name[1:], 8))
    raise Refused(f"{excerpt(chr(92) + name)} is no character.", _EXPECTED)


def _unescaped(text: str) -> str:
    def replaced(match: re.Match[str]) -> str:
        name = match[1]
        if name in _ESCAPES:
            return _ESCAPES[name]
        if name[0] == "u" and len(name) == 5:
            return chr(int(name[1:], 16))
        if name[0] in "01234567":
            return chr(int(name, 8))
        raise Refused(f"the escape {excerpt(match[0])} in a string.", "EDN knows \\t \\n \\r \\u….")

    return _whole(_ESCAPE.sub(replaced, text))


def _whole(text: str) -> str:
    """``text`` with surrogate pairs joined, for Java writes characters beyond U+FFFF as two."""
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise Refused(
            "a string holds half of a surrogate pair, which is no character.",
            "Strings are Unicode text.",
        ) from None


def _collection(frame: _Frame) -> Any:
    members = frame.members
    if frame.kind == b"#{":
        named = {_json(member): member for member in members}
        return [named[name] for name in sorted(named, key=lambda n: _rank(n, named[n]))]
    if frame.kind != b"{":
        return members
    if len(members) % 2:
        raise Refused("a map with a key that has no value.", "A map holds keys and values in turn.")
    return {
        key if isinstance(key, str) else _json(key): value
        for key, value in zip(members[::2], members[1::2], strict=True)
    }


def _rank(name: str, member: Any) -> tuple[bool, Any]:
    """Integers first, by size; the rest by its text."""
    whole = type(member) is int
    return (False, member) if whole else (True, name)


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _tagged(tag: str, value: Any) -> Any:
    name = tag.rpartition("/")[2].rpartition(".")[2].lower()
    if name in ("tuple", "mapentry") and type(value) is list and len(value) == 2:
        return KeyValue(value)
    return value
