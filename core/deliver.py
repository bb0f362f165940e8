"""The way out: parcels of a conversation, one after another, each until it is sent, put off or dead."""

import asyncio
from collections import OrderedDict
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from core.address import Address
from core.channel import Channel
from core.clock import Clock
from core.errors import Refused, Superseded, Throttled, Unreachable
from core.fit import fit, simpler, step
from core.outbound import OutboundMessage
from core.ports.count import Count
from core.ports.messaging import DueOutbound, Outbox
from core.rate_limit import RateLimiter, WaitingSend, lanes
from core.reply import Choice, Reply, Text, Voice

ATTEMPTS = 12
BROKEN = timedelta(minutes=5)
"""A reply is given up when it has been tried so often and, since it was due, has broken whoever sends it for so long."""
AWAY = timedelta(days=2)
"""How long a reply waits for a platform that does not answer."""
_FIRST_WAIT = 1.0
_LONGEST_WAIT = 600.0
_REMEMBERED = 1000
_DOUBLED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """Delivers what is due at an address, at the pace its platform allows.

    `lease` is how long a parcel stays taken when whoever sends it falls silent; nothing is taken while it waits for
    its place. `begun` is how far the parcels have come whose first try was not their last.
    """

    outbox: Outbox
    channels: Mapping[str, Channel]
    clock: Clock
    count: Count
    lease: timedelta = timedelta(seconds=30)
    pacer: RateLimiter = field(default_factory=RateLimiter)
    begun: "OrderedDict[str, _Descent]" = field(default_factory=lambda: OrderedDict[str, _Descent]())

    async def __call__(self, address: Address) -> datetime | None:
        """Send until nothing is due; returns when the next try is worth while, if something was put off.

        What breaks a channel in an unexpected way is raised, and tried again when the lease ends, until it is given up;
        a platform that does not answer is tried for days.
        """
        channel = self.channels.get(address.channel)
        limits = lanes(channel, address) if channel else ()
        more: datetime | bool = True
        while more is True:
            async with self.pacer.acquire(limits) as place:
                due = await self.outbox.next(address, self.lease)
                more = await self._one(due, place) if due else False
        return more or None

    async def _one(self, due: DueOutbound, place: WaitingSend) -> datetime | bool:
        """When to try again, or whether there may be more to send."""
        outbound = due.outbound
        channel = self.channels.get(outbound.address.channel)
        if channel is None:
            return await self._later(outbound, self._wait(outbound), "the channel is switched off")
        await place.ready()
        descent = self._descent(channel, outbound)
        try:
            receipt = await self._leased(outbound, place, descent.send(outbound.reply, due.target, outbound.id))
        except Superseded:
            self.count("delivery_superseded")
            return False
        except Throttled as error:
            place.on_throttled(error.retry_after, everybody=error.everybody)
            return await self._later(outbound, error.retry_after, "throttled", tried=False)
        except Unreachable as error:
            if self.clock.now() - due.written >= AWAY:
                return await self._dead(outbound, f"given up: {error}")
            return await self._later(outbound, self._wait(outbound), str(error))
        except Refused as error:
            return await self._dead(outbound, str(error))
        except Exception as error:
            if outbound.attempts < ATTEMPTS or self.clock.now() - due.due < BROKEN:
                raise
            return await self._dead(outbound, f"it broke whoever sent it: {type(error).__name__}")
        more = await self.outbox.sent(outbound, receipt, offered=descent.offered)
        self.begun.pop(outbound.id, None)
        self.count("parcel_sent", channel=channel.name)
        return more

    async def _leased(self, outbound: OutboundMessage, place: WaitingSend, sending: Coroutine[Any, Any, str]) -> str:
        """Send while the lease is renewed. Raises `Superseded` when someone else has the parcel now."""
        task = asyncio.create_task(sending)
        try:
            while not (await asyncio.wait({task}, timeout=self.lease.total_seconds() / 3))[0]:
                if not await self._renewed(outbound):
                    raise Superseded(str(outbound.address))
            return task.result()
        finally:
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            place.spent()

    async def _renewed(self, outbound: OutboundMessage) -> bool:
        try:
            return await self.outbox.renew(outbound, self.lease)
        except Unreachable:
            return True  # while the database is away, nobody else can take it either

    def _descent(self, channel: Channel, outbound: OutboundMessage) -> "_Descent":
        """How far the parcel has come in tries before."""
        if outbound.id not in self.begun:
            self.begun[outbound.id] = _Descent(channel=channel, outbound=outbound, count=self.count)
        if len(self.begun) > _REMEMBERED:
            self.begun.popitem(last=False)
        return self.begun[outbound.id]

    async def _later(self, outbound: OutboundMessage, seconds: float, why: str, *, tried: bool = True) -> datetime:
        at = self.clock.now() + timedelta(seconds=seconds)
        await self.outbox.later(outbound, at, why, tried=tried)
        self.count("parcel_later", channel=outbound.address.channel)
        return at

    async def _dead(self, outbound: OutboundMessage, why: str) -> bool:
        await self.outbox.dead(outbound, why)
        self.begun.pop(outbound.id, None)
        self.count("parcel_dead", channel=outbound.address.channel)
        return True

    @staticmethod
    def _wait(outbound: OutboundMessage) -> float:
        return min(_FIRST_WAIT * 2 ** min(max(outbound.attempts - 1, 0), _DOUBLED), _LONGEST_WAIT)


@dataclass(slots=True, kw_only=True)
class _Descent:
    """A parcel's way down the ladder of forms: what was refused, and the receipts of the pieces that went out instead, by where they stand.

    It is kept from one try to the next in this process, so that a piece that has to wait does not have those before it
    sent again. `offered` are the choices that could only be numbered.
    """

    channel: Channel
    outbound: OutboundMessage
    count: Count
    refused: set[str] = field(default_factory=set[str])
    sent: dict[str, str] = field(default_factory=dict[str, str])
    offered: tuple[Choice, ...] = ()

    async def send(self, reply: Reply, target: str, key: str, at: str = "") -> str:
        """Send a reply or, where the channel refuses its form, the next simpler one: each of its pieces under a key of its own."""
        if at in self.sent:
            return self.sent[at]
        if at not in self.refused:
            try:
                piece = replace(self.outbound, id=key, reply=reply)
                self.sent[at] = await self.channel.send(piece, target=target)
                return self.sent[at]
            except Refused as error:
                self._refuse(reply, at, error)
        lower = simpler(reply)
        receipt = ""
        for number, part in enumerate(fit(lower, self.channel.capabilities) if lower else ()):
            receipt = await self.send(part, "", f"{key}/{number}" if number else key, f"{at}/{number}")
        return receipt

    def _refuse(self, reply: Reply, at: str, error: Refused) -> None:
        """Go one step down, and count it. Raises the error at the ladder's foot, or where the person is gone."""
        lower = simpler(reply)
        written = isinstance(reply, Voice) and reply.repeats
        if error.gone or (lower is None and not written):
            raise error
        self.refused.add(at)
        self.count("fallback", channel=self.channel.name, form=step(reply, lower))
        if isinstance(reply, Text) and reply.choices:
            self.offered = reply.choices
