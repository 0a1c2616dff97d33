"""First process of a sandbox: report to the process outside, then run the module asked for.

``python -m targets.hosts.inside MODULE ARGUMENTS…``
"""

from __future__ import annotations

import runpy
import sys

from targets.hosts import reexec


def main() -> None:
    """Become ``python -m MODULE ARGUMENTS…``, inside."""
    reexec.settle()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
