"""Chats by server in which the bot was addressed, because Discord reports a removal from a server without its channels."""

from collections import OrderedDict
from datetime import datetime

from bots.discord.parse import ParsedUpdate
from bots.discord.removals import left_event
from core.event import Event, Left

_MAX_CHATS = 65_536


class KnownChats:
    """Remembers the most recent chats in the memory of one process."""

    def __init__(self) -> None:
        self._servers: OrderedDict[str, str] = OrderedDict()

    def resolve_removals(self, update: ParsedUpdate, now: datetime) -> tuple[Event, ...]:
        """Return the events without `Left` for unknown chats, and with a `Left` for each known chat of a server that removed the bot."""
        for event in update.events:
            if update.guild and event.group and event.addressed and not isinstance(event.body, Left):
                self._remember(event.address.chat, update.guild)
        kept = [event for event in update.events if not isinstance(event.body, Left) or self._forget(event)]
        if update.left_guild:
            chats = [chat for chat, server in self._servers.items() if server == update.left_guild]
            kept += [self._removed(chat, update.left_guild, now) for chat in chats]
        return tuple(kept)

    def _remember(self, chat: str, server: str) -> None:
        self._servers[chat] = server
        self._servers.move_to_end(chat)
        if len(self._servers) > _MAX_CHATS:
            self._servers.popitem(last=False)

    def _forget(self, event: Event) -> bool:
        return self._servers.pop(event.address.chat, None) is not None

    def _removed(self, chat: str, server: str, now: datetime) -> Event:
        del self._servers[chat]
        return left_event(chat, server, now, id_suffix=f"{chat}:{int(now.timestamp())}")
