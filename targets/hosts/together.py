"""Do several things at once, and leave none of them running when one fails."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def together(*coroutines: Coroutine[Any, Any, T]) -> list[T]:
    """The results, in order; the first error, after the others were cancelled and ended.

    ``asyncio.gather`` lets the others run on after an error: they would go on making
    containers while the clean-up removes them. A task group would wrap the error.
    """
    tasks = [asyncio.ensure_future(c) for c in coroutines]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
