"""Delivers replies, each in the best form that Slack takes; what it takes in no form is refused."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from bots.delivery import CountFallback, SendStep
from bots.slack import interactive, render, signed_value
from bots.slack.client import UPDATE_TEXT, SlackClient
from bots.slack.drafts import SlackDraft
from bots.slack.errors import NotStreaming, SlackUneditable, Unformatted
from bots.slack.leftover_drafts import removed
from bots.slack.location import SlackLocation
from bots.slack.mrkdwn import escaped, notice
from bots.slack.render import SlackMessage
from bots.slack.streams import SlackStreams
from core.address import Address
from core.errors import Failure, Refused
from core.media import Media
from core.ports.blobs import Blobs
from core.reply import Choice, Document, Mark, Picture, Quiz, Reply, Text, Voice

_REMEMBERED = 256
_CAPTION = 3000
_ENDINGS = {"audio/ogg": "ogg", "audio/mpeg": "mp3", "audio/mp4": "m4a", "audio/wav": "wav", "image/png": "png"}
_SHOWN = frozenset(("image/png", "image/jpeg", "image/gif"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCall:
    """Where a reply goes, and its idempotency key, which tells when it was made."""

    address: Address
    key: str


class SlackSender:
    """Sends replies for one app. `key` signs buttons, `streams` knows which answers are half written, `spell` writes commands as people can send them."""

    def __init__(
        self,
        *,
        client: SlackClient,
        key: bytes,
        blobs: Blobs,
        streams: SlackStreams,
        count: CountFallback,
        spell: Callable[[str], str],
    ) -> None:
        self._client = client
        self._key = key
        self._blobs = blobs
        self._streams = streams
        self._count = count
        self._spell = spell
        self._begun: OrderedDict[tuple[str, Reply], tuple[str, ...]] = OrderedDict()

    async def send(self, address: Address, reply: Reply, *, key: str, target: str) -> str:
        """The timestamp of the message sent, or of the last one where it took several; a file's id for a file.

        A retry with the same `key` in this process goes on after the messages that went through.
        """
        steps = self._steps(ApiCall(address=address, key=key), self._spelled(reply), target)
        sent = self._begun.pop((key, reply), ())
        for step in steps[len(sent) :]:
            try:
                sent = (*sent, await step())
            except BaseException:
                self._remember((key, reply), sent)
                raise
        return sent[-1]

    def _remember(self, key: tuple[str, Reply], sent: tuple[str, ...]) -> None:
        if sent:
            self._begun[key] = sent
        if len(self._begun) > _REMEMBERED:
            self._begun.popitem(last=False)

    def _spelled(self, reply: Reply) -> Reply:
        return reply if isinstance(reply, Quiz) else replace(reply, text=self._spell(reply.text))

    def _steps(self, to: ApiCall, reply: Reply, target: str) -> tuple[SendStep, ...]:
        match reply:
            case Text():
                if SlackLocation.of(to.address).only:
                    reply = replace(reply, rateable=False)
                return self._texts(to, render.texts(reply, self._sign(to.address)), reply.choices)
            case Picture() | Document() if len(notice(reply.text, render.NOTICE_LIMIT)) > _CAPTION:
                words = self._texts(to, render.texts(Text(text=reply.text), self._sign(to.address)), ())
                return (*words, *self._steps(to, replace(reply, text=""), target))
            case Voice():
                return self._spoken(to, reply)
            case Quiz():
                return self._quiz(to, reply)
            case Mark():
                return self._mark(to, reply, target)
            case Picture():
                return (self._picture(to, reply),)
            case Document():
                return (self._file(to, reply.media, reply.media.name, reply.text),)

    def _sign(self, address: Address) -> Callable[[str], str]:
        return lambda choice: signed_value.encode(choice, address, self._key)

    def _texts(
        self, to: ApiCall, messages: tuple[SlackMessage, ...], choices: tuple[Choice, ...]
    ) -> tuple[SendStep, ...]:
        if not messages:
            raise Refused("there are no words to send")
        if choices and not messages[-1].buttons:
            self._count("numbers")
        return tuple(self._step(to, message) for message in messages)

    def _step(self, to: ApiCall, message: SlackMessage) -> SendStep:
        return lambda: self._say(to, message)

    async def _say(self, to: ApiCall, message: SlackMessage) -> str:
        """Put the words where the answer is half written already, or send them as a new message."""
        draft = await self._draft(to)
        place = self._streams.place(to.address, to.key, draft)
        ended = await self._ended(place, draft)
        sent = ""
        if draft.message:
            with suppress(SlackUneditable):
                sent = await self._formatted(lambda shown: self._rewrite(place, draft.message, shown), message)
            if not sent:
                self._count("post")
        if not sent:
            sent = await self._formatted(lambda shown: self._new(place, shown), message)
        await self._rest(to, place, draft, ended=ended)
        return sent

    async def _draft(self, to: ApiCall) -> SlackDraft:
        """What is half written for this."""
        draft = await self._streams.finish(to.address)
        if not self._streams.stray(to.address, to.key, draft):
            return draft
        await removed(self._client, SlackLocation.of(to.address), draft)
        await self._streams.keep(to.address, SlackDraft())
        return SlackDraft()

    async def _new(self, place: SlackLocation, message: SlackMessage) -> str:
        """A message of its own; what cannot be shown to one person where they asked goes to where they talk with the bot."""
        try:
            return await self._client.say(place, message)
        except Refused as refusal:
            if not (place.only and refusal.gone):
                raise
        there = await self._client.direct(place.team, place.only)
        self._count("direct")
        return await self._client.say(there, message.answered_at(f"{interactive.AT}{place.address}"))

    async def _ended(self, place: SlackLocation, draft: SlackDraft) -> bool:
        """End the stream, if there is one that has not ended by itself; whether Slack then shows that nothing is worked at."""
        if not draft.streaming:
            return False
        try:
            await self._client.stop(place, draft.message)
        except (NotStreaming, SlackUneditable):
            return False
        return True

    async def _rewrite(self, place: SlackLocation, sent: str, message: SlackMessage) -> str:
        """Put words in the place of a message; those that are too long for it without blocks come as a new one instead."""
        if message.blocks or len(message.text) <= UPDATE_TEXT:
            await self._client.rewrite(place, sent, message)
            return sent
        new = await self._client.say(place, message)
        with suppress(Failure):
            await self._client.take_back(place, sent)
        return new

    async def _rest(self, to: ApiCall, place: SlackLocation, draft: SlackDraft, *, ended: bool) -> None:
        """The answer is out: nothing is being written any more, and the session works no longer."""
        if not draft.working:
            return
        await self._streams.keep(to.address, SlackDraft())
        if place.thread and not ended:
            with suppress(Exception):
                await self._client.session(place, "active")

    async def _formatted(self, send: Callable[[SlackMessage], Awaitable[str]], message: SlackMessage) -> str:
        """Words whose blocks are refused go out alone; buttons are blocks too, so that a question has to be put in another form."""
        try:
            return await send(message)
        except Unformatted:
            if message.buttons:
                raise
            self._count("plain")
            return await send(message.bare())

    async def _clear(self, to: ApiCall) -> SlackLocation:
        """Take away an answer half written that nothing will take the place of; where it stood, or would have."""
        draft = await self._draft(to)
        place = self._streams.place(to.address, to.key, draft)
        ended = await self._ended(place, draft)
        if draft.message:
            with suppress(SlackUneditable):
                await self._client.take_back(place, draft.message)
        await self._rest(to, place, draft, ended=ended)
        return place

    def _spoken(self, to: ApiCall, reply: Voice) -> tuple[SendStep, ...]:
        if reply.audio is None:
            return self._texts(to, render.texts(Text(text=reply.text), self._sign(to.address)), ())
        return (self._file(to, reply.audio, "voice", ""),)

    def _file(self, to: ApiCall, media: Media, name: str, words: str) -> SendStep:
        if SlackLocation.of(to.address).only:
            raise Refused("files cannot be shown to one person in a channel")

        async def upload() -> str:
            data, mime = await self._blobs.get(media.ref)
            place = await self._clear(to)
            return await self._client.upload(place, data, _named(name, mime or media.mime), notice(words, _CAPTION))

        return upload

    def _picture(self, to: ApiCall, reply: Picture) -> SendStep:
        """A picture within a message; as a file where Slack does not show it so, or has not looked through it yet."""
        filed = self._file(to, reply.media, reply.media.name, reply.text)

        async def show() -> str:
            data, mime = await self._blobs.get(reply.media.ref)
            if (mime or reply.media.mime) not in _SHOWN:
                return await filed()
            name = _named(reply.media.name, mime or reply.media.mime)
            place = await self._shown_at(to)
            file = await self._client.upload(place, data, name, shared=False)
            try:
                sent = await self._client.say(place, render.picture(file, reply.text, reply.media.name))
            except Unformatted:
                self._count("file")
                return await filed()
            await self._clear(to)
            return sent

        return show

    async def _shown_at(self, to: ApiCall) -> SlackLocation:
        return self._streams.place(to.address, to.key, await self._draft(to))

    def _quiz(self, to: ApiCall, reply: Quiz) -> tuple[SendStep, ...]:
        messages = render.quiz(reply, self._sign(to.address))
        texts = self._texts(to, messages, () if reply.form == "ordering" else reply.choices)
        if reply.audio is None:
            return texts
        return (self._file(to, reply.audio, "listen", ""), *texts)

    def _mark(self, to: ApiCall, reply: Mark, target: str) -> tuple[SendStep, ...]:
        """Mark the question where it stands; without a place for it, send the verdict alone."""
        place = SlackLocation.of(to.address)
        alone = self._texts(to, render.texts(Text(text=reply.text), self._sign(to.address)), ())
        if not target or place.only:
            return alone

        async def mark() -> str:
            here = await self._clear(to)
            try:
                return await self._formatted(lambda shown: self._rewrite(here, target, shown), render.verdict(reply))
            except SlackUneditable:
                self._count("verdict")
                return await alone[0]()

        return (mark,)


def _named(name: str, mime: str) -> str:
    """A file name that tells Slack how to show it."""
    name = escaped(name or "sona")
    return name if "." in name else f"{name}.{_ENDINGS.get(mime, mime.partition('/')[2] or 'bin')}"
