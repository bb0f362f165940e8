"""What goes out keeps to a platform's limits by itself, destination by destination."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from core.address import Address
from core.channel import RateLimit, RateSpec
from core.deliver import Deliver
from core.errors import Throttled
from core.outbound import OutboundMessage
from core.rate_limit import RateLimiter
from core.reply import Text
from tests.fakes import discord_rules, slack_rules, telegram_rules
from tests.fakes.channel import FULL, KeepingChannel
from tests.fakes.jumping_clock import LeapingLoop
from tests.fakes.messaging import Counted
from tests.fakes.outbox import Shelf
from workers.admin.channel_matrix import capabilities

SECOND = RateSpec(limit=1, seconds=1)


def _leaping(story: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        runner.run(story)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _put(shelf: Shelf, address: Address, words: str) -> None:
    shelf.put(OutboundMessage(id=words, address=address, reply=Text(text=words)))


def _moment() -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=_now())


class Timely:
    """The loop's time as a clock."""

    def now(self) -> datetime:
        return _moment()

    def id(self) -> str:
        return "id"


Limit = Callable[[str], None]
"""Counts a message to a chat, or raises `Throttled`."""


class Strict(KeepingChannel):
    """A platform that counts somewhere on the way of a call; `refused` are those it did not take."""

    def __init__(self, limit: Limit, *, seed: int = 1, **rates: RateSpec | None) -> None:
        super().__init__(replace(FULL, **rates))
        self._chance = Random(seed)
        self._limit = limit
        self.at: list[tuple[float, str]] = []
        self.refused = 0

    async def send(self, outbound: OutboundMessage, *, target: str = "") -> str:
        await asyncio.sleep(self._chance.uniform(0.001, 0.05))
        try:
            self._limit(outbound.address.chat)
        except Throttled:
            self.refused += 1
            raise
        self.at.append((_now(), outbound.id))
        await asyncio.sleep(self._chance.uniform(0.001, 0.02))
        return await super().send(outbound, target=target)


def _telegram() -> Limit:
    pace = telegram_rules.Pace(_now)

    def limit(chat: str) -> None:
        try:
            pace.note(int(chat))
        except telegram_rules.Answer as answer:
            raise Throttled(str(answer), retry_after=float(answer.parameters["retry_after"])) from answer

    return limit


def _slack() -> Limit:
    pace = slack_rules.MessageRate(_now)

    def limit(chat: str) -> None:
        try:
            pace.record(chat)
        except slack_rules.Answer as answer:
            raise Throttled(str(answer), retry_after=answer.retry_after) from answer

    return limit


def _discord() -> Limit:
    buckets = discord_rules.Buckets(_now)

    def limit(chat: str) -> None:
        try:
            buckets.use(f"post {chat}")
        except discord_rules.Answer as answer:
            raise Throttled(str(answer), retry_after=float(answer.body["retry_after"])) from answer

    return limit


def _deliver(shelf: Shelf, channel: KeepingChannel) -> Deliver:
    return Deliver(outbox=shelf, channels={"test": channel}, clock=Timely(), count=Counted())


async def _everything(deliver: Deliver, address: Address) -> None:
    """As the house does: come back when something was put off."""
    while (again := await deliver(address)) is not None:  # noqa: ASYNC110 - it waits as long as it is told, not for an event
        await asyncio.sleep(max((again - _moment()).total_seconds(), 0))


@pytest.mark.parametrize(
    ("name", "limit", "chats", "allowed"),
    [
        ("telegram", _telegram, 500, 5000 / 30),
        ("discord", _discord, 40, 5000 / 40 - 5),
        ("slack", _slack, 50, 99),
        ("slack", _slack, 1, 4998),
    ],
)
def test_five_thousand_replies_take_as_long_as_the_limits_allow_and_nobody_is_told_to_wait(
    name: str, limit: Callable[[], Limit], chats: int, allowed: float
) -> None:
    async def story() -> None:
        can = capabilities()[name]
        shelf, channel = Shelf(_moment), Strict(limit(), chat_rate=can.chat_rate, total_rate=can.total_rate)
        deliver = _deliver(shelf, channel)
        places = [Address("test", str(number)) for number in range(1, chats + 1)]
        for number in range(5000):
            _put(shelf, places[number % chats], f"{number:04d}")
        await asyncio.gather(*(_everything(deliver, place) for place in places))
        assert channel.refused == 0
        assert len(channel.at) == 5000
        for place in places:
            words = [reply.text for reply in channel.to(place) if isinstance(reply, Text)]
            assert words == sorted(words)
        assert _now() <= 1.1 * allowed

    _leaping(story())


