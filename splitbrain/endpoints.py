"""Where the nodes of a cluster that runs already are spoken to: ``[scheme://]host[:port]``."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

EXPECTED = "expected [scheme://]host[:port], as 10.0.0.1:7000 or https://etcd-1:2379"
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")
_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?\.?")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """``scheme`` and ``port`` None: what is usual with the system."""

    host: str
    port: int | None = None
    scheme: str | None = None

    def __str__(self) -> str:
        """As ``parse`` takes it back."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port is None else f":{self.port}"
        return (f"{self.scheme}://" if self.scheme else "") + host + port

    @classmethod
    def parse(cls, text: str) -> Endpoint:
        """An endpoint from what was typed. ValueError says what was seen and expected."""
        scheme, separator, rest = text.partition("://")
        if not separator:
            scheme, rest = "", text
        elif not _SCHEME.fullmatch(scheme):
            raise ValueError(f"{text!r}: {scheme!r} is no scheme; {EXPECTED}")
        rest = rest.removesuffix("/")
        if "@" in rest:
            # A password would end up in the run's folder, and in lists of processes.
            raise ValueError(f"an endpoint holds neither user nor password; {EXPECTED}")
        port: str | None
        if rest.startswith("["):
            host, _, port = rest[1:].partition("]")
            try:
                ipaddress.IPv6Address(host)
            except ValueError:
                raise ValueError(f"{text!r}: in brackets stands an IPv6 address") from None
            if port and not port.startswith(":"):
                raise ValueError(f"{text!r}: {EXPECTED}")
            port = port[1:] if port else None
        else:
            host, colon, port = rest.partition(":")
            port = port if colon else None
            if not _HOST.fullmatch(host):
                raise ValueError(f"{text!r}: {host!r} is no machine's name or address; {EXPECTED}")
        if port is None:
            return cls(host, None, scheme or None)
        if not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
            raise ValueError(f"{text!r}: a port is a number from 1 to 65535, not {port!r}")
        return cls(host, int(port), scheme or None)


def parse_endpoints(text: str) -> tuple[list[Endpoint], list[str]]:
    """The endpoints of a list with commas, and a sentence for each that is none."""
    endpoints: list[Endpoint] = []
    problems: list[str] = []
    for part in (part.strip() for part in text.split(",")):
        try:
            endpoint = Endpoint.parse(part)
        except ValueError as error:
            problems.append(f"{error}.")
            continue
        if endpoint in endpoints:
            problems.append(f"{part} is named twice.")
        endpoints.append(endpoint)
    return endpoints, problems
