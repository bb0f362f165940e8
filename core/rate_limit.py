"""Keeps what goes out within a platform's limits before it has to say so, with a queue for each destination."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from heapq import heappop, heappush
from math import inf

from core.address import Address
from core.channel import Channel, RateLimit, RateLimitedChannel, RateSpec

_EARLY = 0.1
"""Seconds by which a place is promised before it is free, so that what is to be sent can be looked up meanwhile."""
_REMEMBERED = 600.0
_MANY = 1024


def lanes(channel: Channel, address: Address) -> tuple[RateLimit, ...]:
    """The limits that a message to this address falls under, the narrowest first."""
    if isinstance(channel, RateLimitedChannel):
        return channel.lanes(address)
    can = channel.capabilities
    own = (RateLimit(name=f"{channel.name}:{address.chat}", rate=can.chat_rate),) if can.chat_rate else ()
    shared = (RateLimit(name=channel.name, rate=can.total_rate, shared=True),) if can.total_rate else ()
    return (*own, *shared)


class _Queue:
    """The places of one lane, given out first come first served.

    A place is free again `seconds` after its message was answered, not after it was sent: the platform counted it
    somewhere between the two, so it never counts more than `most` in any `seconds`.
    """

    def __init__(self, rate: RateSpec, now: Callable[[], float]) -> None:
        self._rate = self._whole = rate
        self._now = now
        self._free = [0.0] * rate.limit
        self._out = 0
        self._gate = asyncio.Lock()
        self._changed = asyncio.Event()
        self._shut_until = 0.0
        self._told = -inf

    async def take(self) -> float:
        """Wait for a place; returns when it is free, which may be in a moment only."""
        async with self._gate:
            self._trust()
            while (wait := self._wait()) > 0:
                self._changed.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(None if wait == inf else wait):
                        await self._changed.wait()
            self._out += 1
            return max(heappop(self._free), self._shut_until)

    def give(self, free: float) -> None:
        """Give a place back that is free from then on."""
        self._out -= 1
        if len(self._free) + self._out < self._rate.limit:
            heappush(self._free, min(free, self.again()))
        self._changed.set()

    def again(self) -> float:
        """When a place is free again whose message is answered now."""
        return self._now() + self._rate.seconds

    def shut(self, seconds: float) -> None:
        """Give out nothing for so long."""
        self._shut_until = max(self._shut_until, self._now() + seconds)
        self._changed.set()

    def evenly(self) -> None:
        """Take no more bursts on trust: one message after the other, evenly."""
        self._told = self._now()
        if self._rate is self._whole and self._rate.limit > 1 and self._rate.seconds:
            self._rate = RateSpec(limit=1, seconds=self._rate.seconds / self._rate.limit)
            self._free = [max(self._free)] if self._free and not self._out else []

    def idle(self) -> bool:
        """Whether it is as good as new."""
        now = self._now()
        if self._out or self._gate.locked() or now - self._told < _REMEMBERED:
            return False
        return self._shut_until <= now and all(at <= now for at in self._free)

    def _trust(self) -> None:
        """Take bursts again, long after the platform last asked to wait and once nothing counts there any more."""
        now = self._now()
        quiet = not self._out and all(at + self._whole.seconds <= now for at in self._free)
        if self._rate is not self._whole and now - self._told >= _REMEMBERED and quiet:
            self._rate, self._free = self._whole, [now] * self._whole.limit

    def _wait(self) -> float:
        return max(self._free[0], self._shut_until) - _EARLY - self._now() if self._free else inf


@dataclass(slots=True)
class WaitingSend:
    """Leave to send one message once it is `ready`. What is not `spent` counts as never sent."""

    _now: Callable[[], float]
    _held: list[tuple[RateLimit, _Queue, float]] = field(default_factory=list[tuple[RateLimit, _Queue, float]])

    async def take(self, lane: RateLimit, queue: _Queue) -> None:
        self._held.append((lane, queue, await queue.take()))

    async def ready(self) -> None:
        """Wait for the moment at which the message may go."""
        wait = max((free for *_, free in self._held), default=0.0) - self._now()
        if wait > 0:
            await asyncio.sleep(wait)

    def leave(self) -> None:
        for _, queue, free in self._held:
            queue.give(free)

    def spent(self) -> None:
        """The message was just answered, whatever the answer was."""
        self._held = [(lane, queue, queue.again()) for lane, queue, _ in self._held]

    def on_throttled(self, seconds: float, *, everybody: bool) -> None:
        """The platform asks to wait, this destination or everybody."""
        for lane, queue, _ in self._held:
            if lane.shared and everybody:
                queue.shut(seconds)
            if not lane.shared and not everybody:
                queue.evenly()
                queue.shut(seconds)


class RateLimiter:
    """The queues of everything one process sends. `now` is in seconds and defaults to the running loop's time."""

    def __init__(self, now: Callable[[], float] | None = None) -> None:
        self._now = now or (lambda: asyncio.get_running_loop().time())
        self._queues: dict[str, _Queue] = {}
        self._many = _MANY

    @property
    def queues(self) -> int:
        return len(self._queues)

    @asynccontextmanager
    async def acquire(self, lanes: tuple[RateLimit, ...]) -> AsyncGenerator[WaitingSend]:
        """Wait in each lane in turn; who waits in their own lane takes up no place in a shared one."""
        place = WaitingSend(self._now)
        try:
            for lane in lanes:
                await place.take(lane, self._queue(lane))
            yield place
        finally:
            place.leave()

    def _queue(self, lane: RateLimit) -> _Queue:
        if lane.name not in self._queues:
            if len(self._queues) >= self._many:
                self._queues = {name: queue for name, queue in self._queues.items() if not queue.idle()}
                self._many = max(_MANY, 2 * len(self._queues))
            self._queues[lane.name] = _Queue(lane.rate, self._now)
        return self._queues[lane.name]