def test_who_is_told_to_wait_after_a_burst_takes_no_more_bursts_and_holds_up_nobody_else() -> None:
    async def story() -> None:
        burst = RateSpec(limit=3, seconds=3)
        shelf, channel = Shelf(_moment), Strict(_telegram(), chat_rate=burst, total_rate=RateSpec(limit=30, seconds=1))
        deliver = _deliver(shelf, channel)
        slow, *others = [Address("test", str(number)) for number in range(1, 51)]
        for number in range(20):
            _put(shelf, slow, f"slow{number:02d}")
        for place in others:
            _put(shelf, place, f"quick{place.chat}")
        await asyncio.gather(*(_everything(deliver, place) for place in (slow, *others)))
        assert channel.refused == 1
        assert [key for _, key in channel.at if "slow" in key] == [f"slow{number:02d}" for number in range(20)]
        assert max(at for at, key in channel.at if "quick" in key) < 3
        assert _now() < 1.1 * (20 + 2)

    _leaping(story())


class Telling(KeepingChannel):
    """Notes when each message comes, and tells the first to wait."""

    def __init__(self, error: Throttled, **rates: RateSpec) -> None:
        super().__init__(replace(FULL, **rates))
        self.failures.append(error)
        self.at: dict[str, float] = {}

    async def send(self, outbound: OutboundMessage, *, target: str = "") -> str:
        receipt = await super().send(outbound, target=target)
        self.at[outbound.id] = _now()
        return receipt


def _told(everybody: bool) -> dict[str, float]:
    """When three chats were sent to, of which the first was told to wait for 40 s."""
    told = Telling(
        Throttled("wait", retry_after=40, everybody=everybody),
        chat_rate=SECOND,
        total_rate=RateSpec(limit=1, seconds=0),
    )

    async def story() -> None:
        shelf = Shelf(_moment)
        deliver = _deliver(shelf, told)
        for name in "abc":
            _put(shelf, Address("test", name), name)
        await asyncio.gather(*(_everything(deliver, Address("test", name)) for name in "abc"))

    _leaping(story())
    return told.at


def test_a_chat_that_has_to_wait_waits_alone() -> None:
    at = _told(everybody=False)
    assert at["a"] >= 40
    assert max(at["b"], at["c"]) < 1


def test_when_the_platform_tells_everybody_to_wait_everybody_does() -> None:
    assert min(_told(everybody=True).values()) >= 40


def test_a_limit_without_seconds_is_how_many_go_out_at_a_time() -> None:
    async def story() -> None:
        pacer, going, most = RateLimiter(), 0, 0

        async def goes() -> None:
            nonlocal going, most
            async with pacer.acquire((RateLimit(name="all", rate=RateSpec(limit=4, seconds=0), shared=True),)) as place:
                await place.ready()
                going += 1
                most = max(most, going)
                await asyncio.sleep(1)
                going -= 1
                place.spent()

        await asyncio.gather(*(goes() for _ in range(12)))
        assert most == 4
        assert _now() < 3.01

    _leaping(story())


def test_a_round_that_finds_nothing_to_send_uses_up_nothing() -> None:
    async def story() -> None:
        shelf, channel = Shelf(_moment), KeepingChannel(replace(FULL, chat_rate=RateSpec(limit=1, seconds=3600)))
        deliver, here = _deliver(shelf, channel), Address("test", "1")
        for _ in range(100):
            await deliver(here)
        _put(shelf, here, "at last")
        await deliver(here)
        assert _now() == 0
        assert channel.to(here) == [Text(text="at last")]

    _leaping(story())


def test_who_stops_waiting_gives_way() -> None:
    async def story() -> None:
        pacer = RateLimiter()
        mine = (
            RateLimit(name="mine", rate=RateSpec(limit=1, seconds=100)),
            RateLimit(name="all", rate=SECOND, shared=True),
        )

        async def goes(lanes: tuple[RateLimit, ...]) -> None:
            async with pacer.acquire(lanes) as place:
                await place.ready()
                place.spent()

        await goes(mine)
        waiting = asyncio.create_task(goes(mine))
        await asyncio.sleep(50)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await goes(mine)
        assert 100 <= _now() < 100.01

    _leaping(story())


def test_queues_that_nobody_waits_in_are_forgotten_without_forgetting_any_limit() -> None:
    async def story() -> None:
        pacer = RateLimiter()
        for number in range(5000):
            async with pacer.acquire((RateLimit(name=str(number), rate=SECOND),)) as place:
                place.spent()
            await asyncio.sleep(0.01)
        async with pacer.acquire((RateLimit(name="4999", rate=SECOND),)) as place:
            await place.ready()
            assert _now() >= 5000 * 0.01 + 0.98
        assert pacer.queues <= 1100

    _leaping(story())
