"""Who we are to a cluster that runs already: files, and a name. Never part of a plan.

A plan is written into the run's folder, and folders are shared; so neither paths nor contents
of these end up there. Whoever repeats a run names them again.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from clients.login import Login

SECURE_SCHEMES = ("https", "tls")
VARIABLES = {
    "--tls-ca": "SPLITBRAIN_TLS_CA",
    "--tls-cert": "SPLITBRAIN_TLS_CERT",
    "--tls-key": "SPLITBRAIN_TLS_KEY",
    "--user": "SPLITBRAIN_USER",
    "--password-file": "SPLITBRAIN_PASSWORD_FILE",
}
"""What speaks for an option that was not given. ``SPLITBRAIN_PASSWORD`` is the password itself."""
PASSWORD_VARIABLE = "SPLITBRAIN_PASSWORD"


@dataclass(frozen=True, slots=True)
class Credentials:
    """``authority`` vouches for the servers (None: those this machine trusts).

    ``certificate`` and ``key`` are ours, where the servers want one; ``password_file`` holds
    the password of ``user`` in its first line, or ``secret`` is it, from the environment.
    """

    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    user: str | None = None
    password_file: Path | None = None
    secret: str | None = field(default=None, repr=False)

    def __bool__(self) -> bool:
        return bool(self.options)

    @property
    def options(self) -> tuple[str, ...]:
        """The options that were given, by name: for telling what a repetition needs."""
        given = (
            ("--tls-ca", self.authority),
            ("--tls-cert", self.certificate),
            ("--tls-key", self.key),
            ("--user", self.user),
            ("--password-file", self.password_file),
            (PASSWORD_VARIABLE, self.secret),
        )
        return tuple(name for name, value in given if value is not None)

    def tls(self) -> ssl.SSLContext:
        """What a secure connection is made with: the server's name and certificate are checked.

        Raises OSError (``ssl.SSLError`` among them) for files that are not what they should be.
        """
        context = ssl.create_default_context(cafile=self.authority)
        if self.certificate is not None:
            # Without this, OpenSSL would ask at the terminal, and wait.
            context.load_cert_chain(self.certificate, self.key, password=_no_passphrase)
        return context

    def password(self) -> str | None:
        """The password, read anew. Raises OSError."""
        if self.password_file is None:
            return self.secret
        lines = self.password_file.read_text(encoding="utf-8").splitlines()
        return lines[0] if lines else ""

    def secrets(self) -> tuple[str, ...]:
        """What must be found in no file of a run, as far as it can be read now."""
        try:
            password = self.password()
        except OSError:
            return ()
        return (password,) if password else ()

    def login(self) -> Login | None:
        """Name and password, where there are any. Raises OSError."""
        password = self.password()
        if self.user is None or password is None:
            return None
        return Login(self.user, password)


def _no_passphrase() -> str:
    raise PermissionError(
        "the key has a passphrase, and none is ever asked for: name a key without one"
    )


NO_CREDENTIALS = Credentials()
_SPELT = {
    "--tls-ca": "--tls-ca FILE",
    "--tls-cert": "--tls-cert FILE",
    "--tls-key": "--tls-key FILE",
    "--user": "--user NAME",
    "--password-file": "--password-file FILE",
    PASSWORD_VARIABLE: "--password-file FILE",
}


def spelt(options: Sequence[str]) -> str:
    """How options that were given once are given again."""
    return " ".join(_SPELT.get(option, option) for option in options)


def read_credentials(
    ca: str | None,
    certificate: str | None,
    key: str | None,
    user: str | None,
    password_file: str | None,
    environment: Mapping[str, str] | None = None,
) -> tuple[Credentials, list[str]]:
    """Credentials from what was typed; a sentence for each thing that is wrong with them.

    ``environment`` speaks for what was not (``VARIABLES``); None: nothing does.
    """
    secret = None
    if environment is not None:
        ca = ca or environment.get(VARIABLES["--tls-ca"])
        certificate = certificate or environment.get(VARIABLES["--tls-cert"])
        key = key or environment.get(VARIABLES["--tls-key"])
        user = user or environment.get(VARIABLES["--user"])
        if password_file is None and (secret := environment.get(PASSWORD_VARIABLE)) is None:
            password_file = environment.get(VARIABLES["--password-file"])
    problems = [
        f"{name}: {text} is no file that can be read."
        for name, text in (
            ("--tls-ca", ca),
            ("--tls-cert", certificate),
            ("--tls-key", key),
            ("--password-file", password_file),
        )
        if text is not None and not readable(text)
    ]
    if key is not None and certificate is None:
        problems.append("--tls-key goes with --tls-cert.")
    if (user is None) != (password_file is None and secret is None):
        problems.append(
            "--user and --password-file go together (or the password in the environment, as "
            f"{PASSWORD_VARIABLE}); on the command line every user of this machine could read it."
        )
    credentials = Credentials(
        _path(ca), _path(certificate), _path(key), user, _path(password_file), secret
    )
    if not problems and (ca or certificate):
        try:
            credentials.tls()
        except OSError as error:
            problems.append(
                f"--tls-ca, --tls-cert, --tls-key: TLS cannot be set up with these files: {error}."
            )
    return credentials, problems


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text).expanduser()


def readable(text: str) -> bool:
    """Whether this names a file that we may read."""
    path = Path(text).expanduser()
    return path.is_file() and os.access(path, os.R_OK)
