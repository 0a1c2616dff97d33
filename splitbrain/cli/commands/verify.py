"""``splitbrain verify CERTIFICATE HISTORY``: check the proof of a verdict, without the search."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from splitbrain.cli.failure import Problems

if TYPE_CHECKING:
    from checker.consistency.proof import Proof
    from checker.models import Model

ORDER_SHOWN = (
    "every completed operation has its place, and none has two",
    "none comes after one that began only after it had returned",
    "one copy of the object, used by one client, can take every step",
)
REFUTATION_SHOWN = (
    "each step from the history to the witness keeps a linearizable history linearizable",
    "none of all the orders of the witness is legal",
)
SEQUENTIAL_SHOWN = (
    ORDER_SHOWN[0],
    "each process's operations come in the order in which it ran them",
    "one copy of each object, used by one client, can take every step",
)
NO_ORDER_SHOWN = (
    "the witness has an order if the whole history has one",
    "none of all the orders of the witness that keep each process's own is legal",
)
SERIAL_SHOWN = (
    ORDER_SHOWN[0],
    "what the level asks of sessions, or of real time, is kept",
    "one copy of the keys, used by one client, can take every transaction",
)
VERSIONS_SHOWN = (
    "every write of a transaction that happened has its place in the order of its key's versions",
    "every read is of one of them",
    "under this order there is no cycle that the level rules out",
)
ANOMALY_SHOWN = (
    "the anomaly is there in what clients were told",
    "the level rules it out",
)
SHOWN = {
    ("linearizable", "valid"): ORDER_SHOWN,
    ("linearizable", "invalid"): REFUTATION_SHOWN,
    ("sequential", "valid"): SEQUENTIAL_SHOWN,
    ("sequential", "invalid"): NO_ORDER_SHOWN,
}
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


class Journal(click.Path):
    """A history; that of a run may have been packed since it was named."""

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str | bytes | os.PathLike[str]:
        """The file, packed if it is only there so."""
        from histories.archive import packed_beside

        return super().convert(packed_beside(Path(value)), param, ctx)


HISTORY = Journal(path_type=Path, exists=True, dir_okay=False)


@dataclass(frozen=True, slots=True)
class Verified:
    """What became of it. ``problem`` is None when the certificate shows what it claims.

    ``independent``: values [k v] were read as independent keys and their values.
    """

    evidence: Proof
    problem: str | None
    independent: bool
    operations: int
    keys: int
    reading_seconds: float
    verifying_seconds: float

    @property
    def claim(self) -> tuple[str, str]:
        """The promise that the certificate speaks of, and the verdict that it is of."""
        from checker.consistency.proof import claim_of

        return claim_of(self.evidence)


@click.command("verify")
@click.argument("certificate", metavar="CERTIFICATE", type=FILE)
@click.argument("history", metavar="HISTORY", type=HISTORY)
@click.option(
    "--model",
    metavar="FILE.py:NAME",
    help="The model of your own that the verdict was by; others the certificate names.",
)
@click.option(
    "--independent/--no-independent",
    default=None,
    help="Values [k v] are an independent key and its value, or are not.  "
    "[default: as the certificate says; where it does not, as for check]",
)
@click.option("--json", "as_json", is_flag=True, help="The outcome as JSON on stdout.")
def verify_command(
    certificate: Path, history: Path, model: str | None, independent: bool | None, as_json: bool
) -> int:
    """Check that CERTIFICATE proves a verdict on HISTORY, by code that shares nothing with the
    search.

    A valid verdict is proved by an order of all operations; an invalid one by a few of them that
    would have an order if the whole history had one, and of which no order is legal; or by a cycle
    of transactions, or what else of them the level of isolation rules out.

    \b
    splitbrain check history.jsonl --certificate proof.json
    splitbrain verify proof.json history.jsonl

    Exit code 0: proved, be the verdict valid or invalid; 1: not proved; 2: unreadable.
    """
    told = []
    for evidence in _read(certificate, history):
        found = _verified(evidence, certificate, history, model, independent)
        told.append(found)
        if not as_json:
            _tell(certificate, found)
    if as_json:
        from splitbrain.cli.output import print_json

        documents = [_document(certificate, history, found) for found in told]
        print_json(documents[0] if len(documents) == 1 else documents)
    return 0 if all(found.problem is None for found in told) else 1


def _verified(
    evidence: Proof, certificate: Path, history: Path, model: str | None, independent: bool | None
) -> Verified:
    from checker.consistency.proof import Isolation, problem_of
    from checker.linearizability.certificate import Certificate
    from checker.linearizability.fit import check_fit
    from checker.linearizability.refutation import Refutation
    from checker.reading import READINGS
    from checker.transactions.intake import transactions_of
    from histories.history import read_history

    started = time.perf_counter()
    isolation = isinstance(evidence, Isolation)
    definition = None if isolation else _model(evidence.model, model)
    if evidence.reading not in READINGS:
        raise Problems([f"{certificate}: the reading {evidence.reading!r} is not known."])
    asked = evidence.independent if independent is None else independent
    read_so = read_history(history, independent=asked)
    table = read_so.table
    # Of transactions keys are in their steps; of linearizability each key is proved by itself.
    if definition is None:
        keys = len(transactions_of(table, evidence.model).keys)
    else:
        check_fit(table, definition)
        keys = (
            len(evidence)
            if isinstance(evidence, (Certificate, Refutation))
            else len(set(table.key.tolist()))
        )
    read = time.perf_counter()
    problem = problem_of(table, definition, evidence, READINGS[evidence.reading])
    done = time.perf_counter()
    keyed = bool(read_so.independent)
    return Verified(evidence, problem, keyed, len(table), keys, read - started, done - read)


def _read(path: Path, history: Path) -> list[Proof]:
    """The certificates in a file: one by itself, or what `check --json` or a run left."""
    from checker.consistency.proof import proof_from_json
    from checker.linearizability.certificate import CertificateError

    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise Problems([f"{path}: expected a certificate in JSON ({error})."]) from None
    try:
        return [proof_from_json(one) for one in _chosen(data, history)]
    except CertificateError as error:
        raise Problems(
            [f"{path}: {error}. Write one with: splitbrain check {history} --certificate FILE"]
        ) from None


def _chosen(data: Any, history: Path) -> list[Any]:
    """Of what a file holds the certificates of this history, one for each promise at most."""
    if isinstance(data, list):
        documents = [one for one in data if isinstance(one, dict) and one.get("certificate")]
        same = [one for one in documents if Path(str(one.get("file"))).name == history.name]
        chosen = documents if len(documents) == 1 else same
        return _of_document(chosen[0]) if len(chosen) == 1 else [data]
    if isinstance(data, dict) and "format" not in data and data:
        return list(data.values())
    return [data]


def _of_document(document: dict[str, Any]) -> list[Any]:
    rows = document.get("promises")
    if not isinstance(rows, list):
        return [document["certificate"]]
    return [row["certificate"] for row in rows if isinstance(row, dict) and row.get("certificate")]


def _model(name: str, given: str | None) -> Model:
    from checker.models import MODELS

    if given is not None and given not in MODELS:
        from checker.models.user import load_model

        return load_model(given)
    if name not in MODELS:
        raise Problems(
            [
                f"the certificate is for the model {name!r}, which is none of ours: "
                "name the file of yours with --model FILE.py:NAME."
            ]
        )
    return MODELS[given or name]


def _tell(certificate: Path, found: Verified) -> None:
    from checker.transactions.evidence import VersionOrder
    from checker.wording import plural
    from splitbrain.cli.output import print_text

    evidence = found.evidence
    cost = (
        f"{plural(found.operations, 'operation')}, {plural(found.keys, 'key')}: "
        f"read in {found.reading_seconds:.2f} s, verified in {found.verifying_seconds:.2f} s"
    )
    if found.problem is not None:
        print_text(f"{certificate}: not proved: {found.problem}\n  {cost}")
        return
    promise, verdict = found.claim
    claim = promise if verdict == "valid" else f"not {promise}"
    keys = ", values [k v] as independent keys and their values" if found.independent else ""
    print_text(
        f"{certificate}: proved: the history is {claim} "
        f"({evidence.model}, outcomes read as {evidence.reading}{keys})"
    )
    others = SERIAL_SHOWN if verdict == "valid" else ANOMALY_SHOWN
    if isinstance(evidence, VersionOrder):
        others = VERSIONS_SHOWN
    for shown in SHOWN.get(found.claim, others):
        print_text(f"  ✓ {shown}")
    print_text(f"  {cost}")


def _document(certificate: Path, history: Path, found: Verified) -> dict[str, Any]:
    return {
        "certificate": str(certificate),
        "history": str(history),
        "proved": found.problem is None,
        "promise": found.claim[0],
        "verdict": found.claim[1],
        "problem": found.problem,
        "model": found.evidence.model,
        "reading": found.evidence.reading,
        "independent": found.independent,
        "operations": found.operations,
        "keys": found.keys,
        "reading_seconds": found.reading_seconds,
        "verifying_seconds": found.verifying_seconds,
    }
