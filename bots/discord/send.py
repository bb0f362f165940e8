"""Delivers replies, each in the best form that Discord takes; what it takes in no form is refused."""

from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from contextlib import suppress
from hashlib import sha256
from mimetypes import guess_extension

from bots.delivery import CountFallback
from bots.discord import custom_id, render
from bots.discord.client import is_deferred
from bots.discord.errors import DiscordUneditable
from bots.discord.live import DiscordStreams, too_early
from bots.discord.location import DiscordLocation
from bots.discord.post import WebhookPost
from bots.discord.render import DiscordMessage
from core.address import Address
from core.clock import Clock
from core.errors import Malformed, Refused, Throttled
from core.media import Audio, Media
from core.ports.blobs import Blobs
from core.reply import Choice, Document, Mark, Picture, Quiz, Reply, Text, Voice

SendWithNonce = Callable[[str], Awaitable[str]]
"""Sends one message under a nonce and returns its id."""
Note = Callable[[bytes], Awaitable[Audio]]
"""Encoded sound as OGG/Opus at 48 kHz, with its length and waveform; raises `Malformed` for what is no sound."""


class DiscordSender:
    """Sends replies for one bot. `key` signs buttons, `streams` knows which answers are half written."""

    def __init__(
        self,
        *,
        post: WebhookPost,
        key: bytes,
        blobs: Blobs,
        streams: DiscordStreams,
        clock: Clock,
        note: Note,
        count: CountFallback,
    ) -> None:
        self._post = post
        self._key = key
        self._blobs = blobs
        self._streams = streams
        self._clock = clock
        self._note = note
        self._count = count

    async def send(self, address: Address, reply: Reply, *, key: str, target: str) -> str:
        """The id of the message sent, or of the last one where it took several. Each has a nonce made from `key`, so that a retry sends none of them twice."""
        sent = ""
        for number, step in enumerate(self._steps(address, reply, target)):
            sent = await step(_nonce(f"{key}\n{reply.kind}\n{number}"))
        return sent

    def _steps(self, address: Address, reply: Reply, target: str) -> tuple[SendWithNonce, ...]:
        match reply:
            case Text():
                return self._texts(address, render.texts(reply, self._sign(address)), reply.choices)
            case Voice():
                return self._spoken(address, reply)
            case Quiz():
                return self._quiz(address, reply)
            case Mark():
                return self._mark(address, reply, target)
            case Picture() | Document():
                return self._attached(address, reply)

    def _sign(self, address: Address) -> Callable[[str], str]:
        return lambda choice: custom_id.encode(choice, address, self._key)

    def _texts(
        self, address: Address, messages: tuple[DiscordMessage, ...], choices: tuple[Choice, ...]
    ) -> tuple[SendWithNonce, ...]:
        if not messages:
            raise Refused("there are no words to send")
        if choices and not (messages[-1].buttons or messages[-1].menu):
            self._count("numbers")
        return tuple(self._step(address, message) for message in messages)

    def _step(self, address: Address, message: DiscordMessage) -> SendWithNonce:
        return lambda nonce: self._say(address, message, nonce)

    async def _say(self, address: Address, message: DiscordMessage, nonce: str) -> str:
        """Put the words where the answer is half written already, or send them as a new message."""
        if written := await self._written(address, nonce):
            try:
                return await self._post.rewrite(address, written, message)
            except DiscordUneditable as error:
                self._wait_for(written, error)
                self._count("post")
        sent = await self._post.say(address, message, nonce)
        if DiscordLocation.of(address).lent:
            await self._streams.place(address, nonce, sent)
        return sent

    async def _written(self, address: Address, nonce: str) -> str:
        """The message that this reply takes the place of, the same at every try; nothing where it is a new one.

        What another process is drawing still would be drawn over the reply, and is taken away.
        """
        if placed := await self._streams.placed(address, nonce):
            return placed
        draft = await self._streams.take(address)
        if draft.message:
            await self._streams.place(address, nonce, draft.message)
        if draft.message and draft.by:
            with suppress(Refused):
                await self._post.take_back(address, draft.message)
            return ""
        return draft.message

    def _wait_for(self, written: str, error: DiscordUneditable) -> None:
        """Raises `Throttled` where an answer comes before Discord has heard that it will come."""
        if too_early(written, error, self._clock.now()):
            raise Throttled(str(error), retry_after=0.5) from error

    async def _clear(self, address: Address, nonce: str) -> None:
        """Take away an answer half written that nothing will take the place of."""
        if written := await self._written(address, nonce):
            try:
                await self._post.take_back(address, written)
            except DiscordUneditable as error:
                self._wait_for(written, error)

    def _spoken(self, address: Address, reply: Voice) -> tuple[SendWithNonce, ...]:
        audio = reply.audio
        if audio is None:
            return self._texts(address, render.texts(Text(text=reply.text), self._sign(address)), ())
        return (lambda nonce: self._voice(address, audio, nonce),)

    async def _voice(self, address: Address, audio: Media, nonce: str) -> str:
        """A voice note, else the same as a file; raises `Refused` when neither is taken."""
        data, mime = await self._blobs.get(audio.ref)
        await self._clear(address, nonce)
        try:
            return await self._post.voice(address, await self._note(data), nonce)
        except (Refused, Malformed) as refused:
            if isinstance(refused, Refused) and refused.gone:
                raise
        self._count("audio")
        return await self._post.file(address, data, "sona.ogg", mime, DiscordMessage(), _nonce(nonce))

    def _quiz(self, address: Address, reply: Quiz) -> tuple[SendWithNonce, ...]:
        """A voice note carries no words, so what is heard comes before the question."""
        choices = () if reply.form == "ordering" else reply.choices
        texts = self._texts(address, render.quiz(reply, self._sign(address)), choices)
        audio = reply.audio
        return texts if audio is None else (lambda nonce: self._voice(address, audio, nonce), *texts)

    def _mark(self, address: Address, reply: Mark, target: str) -> tuple[SendWithNonce, ...]:
        """Mark the question where it stands; without a place or buttons to mark, send the verdict alone, below the answer."""
        shown = render.verdict(reply)
        if not target or shown is None or not any(choice.value == reply.right for choice in reply.choices):
            texts = self._texts(address, render.texts(Text(text=reply.text), self._sign(address)), ())
            return (lambda _: self._answered(address, target), *texts) if target else texts

        async def mark(nonce: str) -> str:
            written = (await self._streams.drawn(address)).message
            if written and not is_deferred(written):
                await self._clear(address, nonce)
            return await self._post.rewrite(address, target, shown)

        return (mark,)

    async def _answered(self, address: Address, target: str) -> str:
        """Nobody is asked to write an answer any more."""
        with suppress(Refused):
            await self._post.strip(address, target)
        return target

    def _attached(self, address: Address, reply: Picture | Document) -> tuple[SendWithNonce, ...]:
        messages = render.texts(Text(text=reply.text), self._sign(address)) if reply.text else ()
        first = messages[0] if len(messages) == 1 else DiscordMessage()
        rest = () if len(messages) == 1 else messages
        return (lambda nonce: self._file(address, reply.media, first, nonce), *(self._step(address, m) for m in rest))

    async def _file(self, address: Address, file: Media, message: DiscordMessage, nonce: str) -> str:
        data, mime = await self._blobs.get(file.ref)
        await self._clear(address, nonce)
        name = file.name or f"sona{guess_extension(mime) or '.png'}"
        return await self._post.file(address, data, name, mime, message, nonce)


def _nonce(key: str) -> str:
    """Sixteen characters that stand for the key; Discord takes at most 25."""
    return urlsafe_b64encode(sha256(key.encode()).digest()[:12]).decode()
