"""``splitbrain verify CERTIFICATE HISTORY``: check the proof of a verdict, without the search."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from splitbrain.cli.failure import Problems

if TYPE_CHECKING:
    from checker.linearizability.certificate import Certificate
    from checker.linearizability.refutation import Refutation
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
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@dataclass(frozen=True, slots=True)
class Verified:
    """What became of it. ``problem`` is None when the certificate shows what it claims.

    ``independent``: values [k v] were read as independent keys and their values.
    """

    evidence: Certificate | Refutation
    problem: str | None
    independent: bool
    operations: int
    reading_seconds: float
    verifying_seconds: float

    @property
    def verdict(self) -> str:
        """The verdict that the certificate is of."""
        from checker.linearizability.certificate import Certificate

        return "valid" if isinstance(self.evidence, Certificate) else "invalid"


@click.command("verify")
@click.argument("certificate", metavar="CERTIFICATE", type=FILE)
@click.argument("history", metavar="HISTORY", type=FILE)
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

    A valid verdict is proved by an order of all operations; an invalid one by a few of them,
    reached by steps that keep a linearizable history linearizable, of which no order is legal.

    \b
    splitbrain check history.jsonl --certificate proof.json
    splitbrain verify proof.json history.jsonl

    Exit code 0: proved, be the verdict valid or invalid; 1: not proved; 2: unreadable.
    """
    found = _verified(certificate, history, model, independent)
    if as_json:
        from splitbrain.cli.output import print_json

        print_json(_document(certificate, history, found))
    else:
        _tell(certificate, found)
    return 0 if found.problem is None else 1


def _verified(
    certificate: Path, history: Path, model: str | None, independent: bool | None
) -> Verified:
    from checker.linearizability.certificate import Certificate
    from checker.linearizability.fit import check_fit
    from checker.linearizability.refutation import verify_refutation
    from checker.linearizability.verifier import verify
    from checker.reading import READINGS
    from histories.history import read_history

    started = time.perf_counter()
    evidence = _read(certificate, history)
    definition = _model(evidence.model, model)
    if evidence.reading not in READINGS:
        raise Problems([f"{certificate}: the reading {evidence.reading!r} is not known."])
    asked = evidence.independent if independent is None else independent
    read_so = read_history(history, independent=asked)
    table = read_so.table
    check_fit(table, definition)
    read = time.perf_counter()
    reading = READINGS[evidence.reading]
    if isinstance(evidence, Certificate):
        problem = verify(table, definition, evidence, reading=reading)
    else:
        problem = verify_refutation(table, definition, evidence, reading=reading)
    done = time.perf_counter()
    keyed = bool(read_so.independent)
    return Verified(evidence, problem, keyed, len(table), read - started, done - read)


def _read(path: Path, history: Path) -> Certificate | Refutation:
    """The certificate in a file: by itself, or in what `check --json` or a run left."""
    from checker.linearizability.certificate import CertificateError
    from checker.linearizability.refutation import certificate_from_json

    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise Problems([f"{path}: expected a certificate in JSON ({error})."]) from None
    try:
        return certificate_from_json(_chosen(data, history))
    except CertificateError as error:
        raise Problems(
            [f"{path}: {error}. Write one with: splitbrain check {history} --certificate FILE"]
        ) from None


def _chosen(data: Any, history: Path) -> Any:
    if isinstance(data, list):
        documents = [one for one in data if isinstance(one, dict) and one.get("certificate")]
        same = [one for one in documents if Path(str(one.get("file"))).name == history.name]
        chosen = documents if len(documents) == 1 else same
        return chosen[0]["certificate"] if len(chosen) == 1 else data
    if isinstance(data, dict) and "format" not in data and len(data) == 1:
        return next(iter(data.values()))
    return data


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
    from checker.wording import plural
    from splitbrain.cli.output import print_text

    evidence = found.evidence
    cost = (
        f"{plural(found.operations, 'operation')}, {plural(len(evidence), 'key')}: "
        f"read in {found.reading_seconds:.2f} s, verified in {found.verifying_seconds:.2f} s"
    )
    if found.problem is not None:
        print_text(f"{certificate}: not proved: {found.problem}\n  {cost}")
        return
    valid = found.verdict == "valid"
    claim = "linearizable" if valid else "not linearizable"
    keys = ", values [k v] as independent keys and their values" if found.independent else ""
    print_text(
        f"{certificate}: proved: the history is {claim} "
        f"({evidence.model}, outcomes read as {evidence.reading}{keys})"
    )
    for shown in ORDER_SHOWN if valid else REFUTATION_SHOWN:
        print_text(f"  ✓ {shown}")
    print_text(f"  {cost}")


def _document(certificate: Path, history: Path, found: Verified) -> dict[str, Any]:
    return {
        "certificate": str(certificate),
        "history": str(history),
        "proved": found.problem is None,
        "verdict": found.verdict,
        "problem": found.problem,
        "model": found.evidence.model,
        "reading": found.evidence.reading,
        "independent": found.independent,
        "operations": found.operations,
        "keys": len(found.evidence),
        "reading_seconds": found.reading_seconds,
        "verifying_seconds": found.verifying_seconds,
    }
