"""Delivers replies, each in the best form that Telegram takes; what it takes in no form is refused."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from bots.delivery import CountFallback, SendStep
from bots.telegram import callback, quiz, render
from bots.telegram.client import TelegramClient
from bots.telegram.errors import (
    MigratedToSupergroup,
    NoTextToEdit,
    TelegramUneditable,
    Unchanged,
    Unparsable,
    VoiceForbidden,
)
from bots.telegram.html import CAPTION_LIMIT, length
from bots.telegram.live import TelegramStreams
from bots.telegram.render import TelegramMessage
from core.address import Address
from core.errors import Refused
from core.media import Media
from core.outbound import OutboundMessage
from core.ports.blobs import Blobs
from core.reply import Choice, Document, Mark, Picture, Quiz, Reply, Text, Voice

_REMEMBERED = 256


class TelegramSender:
    """Sends replies for one bot. `key` signs buttons, `streams` knows which answers are half written.

    `count` receives plain, numbers, audio, post or buttons.
    """

    def __init__(
        self, *, client: TelegramClient, key: bytes, blobs: Blobs, streams: TelegramStreams, count: CountFallback
    ) -> None:
        self._client = client
        self._key = key
        self._blobs = blobs
        self._streams = streams
        self._count = count
        self._moved: dict[str, str] = {}
        self._begun: OrderedDict[tuple[str, Reply], tuple[str, ...]] = OrderedDict()

    async def send(self, outbound: OutboundMessage, *, target: str) -> str:
        """The id of the message sent, or of the last one where it took several.

        A retry in the same process resumes after the messages that were sent. A group that has become a supergroup is
        followed there.
        """
        address, reply, key = outbound.address, outbound.reply, outbound.id
        address = replace(address, chat=self._moved.get(address.chat, address.chat))
        try:
            return await self._walk((key, reply), self._steps(address, reply, target))
        except MigratedToSupergroup as moved:
            self._moved[address.chat] = str(moved.chat)
        address = replace(address, chat=self._moved[address.chat])
        return await self._walk((key, reply), self._steps(address, reply, ""))

    async def _walk(self, key: tuple[str, Reply], steps: Sequence[SendStep]) -> str:
        sent = self._begun.pop(key, ())
        for step in steps[len(sent) :]:
            try:
                sent = (*sent, await step())
            except BaseException:
                self._remember(key, sent)
                raise
        return sent[-1]

    def _remember(self, key: tuple[str, Reply], sent: tuple[str, ...]) -> None:
        if sent:
            self._begun[key] = sent
        if len(self._begun) > _REMEMBERED:
            self._begun.popitem(last=False)

    def _steps(self, address: Address, reply: Reply, target: str) -> tuple[SendStep, ...]:
        match reply:
            case Text():
                return self._texts(address, render.texts(reply, self._sign(address)), reply.choices)
            case Voice():
                return self._spoken(address, reply)
            case Quiz():
                return self._quiz(address, reply)
            case Mark():
                return self._mark(address, reply, target)
            case Picture():
                return self._picture(address, reply)
            case Document():
                return self._document(address, reply)

    def _sign(self, address: Address) -> Callable[[str], str]:
        return lambda choice: callback.encode(choice, address, self._key)

    def _texts(
        self, address: Address, messages: tuple[TelegramMessage, ...], choices: tuple[Choice, ...]
    ) -> tuple[SendStep, ...]:
        if not messages:
            raise Refused("there are no words to send")
        if choices and not messages[-1].keyboard:
            self._count("numbers")
        return tuple(self._step(address, message) for message in messages)

    def _step(self, address: Address, message: TelegramMessage) -> SendStep:
        return lambda: self._say(address, message)

    async def _say(self, address: Address, message: TelegramMessage) -> str:
        """Put the words where the answer is half written already, or send them as a new message."""
        written = await self._streams.finish(address)
        if written:
            try:
                await self._formatted(lambda shown: self._rewrite(address, written, shown), message)
                await self._streams.forget(address)
                return written
            except (TelegramUneditable, NoTextToEdit):
                self._count("post")
                await self._streams.forget(address)
        return await self._formatted(lambda shown: self._client.say(address, shown), message)

    async def _rewrite(self, address: Address, written: str, message: TelegramMessage) -> str:
        with suppress(Unchanged):
            await self._client.rewrite(address, written, message)
        return written

    async def _formatted(self, send: Callable[[TelegramMessage], Awaitable[str]], message: TelegramMessage) -> str:
        try:
            return await send(message)
        except Unparsable:
            self._count("plain")
            return await send(message.bare())

    async def _clear(self, address: Address) -> None:
        """Take away an answer half written that nothing will take the place of."""
        if written := await self._streams.finish(address):
            with suppress(TelegramUneditable):
                await self._client.take_back(address, written)
            await self._streams.forget(address)

    def _spoken(self, address: Address, reply: Voice) -> tuple[SendStep, ...]:
        audio = reply.audio
        if audio is None:
            return self._texts(address, render.texts(Text(text=reply.text), self._sign(address)), ())
        return (lambda: self._voice(address, audio, TelegramMessage(words="")),)

    async def _voice(self, address: Address, audio: Media, caption: TelegramMessage) -> str:
        """A voice note, else a piece of audio; raises `Refused` when neither is taken."""
        data, _ = await self._blobs.get(audio.ref)
        await self._clear(address)
        try:
            return await self._formatted(lambda shown: self._client.voice(address, data, audio.seconds, shown), caption)
        except VoiceForbidden:
            self._count("audio")
        return await self._formatted(lambda shown: self._client.audio(address, data, audio.seconds, shown), caption)

    def _quiz(self, address: Address, reply: Quiz) -> tuple[SendStep, ...]:
        """A poll where the question is one for a poll and fits it, else a message with buttons."""
        if not quiz.asks(reply):
            return self._buttoned(address, reply)
        asked = quiz.poll(reply)
        if asked is None:
            self._count("buttons")
            return self._buttoned(address, reply)
        return (lambda: self._poll(address, asked, reply),)

    async def _poll(self, address: Address, asked: quiz.QuizPoll, reply: Quiz) -> str:
        """A poll, or the question with buttons where none may be sent."""
        await self._clear(address)
        try:
            return (await self._client.poll(address, asked)).receipt()
        except MigratedToSupergroup:
            raise
        except Refused as refusal:
            if refusal.gone:
                raise
        self._count("buttons")
        receipt = ""
        for step in self._buttoned(address, reply):
            receipt = await step()
        return receipt

    def _buttoned(self, address: Address, reply: Quiz) -> tuple[SendStep, ...]:
        messages = render.quiz(reply, self._sign(address))
        texts = self._texts(address, messages, () if reply.form == "ordering" else reply.choices)
        audio = reply.audio
        if audio is None:
            return texts
        if len(messages) == 1 and length(messages[0].words) <= CAPTION_LIMIT:
            return (lambda: self._voice(address, audio, messages[0]),)
        return (lambda: self._voice(address, audio, TelegramMessage(words="")), *texts)

    def _mark(self, address: Address, reply: Mark, target: str) -> tuple[SendStep, ...]:
        """Mark the question where it stands; without a place or buttons to mark, send the verdict alone, below the answer."""
        if (poll := quiz.sent(target)) is not None:
            return self._mark_poll(address, reply, poll)
        shown = render.verdict(reply)
        if not target or shown is None or not any(choice.value == reply.right for choice in reply.choices):
            return self._texts(address, render.texts(Text(text=reply.text), self._sign(address)), ())

        async def mark() -> str:
            await self._clear(address)
            return await self._formatted(lambda message: self._remark(address, target, message), shown)

        return (mark,)

    def _mark_poll(self, address: Address, reply: Mark, poll: quiz.SentQuiz) -> tuple[SendStep, ...]:
        """A poll tells its own verdict to who answered there; answered by words or voice, it is closed and the verdict said."""

        async def close() -> str:
            with suppress(Refused):
                await self._client.end_poll(address, poll.message)
            return poll.receipt()

        async def nothing() -> str:
            await self._clear(address)
            return poll.receipt()

        if reply.judged:
            return (nothing,)
        return (close, *self._texts(address, render.texts(Text(text=reply.text), self._sign(address)), ()))

    async def _remark(self, address: Address, target: str, message: TelegramMessage) -> str:
        with suppress(NoTextToEdit):
            return await self._rewrite(address, target, message)
        with suppress(Unchanged):
            await self._client.recaption(address, target, message)
        return target

    def _picture(self, address: Address, reply: Picture) -> tuple[SendStep, ...]:
        caption, rest = render.caption(reply.text)
        return (
            lambda: self._photo(address, reply, TelegramMessage(words=caption)),
            *(self._step(address, m) for m in rest),
        )

    def _document(self, address: Address, reply: Document) -> tuple[SendStep, ...]:
        caption, rest = render.caption(reply.text)

        async def send() -> str:
            data, _ = await self._blobs.get(reply.media.ref)
            await self._clear(address)
            name = reply.media.name or "sona"
            shown = TelegramMessage(words=caption)
            return await self._formatted(lambda message: self._client.document(address, data, name, message), shown)

        return (send, *(self._step(address, message) for message in rest))

    async def _photo(self, address: Address, reply: Picture, caption: TelegramMessage) -> str:
        data, _ = await self._blobs.get(reply.media.ref)
        await self._clear(address)
        return await self._formatted(lambda shown: self._client.photo(address, data, shown), caption)
