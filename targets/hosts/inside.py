"""First process of a sandbox: report to the process outside, then run the module asked for.

``python -m targets.hosts.inside MODULE ARGUMENTS…``
"""

from __future__ import annotations

import runpy
import sys

from targets.hosts import reexec


def main() -> None:
    """Become ``python -m MODULE ARGUMENTS…``, inside."""
    outside = reexec.settle()
    del sys.argv[0]
    code = reexec.EXIT_HARNESS_FAILED
    try:
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = _code(end)
        raise
    except KeyboardInterrupt:
        code = reexec.EXIT_INTERRUPTED
        raise
    finally:
        reexec.report(outside, code)


def _code(end: SystemExit) -> int:
    """What Python makes of ``sys.exit``'s argument: none is 0, a message is 1."""
    if end.code is None:
        return 0
    return end.code if isinstance(end.code, int) else 1


if __name__ == "__main__":
    main()
