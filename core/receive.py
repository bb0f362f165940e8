"""The door: an event is kept for good, then somebody is woken."""

from dataclasses import dataclass

from core.dialogue.text import ends
from core.event import Event, Joined, Left
from core.ports.consent import Consents
from core.ports.messaging import Inbox, Wake


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveEvents:
    """Keeps an event and rings; what asks to stop is passed on at once as well. When it returns, the event is durable; when it raises, the platform must send it again."""

    inbox: Inbox
    wake: Wake
    consents: Consents | None = None

    async def __call__(self, event: Event) -> bool:
        """True when the event was new. Whether the person wants messages at all is written down before the event is."""
        await self._consent(event)
        new = await self.inbox.accept(event)
        if new and event.addressed:
            if ends(event):
                await self.wake.stop(event.address)
            self.wake.turn([event.address])
        return new

    async def _consent(self, event: Event) -> None:
        if self.consents is None or event.group:
            return
        if isinstance(event.body, Left):
            await self.consents.withdraw(event.address, why="asked", event=event.id)
        elif event.opts_in or isinstance(event.body, Joined):
            await self.consents.renew(event.address, event=event.id)
