"""A conversation as a story tells it: `says`, `hears`, `taps`."""

import asyncio
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from sqlalchemy import text

from core import wire
from core.conversation import ConversationState
from core.reply import Choice, Mark, Quiz, Reply, Text
from tests.stories.clients import Phone, bare
from tests.stories.program import StoryHouse

Kind = TypeVar("Kind", bound=Reply)

_SENT = text(
    "SELECT seq, payload, platform_id FROM outbound WHERE address = :address AND state = 'sent' AND seq > :seq ORDER BY seq"
)
_STATE = text("SELECT state FROM conversations WHERE address = :address")


@dataclass(frozen=True, kw_only=True)
class Delivered:
    reply: Reply
    receipt: str


class Talk:
    """One person and Sona. What Sona sent is heard in order, and only when it stands on the person's screen."""

    def __init__(self, house: StoryHouse, phone: Phone) -> None:
        self.house = house
        self.phone = phone
        self._heard: deque[Delivered] = deque()
        self._seen = 0
        self._last: Delivered | None = None

    async def says(self, words: str) -> None:
        """Say something and wait until all of its answers are there."""
        await self.phone.says(words)
        await self.settles()

    async def speaks(self, sound: bytes) -> None:
        await self.phone.speaks(sound)
        await self.settles()

    async def shares(self, name: str, mime: str, data: bytes) -> None:
        await self.phone.shares(name, mime, data)
        await self.settles()

    async def taps(self, label: str) -> None:
        """Tap the button of what was heard last that shows these words."""
        assert self._last is not None, "nothing was heard yet"
        assert isinstance(self._last.reply, Text | Quiz), self._last.reply
        choices = self._last.reply.choices or _listed(self._last.reply)
        found = [choice for choice in choices if choice.label == label]
        assert found, f"no button {label!r} among {[choice.label for choice in choices]}"
        await self.taps_choice(found[0])

    async def taps_choice(self, choice: Choice) -> None:
        assert self._last is not None
        await self.phone.taps(choice, self._last.receipt)
        await self.settles()

    async def interrupts(self, words: str) -> None:
        """Say something while an answer is being written."""
        await self.phone.interrupts(words)

    async def sees_drafted(self, words: str) -> None:
        """Wait until an answer under way shows these words."""
        async with asyncio.timeout(10):
            while not any(words in draft for draft in self.phone.drafts()):
                await self.phone.glances()

    async def settles(self) -> None:
        """Wait until nothing happens any more, and take in what came."""
        await self.house.settles()
        for row in await self.rows(_SENT, {"address": str(self.phone.address), "seq": self._seen}):
            self._seen = row.seq
            self._heard.append(Delivered(reply=wire.load_reply(row.payload), receipt=row.platform_id))

    async def hears(self, kind: type[Kind], *words: str) -> Kind:
        """The next thing Sona sent: of this kind, with all these words in it, and visible."""
        assert self._heard, f"nothing more was said; {kind.__name__} was awaited"
        self._last = self._heard.popleft()
        reply = self._last.reply
        assert isinstance(reply, kind), reply
        for each in words:
            assert each in said(reply), f"{each!r} is not in {said(reply)!r}"
        screen = await self.phone.shown(self._last.receipt)
        assert any(bare(said(reply)) in bare(shown) for shown in screen), (
            f"{said(reply)!r} is not on the screen: {screen[-3:]}"
        )
        return reply

    async def sound(self) -> bytes:
        """The sound at what was heard last, as the person's device plays it."""
        assert self._last is not None
        return await self.phone.sound(self._last.receipt)

    @property
    def receipt(self) -> str:
        """The platform's id of what was heard last."""
        assert self._last is not None
        return self._last.receipt

    def looks_back(self, receipt: str) -> None:
        """Turn to a message that was heard before."""
        assert self._last is not None
        self._last = replace(self._last, receipt=receipt)

    def hears_nothing_more(self) -> None:
        assert not self._heard, [delivered.reply for delivered in self._heard]

    def rest(self) -> tuple[Reply, ...]:
        """Everything that was sent and not heard yet, in whatever order; it is heard by that."""
        rest = tuple(delivered.reply for delivered in self._heard)
        self._heard.clear()
        return rest

    def forgets(self) -> None:
        """Let what was sent but not heard yet go by."""
        self._heard.clear()

    async def state(self) -> ConversationState:
        """Where the conversation stands, as it is kept."""
        (row,) = await self.rows(_STATE, {"address": str(self.phone.address)})
        return wire.load_state(row.state)

    async def rows(self, statement: Any, parameters: Mapping[str, Any]) -> Any:
        return await self.house.stores.database.run(statement, dict(parameters))


def said(reply: Reply) -> str:
    match reply:
        case Quiz(question=question):
            return question
        case Mark(judged=True, choices=choices, right=right):
            return next(choice.label for choice in choices if choice.value == right)
        case Mark():
            return reply.text
        case _:
            return reply.text


def _listed(reply: Text | Quiz) -> tuple[Choice, ...]:
    """The choices that a channel without buttons could only write down."""
    labels = re.findall(r"^(?:\d|[A-Z])\. (.+)$", said(reply), re.MULTILINE)
    return tuple(Choice(label=label, value=label) for label in labels)
