"""Kernels, compiled: the very source of plain Python modules through numba.

Kernels are functions over integers and flat arrays. Run as they are, they decide a small
history before numba could even be imported; compiled, they are a hundred times as fast.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

INLINED_BYTES_MAX = 1_200
"""Bytecode up to which a function is compiled into its callers.

Handing over a tuple of ten arrays means copying seventy words, which costs more than what most
functions do with them: inlined, the register search is three times as fast. Inlining the largest
ones too wins no more, and makes the compile a third longer.
"""


def compiled(
    modules: Sequence[ModuleType],
    entries: Sequence[Callable[..., Any]],
    *,
    allocating: bool = True,
    inlining: bool = True,
) -> Any:
    """The functions ``entries`` of ``modules``, compiled, as attributes of one object.

    Importing numba takes 0.2 s; each entry is compiled at its first call, and later processes
    load the result from numba's cache (next to the module, or NUMBA_CACHE_DIR). The functions
    of all modules share one namespace, in which callees are the compiled ones; names must
    therefore be unique among the modules.

    Kernels that make no array are told so by ``allocating``: without counting references they
    are faster, and sooner compiled. Kernels that get one small tuple of arrays win nothing by
    ``inlining`` and can be spared its compile, which may take several times as long.

    numba's cache notices only an edit of the file an entry lies in. So entries are named after
    a digest of all the modules' sources, of the constants they see, wherever these come from,
    and of how they are compiled: after any edit the name is another.
    """
    from numba import njit

    namespace: dict[str, Any] = {}
    sources = hashlib.sha256(Path(__file__).read_bytes() + bytes([allocating, inlining]))
    for module in modules:
        namespace.update(vars(module))
        sources.update(Path(str(module.__file__)).read_bytes())
    sources.update(repr(_constants(namespace)).encode())
    chosen = {entry.__name__ for entry in entries}
    for module in modules:
        for name, plain in vars(module).items():
            if not isinstance(plain, FunctionType) or plain.__module__ != module.__name__:
                continue
            copy = FunctionType(plain.__code__, namespace, name, plain.__defaults__)
            copy.__module__ = module.__name__
            copy.__qualname__ = f"{name}-{sources.hexdigest()[:12]}"
            # Wrappers that unpack arrays cost half the compile: only where Python calls.
            options: dict[str, Any] = {"nogil": True, "no_cfunc_wrapper": True}
            if not allocating:
                options["_nrt"] = False
            if name not in chosen:
                options["no_cpython_wrapper"] = True
                short = len(plain.__code__.co_code) <= INLINED_BYTES_MAX
                options["forceinline"] = inlining and short
            else:
                options["cache"] = True
            try:
                namespace[name] = _once(njit(**options)(copy))
            except RuntimeError:
                # No folder that numba could cache in (read-only home and installation).
                namespace[name] = _once(njit(**{**options, "cache": False})(copy))
    return SimpleNamespace(**{entry.__name__: namespace[entry.__name__] for entry in entries})


def _constants(namespace: dict[str, Any]) -> list[tuple[str, Any]]:
    """Globals that numba makes part of the code: numbers, and tuples of them."""
    return sorted(
        (name, value)
        for name, value in namespace.items()
        if not name.startswith("__")
        and (
            isinstance(value, (int, float))
            or (isinstance(value, tuple) and all(isinstance(one, (int, float)) for one in value))
        )
    )


def _once(dispatcher: Any) -> Any:
    """Let a kernel be compiled for integers, not once more for each constant it is called with."""
    from numba.core.types import unliteral

    widen: Callable[[Any], Any] = unliteral
    if not hasattr(dispatcher, "get_call_template"):
        return dispatcher  # the function itself, where NUMBA_DISABLE_JIT is set
    resolve = dispatcher.get_call_template

    def resolve_widened(arguments: Any, keywords: Any) -> Any:
        return resolve(tuple(widen(one) for one in arguments), keywords)

    dispatcher.get_call_template = resolve_widened
    return dispatcher
