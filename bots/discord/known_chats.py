"""Which chats of which server the bot has been spoken to in, as Discord names the server alone when it puts the bot out."""

from collections import OrderedDict
from datetime import datetime

from bots.discord.parse import ParsedUpdate
from bots.discord.removals import left
from core.event import Event, Left

_MOST = 65_536


class KnownChats:
    """Remembers within one process, the latest chats first."""

    def __init__(self) -> None:
        self._servers: OrderedDict[str, str] = OrderedDict()

    def settled(self, reading: ParsedUpdate, now: datetime) -> tuple[Event, ...]:
        """The reading's events without departures from where nobody spoke to the bot, and with one for every chat of a server it was put out of."""
        for event in reading.events:
            if reading.guild and event.group and event.addressed and not isinstance(event.body, Left):
                self._remember(event.address.chat, reading.guild)
        kept = [event for event in reading.events if not isinstance(event.body, Left) or self._forget(event)]
        if reading.left:
            chats = [chat for chat, server in self._servers.items() if server == reading.left]
            kept += [self._put_out(chat, reading.left, now) for chat in chats]
        return tuple(kept)

    def _remember(self, chat: str, server: str) -> None:
        self._servers[chat] = server
        self._servers.move_to_end(chat)
        if len(self._servers) > _MOST:
            self._servers.popitem(last=False)

    def _forget(self, event: Event) -> bool:
        return self._servers.pop(event.address.chat, None) is not None

    def _put_out(self, chat: str, server: str, now: datetime) -> Event:
        del self._servers[chat]
        return left(chat, server, now, named=f"{chat}:{int(now.timestamp())}")
