"""What the verifier says of an order that a model cannot follow, whatever its states look like."""

from __future__ import annotations

from story import Story

from checker import Certificate, linearizable, verify


def test_a_state_shown_in_braces_is_no_trouble() -> None:
    story = Story().call(0, "add", 1).call(1, "read").call(2, "add", 2)
    operations = story.ok(0).ok(1, [1]).ok(2).operations()
    certificate = linearizable(operations, "set").certificate
    assert isinstance(certificate, Certificate)
    document = certificate.to_json()
    document["parts"][0]["order"] = [0, 2, 1]
    problem = verify(operations, "set", document)
    assert problem is not None
    assert "operation 1 (read) is impossible" in problem
