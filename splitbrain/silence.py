"""Why an endpoint gives no status answer: seen by dialling it once more, told in a phrase."""

from __future__ import annotations

import asyncio
import socket
import ssl
from dataclasses import dataclass

WAIT_S = 5.0
REFUSAL_WITHIN_S = 1.0
"""Under TLS 1.3 a server turns a certificate of ours down after the handshake is over for us."""

NO_TLS = (
    "WRONG_VERSION_NUMBER",
    "HTTP_REQUEST",
    "UNEXPECTED_EOF_WHILE_READING",
    "UNKNOWN_PROTOCOL",
)
NOT_OURS = {
    "certificate has expired": "set it up anew",
    "certificate is not yet valid": "one of the two clocks is wrong, or it is to be used later",
}
"""What OpenSSL finds wrong with a server's certificate, and what no option of ours can mend."""


@dataclass(frozen=True, slots=True)
class Silence:
    """``why``: a phrase. ``lasts``: waiting would change nothing."""

    why: str
    lasts: bool = False


async def why_silent(place: tuple[str, int], tls: ssl.SSLContext | None, system: str) -> Silence:
    """About what listens at ``place``, or does not. Takes ``WAIT_S`` at most."""
    try:
        async with asyncio.timeout(WAIT_S):
            return await _dialled(place, tls, system)
    except TimeoutError:
        return Silence(
            f"it did not take a connection within {WAIT_S:g} s: is it up, and no firewall between?"
        )


async def _dialled(place: tuple[str, int], tls: ssl.SSLContext | None, system: str) -> Silence:
    try:
        reader, writer = await asyncio.open_connection(*place, ssl=tls)
    except ssl.SSLCertVerificationError as error:
        cure = NOT_OURS.get(
            error.verify_message, "is it for that name, and does --tls-ca vouch for it?"
        )
        why = f"its certificate is not accepted ({error.verify_message}): {cure}"
        return Silence(why, lasts=True)
    except ssl.SSLError as error:
        if error.reason in NO_TLS:
            return Silence(f"it does not speak TLS ({error.reason}): is its scheme another?")
        return _turned_down(error)
    except TimeoutError:
        raise
    except OSError as error:
        return Silence(_not_reached(error, place))
    try:
        async with asyncio.timeout(REFUSAL_WITHIN_S):
            await reader.read(1)
    except ssl.SSLError as error:
        return _turned_down(error)
    except (OSError, TimeoutError):
        pass
    finally:
        writer.transport.abort()
    return Silence(
        f"something listens there, but it does not answer as {system} does: is it {system}?"
    )


def _not_reached(error: OSError, place: tuple[str, int]) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there: is it up?"
    if isinstance(error, socket.gaierror):
        return f"the name {place[0]} leads nowhere ({error.strerror}): is it spelt right?"
    if isinstance(error, ConnectionError):
        return f"it hung up ({error}): does it speak TLS, and we do not, or the other way round?"
    return f"it cannot be reached ({error})"


def _turned_down(error: ssl.SSLError) -> Silence:
    why = (
        f"it turns us down ({error.reason or error}): give a certificate it takes with --tls-cert "
        "and --tls-key, one that has not expired"
    )
    return Silence(why, lasts=True)
