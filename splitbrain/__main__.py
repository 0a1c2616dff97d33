"""The front door: ``splitbrain`` and ``python -m splitbrain``."""

from __future__ import annotations

import sys

EXIT_HARNESS = 70


def main() -> None:
    """Run the command line of this process and exit with its code (0, 1, 2, 3, 70, 130).

    Before anything else is imported it makes sure that the packages are splitbrain's own.
    """
    from splitbrain.cli.ownership import foreign_packages

    if problems := foreign_packages():
        for problem in problems:
            print(f"splitbrain: {problem}", file=sys.stderr)  # noqa: T201
        sys.exit(EXIT_HARNESS)

    from splitbrain.cli.front import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
