"""The way out: parcels of a conversation, one after another, each until it is sent, put off or dead."""

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from core.address import Address
from core.channel import Channel
from core.clock import Clock
from core.conversation import Parcel
from core.errors import Refused, Superseded, Throttled, Unreachable
from core.fit import fit, simpler, step
from core.pace import Pacer, Place, lanes
from core.ports.count import Count
from core.ports.street import Due, Outbox
from core.reply import Reply

ATTEMPTS = 12
BROKEN = timedelta(minutes=5)
"""A reply is given up when it has been tried so often and, since it was due, has broken whoever sends it for so long."""
AWAY = timedelta(days=2)
"""How long a reply waits for a platform that does not answer."""
_FIRST_WAIT = 1.0
_LONGEST_WAIT = 600.0
_DOUBLED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """Delivers what is due at an address, at the pace its platform allows.

    `lease` is how long a parcel stays taken when whoever sends it falls silent; nothing is taken while it waits for
    its place.
    """

    outbox: Outbox
    channels: Mapping[str, Channel]
    clock: Clock
    count: Count
    lease: timedelta = timedelta(seconds=30)
    pacer: Pacer = field(default_factory=Pacer)

    async def __call__(self, address: Address) -> datetime | None:
        """Send until nothing is due; returns when the next try is worth while, if something was put off.

        What breaks a channel in an unexpected way is raised, and tried again when the lease ends, until it is given up;
        a platform that does not answer is tried for days.
        """
        channel = self.channels.get(address.channel)
        limits = lanes(channel, address) if channel else ()
        more: datetime | bool = True
        while more is True:
            async with self.pacer.place(limits) as place:
                due = await self.outbox.next(address, self.lease)
                more = await self._one(due, place) if due else False
        return more or None

    async def _one(self, due: Due, place: Place) -> datetime | bool:
        """When to try again, or whether there may be more to send."""
        parcel = due.parcel
        channel = self.channels.get(parcel.address.channel)
        if channel is None:
            return await self._later(parcel, self._wait(parcel), "the channel is switched off")
        await place.ready()
        try:
            receipt = await self._leased(
                parcel, place, self._send(channel, parcel, parcel.reply, due.target, parcel.id)
            )
        except Superseded:
            self.count("delivery_superseded")
            return False
        except Throttled as error:
            place.told(error.retry_after, everybody=error.everybody)
            return await self._later(parcel, error.retry_after, "throttled", tried=False)
        except Unreachable as error:
            if self.clock.now() - due.written >= AWAY:
                return await self._dead(parcel, f"given up: {error}")
            return await self._later(parcel, self._wait(parcel), str(error))
        except Refused as error:
            return await self._dead(parcel, str(error))
        except Exception as error:
            if parcel.attempts < ATTEMPTS or self.clock.now() - due.due < BROKEN:
                raise
            return await self._dead(parcel, f"it broke whoever sent it: {type(error).__name__}")
        more = await self.outbox.sent(parcel, receipt)
        self.count("parcel_sent", channel=channel.name)
        return more

    async def _leased(self, parcel: Parcel, place: Place, sending: Coroutine[Any, Any, str]) -> str:
        """Send while the lease is renewed. Raises `Superseded` when someone else has the parcel now."""
        task = asyncio.create_task(sending)
        try:
            while not (await asyncio.wait({task}, timeout=self.lease.total_seconds() / 3))[0]:
                if not await self._renewed(parcel):
                    raise Superseded(str(parcel.address))
            return task.result()
        finally:
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            place.spent()

    async def _renewed(self, parcel: Parcel) -> bool:
        try:
            return await self.outbox.renew(parcel, self.lease)
        except Unreachable:
            return True  # while the database is away, nobody else can take it either

    async def _send(self, channel: Channel, parcel: Parcel, reply: Reply, target: str, key: str) -> str:
        """Send a reply or, where the channel refuses its form, the next simpler one: each of its pieces under a key of its own."""
        try:
            return await channel.send(parcel.address, reply, key=key, target=target)
        except Refused as error:
            lower = simpler(reply)
            if error.gone or lower is None:
                raise
            self.count("fallback", channel=channel.name, form=step(reply, lower))
        receipt = ""
        for number, piece in enumerate(fit(lower, channel.capabilities)):
            receipt = await self._send(channel, parcel, piece, "", f"{key}/{number}" if number else key)
        return receipt

    async def _later(self, parcel: Parcel, seconds: float, why: str, *, tried: bool = True) -> datetime:
        at = self.clock.now() + timedelta(seconds=seconds)
        await self.outbox.later(parcel, at, why, tried=tried)
        self.count("parcel_later", channel=parcel.address.channel)
        return at

    async def _dead(self, parcel: Parcel, why: str) -> bool:
        await self.outbox.dead(parcel, why)
        self.count("parcel_dead", channel=parcel.address.channel)
        return True

    @staticmethod
    def _wait(parcel: Parcel) -> float:
        return min(_FIRST_WAIT * 2 ** min(max(parcel.attempts - 1, 0), _DOUBLED), _LONGEST_WAIT)
