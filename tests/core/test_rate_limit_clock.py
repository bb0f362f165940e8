"""How long a platform that asked to wait is sent one message after the other."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from core.channel import RateLimit, RateSpec
from core.rate_limit import RateLimiter
from tests.fakes.jumping_clock import LeapingLoop


def _leaping(story: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        runner.run(story)


def _now() -> float:
    return asyncio.get_running_loop().time()


def test_long_after_a_platform_asked_to_wait_and_once_it_is_quiet_bursts_are_taken_again() -> None:
    async def story() -> None:
        pacer, lane = RateLimiter(), (RateLimit(name="a", rate=RateSpec(limit=3, seconds=3)),)

        async def goes(count: int, told: float = 0) -> float:
            began = _now()
            for _ in range(count):
                async with pacer.acquire(lane) as place:
                    await place.ready()
                    place.spent()
                    if told:
                        place.on_throttled(told, everybody=False)
            return _now() - began

        await goes(1, told=1)
        assert await goes(3) > 2
        await asyncio.sleep(500)
        assert await goes(3) > 1.8
        await asyncio.sleep(101)
        assert await goes(3) == 0
        assert 2.9 < await goes(1) < 3.1

    _leaping(story())
