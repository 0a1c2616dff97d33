"""A machine as the user names it: ``[user@]host[:port][=ADDRESS]``."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

USUAL_PORT = 22
EXPECTED = "expected [user@]host[:port][=ADDRESS], as root@10.0.0.1:2222"
_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?\.?")
_USER = re.compile(r"[A-Za-z0-9._][^\s:=,/\x00-\x1f]*")


@dataclass(frozen=True, slots=True)
class Destination:
    """Where SSH is spoken to, and as whom.

    ``address`` is what the other machines and the clients reach it by (an IPv4 address); None:
    the machine's own end of the SSH connection.
    """

    user: str
    host: str
    port: int = USUAL_PORT
    address: str | None = None

    def __str__(self) -> str:
        """As ``parse`` takes it back."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == USUAL_PORT else f":{self.port}"
        return f"{self.user}@{host}{port}" + (f"={self.address}" if self.address else "")

    @property
    def file_name(self) -> str:
        """Host and port, of the characters a file's name may have everywhere."""
        told = self.host if self.port == USUAL_PORT else f"{self.host}-{self.port}"
        return re.sub(r"[^A-Za-z0-9._-]", "-", told)

    @classmethod
    def parse(cls, text: str, usual_user: str) -> Destination:
        """A destination from what was typed. ValueError says what was seen and expected."""
        place, equals, address = text.partition("=")
        user, at, where = place.rpartition("@")
        host, port = _host_and_port(text, where)
        if at and not _USER.fullmatch(user):
            raise ValueError(f"{text!r}: {user!r} is no user's name; {EXPECTED}")
        if equals:
            try:
                ipaddress.IPv4Address(address)
            except ValueError:
                raise ValueError(
                    f"{text!r}: behind '=' stands the IPv4 address that the other machines and "
                    f"the clients reach it by, not {address!r}"
                ) from None
        return cls(user or usual_user, host, port, address or None)


def _host_and_port(text: str, where: str) -> tuple[str, int]:
    if where.startswith("["):
        host, bracket, rest = where[1:].partition("]")
        try:
            ipaddress.IPv6Address(host)
        except ValueError:
            bracket = ""
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError(f"{text!r}: in brackets stands an IPv6 address, as [::1]:22")
    else:
        if where.count(":") > 1:
            raise ValueError(f"{text!r}: an IPv6 address stands in brackets, as [::1]:22")
        host, colon, port = where.partition(":")
        rest = colon + port
        if not _NAME.fullmatch(host):
            raise ValueError(f"{text!r}: {host!r} is no machine's name or address; {EXPECTED}")
    if not rest:
        return host, USUAL_PORT
    if not (rest[1:].isascii() and rest[1:].isdecimal() and 0 < int(rest[1:]) < 65536):
        raise ValueError(f"{text!r}: a port is a number from 1 to 65535, not {rest[1:]!r}")
    return host, int(rest[1:])


def parse_destinations(text: str, usual_user: str) -> tuple[list[Destination], list[str]]:
    """The destinations of a list with commas, and a sentence for each that is none."""
    destinations: list[Destination] = []
    problems: list[str] = []
    for part in (part.strip() for part in text.split(",")):
        try:
            destinations.append(Destination.parse(part, usual_user))
        except ValueError as error:
            problems.append(f"{error}.")
    places = [(d.host, d.port) for d in destinations]
    for place in dict.fromkeys(place for place in places if places.count(place) > 1):
        problems.append(f"{place[0]}:{place[1]} is named twice; each machine runs one node.")
    return destinations, problems
