"""The kernels of ``scanner.py`` and ``recorder.py``, compiled: the very source through numba.

Importing this imports numba (0.2 s) and, the first time on a machine, compiles (some
seconds); later processes load the result from numba's cache.
"""

from __future__ import annotations

from types import FunctionType, ModuleType
from typing import Any

from numba import njit

from histories.formats import recorder, scanner


def _compiled(module: ModuleType) -> dict[str, Any]:
    """Each function again, with globals in which its callees are the compiled ones.

    A kernel calls none of another file, so numba's cache notices an edit of any callee; the
    constants that recorder.py has from scanner.py are given with them.
    """
    namespace = dict(vars(module))
    for plain in module.ORDER:
        assert isinstance(plain, FunctionType)
        copy = FunctionType(plain.__code__, namespace, plain.__name__, plain.__defaults__)
        copy.__module__ = module.__name__
        options: dict[str, Any] = {"cache": True, "no_cfunc_wrapper": True, "nogil": True}
        if plain not in module.CALLED:
            options["no_cpython_wrapper"] = True
            options["forceinline"] = True
        try:
            namespace[plain.__name__] = njit(**options)(copy)
        except RuntimeError:
            # No folder that numba could cache in (read-only home and installation).
            namespace[plain.__name__] = njit(**{**options, "cache": False})(copy)
    return namespace


scan = _compiled(scanner)["scan"]
_recorder = _compiled(recorder)
rehash = _recorder["rehash"]
intern = _recorder["intern"]
place = _recorder["place"]
note = _recorder["note"]
record = _recorder["record"]
