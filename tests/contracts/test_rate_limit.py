"""Over the wire: a chat that a platform holds back waits alone, and what a platform says to everybody everybody obeys."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from core.address import Address
from core.deliver import Deliver
from core.outbound import OutboundMessage
from core.reply import Text
from tests.contracts.channels import Counted, openers
from tests.fakes.clock import ManualClock
from tests.fakes.discord_rules import rate_limited
from tests.fakes.outbox import Shelf
from tests.fakes.twilio_rules import Wrong

ELSEWHERE = {
    "telegram": Address("telegram", "8"),
    "discord": Address("discord", "8"),
    "slack": Address("slack", "T1.D2", "1699999999.000001"),
    "sms": Address("sms", "+14155550199"),
}
HELD_BACK: dict[str, Callable[[Any], object]] = {
    "telegram": lambda api: api.refuse("sendMessage", 429, "Too Many Requests: retry after 60", retry_after=60),
    "discord": lambda api: api.refuse("POST /channels/7/messages", rate_limited(60.0)),
    "slack": lambda api: api.refuse("chat.postMessage", "ratelimited", status=429, retry_after=60),
    "sms": lambda api: api.wrongs.append(Wrong(429, 20429, "Too Many Requests", retry_after=60)),
}


def _rooms(name: str, api: Any) -> None:
    match name:
        case "telegram":
            api.chat(8)
        case "discord":
            api.channel("8")
        case "slack":
            api.channel("D2")
        case _:
            pass


@pytest.mark.parametrize("name", list(ELSEWHERE))
async def test_a_chat_that_is_held_back_holds_up_nobody_else_but_where_everybody_is_told(name: str) -> None:
    async with openers()[name]() as opened:
        harness: Any = opened
        _rooms(name, harness.api)
        clock, here, elsewhere = ManualClock(), harness.address, ELSEWHERE[name]
        shelf = Shelf(clock.now)
        deliver = Deliver(outbox=shelf, channels={name: harness.channel}, clock=clock, count=Counted())
        for number in range(2):
            shelf.put(OutboundMessage(id=f"a{number}", address=here, reply=Text(text=f"here {number}")))
            shelf.put(OutboundMessage(id=f"b{number}", address=elsewhere, reply=Text(text=f"there {number}")))
        HELD_BACK[name](harness.api)
        again = await deliver(here)
        assert again is not None
        assert (again - clock.now()).total_seconds() == 60
        others = asyncio.create_task(deliver(elsewhere))
        done, _ = await asyncio.wait({others}, timeout=0.3 if name == "sms" else 5)
        assert bool(done) == (name != "sms")
        others.cancel()
        await asyncio.gather(others, return_exceptions=True)
        assert len(shelf.waiting[here]) == 2
        assert len(shelf.waiting[elsewhere]) == (2 if name == "sms" else 0)
