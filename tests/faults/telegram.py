"""Telegram's side of a conversation under fire: it insists until an update is taken, and notes when it took a message."""

import asyncio
import itertools
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.fakes.telegram import FakeTelegram
from tests.fakes.telegram_methods import Call

_FIRST_WAIT, _LONGEST_WAIT = 0.1, 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A message that the platform took, and when, on the monotonic clock."""

    chat: int
    text: str
    at: float


class WatchedTelegram(FakeTelegram):
    """Notes each message the moment it is accepted; a call takes up to `slowest` seconds to come in, and its answer to come back."""

    def __init__(self, chance: random.Random, *, slowest: float) -> None:
        super().__init__()
        self.accepted: list[Accepted] = []
        self._chance = chance
        self._slowest = slowest

    async def _answered(self, call: Call) -> object:
        await asyncio.sleep(self._chance.uniform(0, self._slowest))
        result = await super()._answered(call)
        await asyncio.sleep(self._chance.uniform(0, self._slowest))
        return result

    def sendmessage(self, call: Call) -> object:
        sent: Any = super().sendmessage(call)
        self.accepted.append(Accepted(chat=sent["chat"]["id"], text=sent["text"], at=time.monotonic()))
        return sent


@dataclass(slots=True, kw_only=True)
class Postman:
    """Calls the webhook as Telegram does: a chat's updates one after the other, each again until it is answered with 200.

    `taken` is when an update was taken last, `done` says that all were.
    """

    url: str
    secret: str
    chance: random.Random
    slowest: float
    repeats: int = 0
    taken: float = 0.0
    done: bool = False
    _updates: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def posts(self, chats: Sequence[int], words: Sequence[Sequence[str]]) -> None:
        """All words of all chats, each chat at its own pace with pauses of up to `slowest` seconds."""
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session,
            asyncio.TaskGroup() as group,
        ):
            for chat, said in zip(chats, words, strict=True):
                group.create_task(self._chat(session, chat, said))
        self.done = True

    async def _chat(self, session: aiohttp.ClientSession, chat: int, said: Sequence[str]) -> None:
        for word in said:
            await asyncio.sleep(self.chance.uniform(0, self.slowest))
            update = self._update(chat, word)
            wait = _FIRST_WAIT
            while not await self._taken(session, update):
                self.repeats += 1
                await asyncio.sleep(wait)
                wait = min(wait * 2, _LONGEST_WAIT)
            self.taken = time.monotonic()

    async def _taken(self, session: aiohttp.ClientSession, update: dict[str, Any]) -> bool:
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.secret}
        try:
            async with session.post(self.url, json=update, headers=headers) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    def _update(self, chat: int, text: str) -> dict[str, Any]:
        number = next(self._updates)
        return {
            "update_id": number,
            "message": {
                "message_id": number,
                "date": 1795254000 + number,
                "chat": {"id": chat, "type": "private"},
                "from": {"id": chat, "is_bot": False, "first_name": "Lan", "language_code": "en"},
                "text": text,
            },
        }
