"""The kernels, compiled: the very source of ``kernels.py`` through numba.

Importing this imports numba (0.2 s) and, the first time on a machine, compiles (some
seconds); later processes load the result from numba's cache. ``kernels.py`` stays plain,
so that a small history needs neither.
"""

from __future__ import annotations

from types import FunctionType
from typing import Any

from numba import njit

from checker.linearizability import kernels


def _compiled() -> dict[str, Any]:
    """Each function again, with globals in which its callees are the compiled ones.

    Every function lies in one file, so numba's cache notices an edit of any of them.
    """
    namespace = dict(vars(kernels))
    for plain in kernels.ORDER:
        assert isinstance(plain, FunctionType)
        copy = FunctionType(plain.__code__, namespace, plain.__name__, plain.__defaults__)
        copy.__module__ = kernels.__name__
        # Wrappers that unpack thirty arrays cost half the compile: only where Python calls.
        options: dict[str, Any] = {"cache": True, "no_cfunc_wrapper": True}
        if plain not in kernels.ENTRIES:
            options["no_cpython_wrapper"] = True
        try:
            namespace[plain.__name__] = njit(**options)(copy)
        except RuntimeError:
            # No folder that numba could cache in (read-only home and installation).
            namespace[plain.__name__] = njit(**{**options, "cache": False})(copy)
    return namespace


_namespace = _compiled()
rehash = _namespace["rehash"]
search = _namespace["search"]
