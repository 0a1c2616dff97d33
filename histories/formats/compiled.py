"""The kernels of ``scanner.py`` and ``recorder.py``, compiled: the very source through numba.

Importing this imports numba (0.2 s) and, the first time on a machine, compiles (some
seconds); later processes load the result from numba's cache.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from numba import njit

from histories.formats import recorder, scanner


def _compiled(module: ModuleType) -> dict[str, Any]:
    """Each function again, with globals in which its callees are the compiled ones.

    numba's cache notices only an edit of the file a kernel lies in, and recorder.py has constants
    from scanner.py: so kernels are named after both.
    """
    namespace = dict(vars(module))
    sources = hashlib.sha256()
    for one in (scanner, recorder):
        sources.update(Path(str(one.__file__)).read_bytes())
    for plain in module.ORDER:
        assert isinstance(plain, FunctionType)
        copy = FunctionType(plain.__code__, namespace, plain.__name__, plain.__defaults__)
        copy.__module__ = module.__name__
        copy.__qualname__ = f"{plain.__name__}-{sources.hexdigest()[:12]}"
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
