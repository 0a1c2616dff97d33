"""Several things at once: all results, or the first error and nothing still running."""

import asyncio

import pytest

from targets.hosts.together import together


def test_results_come_in_order():
    async def after(turns: int) -> int:
        for _ in range(turns):
            await asyncio.sleep(0)
        return turns

    assert asyncio.run(together(after(3), after(1), after(2))) == [3, 1, 2]


def test_the_first_error_ends_the_others_before_it_is_raised():
    ended: list[str] = []

    async def forever() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(0)
            ended.append("forever")

    async def fail() -> None:
        await asyncio.sleep(0)
        raise ValueError("broken")

    async def scenario() -> None:
        with pytest.raises(ValueError, match="broken"):
            await together(forever(), fail(), forever())
        assert ended == ["forever", "forever"]

    asyncio.run(scenario())
