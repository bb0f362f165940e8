"""The door: an event is kept for good, then somebody is woken."""

from dataclasses import dataclass

from core.event import Event
from core.mind.words import stops
from core.ports.street import Inbox, Wake


@dataclass(frozen=True, slots=True, kw_only=True)
class Receive:
    """Keeps an event and rings; what asks to stop is passed on at once as well. When it returns, the event is durable; when it raises, the platform must send it again."""

    inbox: Inbox
    wake: Wake

    async def __call__(self, event: Event) -> bool:
        """True when the event was new."""
        new = await self.inbox.accept(event)
        if new and event.addressed:
            if stops(event):
                await self.wake.stop(event.address)
            self.wake.turn([event.address])
        return new
