"""A process that runs simulated cells: plans come as lines of JSON, findings go back so.

    python -m splitbrain.matrix.worker STORE

An interrupt ends the run in hand, which is judged and kept; between runs it ends the process.
"""

from __future__ import annotations

import json
import sys
import traceback
from pathlib import Path

from splitbrain.cli.failure import expected_exit_code, failure_sentence
from splitbrain.matrix.found import Found, found_of
from splitbrain.plan import Plan


def found_by_running(plan: Plan, store: Path) -> Found:
    """Run the plan, keep the run in the store, and say what it found; raises no Exception."""
    from splitbrain.live import Interrupted
    from splitbrain.run import execute

    try:
        return found_of(execute(plan, store=store))
    except (KeyboardInterrupt, Interrupted):
        return Found(interrupted=True, verdict="unknown", reason="interrupted")
    except Exception as error:
        if expected_exit_code(error) is None:
            return Found(error=traceback.format_exc().rstrip())
        return Found(error=failure_sentence(error))


def main() -> None:
    """Until no more comes."""
    store = Path(sys.argv[1])
    answers = sys.stdout
    # Whatever else is printed must not stand among the answers.
    sys.stdout = sys.stderr
    try:
        for line in sys.stdin:
            found = found_by_running(Plan.from_json(json.loads(line)), store)
            answers.write(json.dumps(found.to_json()) + "\n")
            answers.flush()
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
