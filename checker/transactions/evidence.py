"""What backs a verdict on isolation, as data that others can check.

    {"format": "splitbrain-serial-order", "version": 1, "model": "list-append",
     "level": "strict-serializable", "order": [0, 4, 2, …]}

Every acknowledged transaction, and of those of unknown outcome some, by ``call`` index, in an
order that one copy of the keys, used by one client, could have run.

    {"format": "splitbrain-version-order", "version": 1, "model": "rw-register",
     "level": "snapshot-isolation", "versions": [{"key": "x", "values": [3, 1]}, …]}

What every transaction that happened left of each key, from the first version to the last (of a
list all elements): an order of versions under which no cycle is there that the level rules out.
Those of unknown outcome happened if they are in it. ``group``: as below, where operations have a
key of their own.

    {"format": "splitbrain-isolation-refutation", "version": 1, "model": "list-append",
     "level": "serializable", "anomaly": "G-single", "evidence": {…}}

``evidence`` of a cycle is {"cycle": [{"kind": "ww", "from": 3, "to": 9, "key": "x", "value": 1,
"later": 2, "read": 12}, …], "seen": […]}: of lists a ww names an element of each and a read that
shows their order; a wr the element that was read last; a rw the element that the read lacks.
``seen`` shows of each transaction of unknown outcome a read of something it wrote. Of any other
anomaly it names the reads and writes; or, of *no serial order* and *no snapshots*, transactions
of which every order may be tried. ``verifying.py`` says what is checked of each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from checker.linearizability.certificate import (
    CertificateError,
    Int64,
    calls_of,
    keys_read,
    keys_read_by,
)
from checker.transactions.levels import LEVELS

ORDER_FORMAT, REFUTATION_FORMAT = "splitbrain-serial-order", "splitbrain-isolation-refutation"
VERSIONS_FORMAT = "splitbrain-version-order"
VERSION = 1
MODELS = ("list-append", "rw-register")
READING = "splitbrain"
"""How nil is read: as what was there before anybody wrote. One where it says nothing has no
reads of nil to prove anything by."""


@dataclass(frozen=True, slots=True, eq=False)
class SerialOrder:
    """An order of all transactions, by ``call`` index, that is one of ``level``."""

    model: str
    level: str
    order: Int64
    reading: str = READING
    independent: bool | None = None

    def to_json(self) -> dict[str, Any]:
        """The JSON documented above."""
        return {
            "format": ORDER_FORMAT,
            "version": VERSION,
            "model": self.model,
            "level": self.level,
            "reading": self.reading,
            **keys_read(self.independent),
            "order": self.order.tolist(),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> SerialOrder:
        """What ``to_json`` wrote. Raises CertificateError for anything else."""
        model, level, reading = _named(data, ORDER_FORMAT)
        order = calls_of(data.get("order"), "the certificate")
        return cls(model, level, order, reading, keys_read_by(data))


@dataclass(frozen=True, slots=True)
class VersionOrder:
    """Orders of the versions of each key, that ``level`` holds under."""

    model: str
    level: str
    versions: list[dict[str, Any]]
    reading: str = READING
    independent: bool | None = None

    def to_json(self) -> dict[str, Any]:
        """The JSON documented above."""
        return {
            "format": VERSIONS_FORMAT,
            "version": VERSION,
            "model": self.model,
            "level": self.level,
            "reading": self.reading,
            **keys_read(self.independent),
            "versions": self.versions,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> VersionOrder:
        """What ``to_json`` wrote. Raises CertificateError for anything else."""
        model, level, reading = _named(data, VERSIONS_FORMAT)
        versions = data.get("versions")
        if not isinstance(versions, list) or not all(
            isinstance(one, dict) and isinstance(one.get("values"), list) and "key" in one
            for one in versions
        ):
            raise CertificateError("the certificate's versions are no list of keys and values")
        return cls(model, level, versions, reading, keys_read_by(data))


@dataclass(frozen=True, slots=True)
class IsolationRefutation:
    """An anomaly that ``level`` rules out, with what shows it."""

    model: str
    level: str
    anomaly: str
    evidence: dict[str, Any]
    reading: str = READING
    independent: bool | None = None

    def to_json(self) -> dict[str, Any]:
        """The JSON documented above."""
        return {
            "format": REFUTATION_FORMAT,
            "version": VERSION,
            "model": self.model,
            "level": self.level,
            "reading": self.reading,
            **keys_read(self.independent),
            "anomaly": self.anomaly,
            "evidence": self.evidence,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> IsolationRefutation:
        """What ``to_json`` wrote. Raises CertificateError for anything else."""
        model, level, reading = _named(data, REFUTATION_FORMAT)
        anomaly, evidence = data.get("anomaly"), data.get("evidence")
        if not isinstance(anomaly, str) or not isinstance(evidence, dict):
            raise CertificateError("the certificate names no anomaly, or no evidence of it")
        return cls(model, level, anomaly, evidence, reading, keys_read_by(data))


def _named(data: dict[str, Any], form: str) -> tuple[str, str, str]:
    for member, expected in (("format", form), ("version", VERSION)):
        if data.get(member) != expected:
            raise CertificateError(
                f"the certificate's {member} is {data.get(member)!r}, not {expected!r}"
            )
    model, level, reading = data.get("model"), data.get("level"), data.get("reading", READING)
    if model not in MODELS:
        raise CertificateError(f"the certificate's model is {model!r}, not {' or '.join(MODELS)}")
    if level not in LEVELS:
        raise CertificateError(f"the certificate's level is {level!r}, which is not known")
    if not isinstance(reading, str):
        raise CertificateError("the certificate names no reading")
    return str(model), str(level), reading
