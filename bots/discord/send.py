"""Delivers replies in the best form that Discord accepts; raises `Refused` if it accepts none."""

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
from core.outbound import OutboundMessage
from core.ports.blobs import Blobs
from core.reply import Choice, Document, Mark, Picture, Quiz, Reply, Text, Voice

SendWithNonce = Callable[[str], Awaitable[str]]
"""Sends one of the messages that a reply takes, under a nonce, and returns its id."""
EncodeVoiceNote = Callable[[bytes], Awaitable[Audio]]
"""Converts encoded audio to OGG/Opus at 48 kHz with its length and waveform; raises `Malformed` for anything else."""


class DiscordSender:
    """Sends replies for one bot. `key` signs buttons; `count` receives numbers, audio or post."""

    def __init__(
        self,
        *,
        post: WebhookPost,
        key: bytes,
        blobs: Blobs,
        streams: DiscordStreams,
        clock: Clock,
        encode_voice_note: EncodeVoiceNote,
        count: CountFallback,
    ) -> None:
        self._post = post
        self._key = key
        self._blobs = blobs
        self._streams = streams
        self._clock = clock
        self._encode_voice_note = encode_voice_note
        self._count = count

    async def send(self, outbound: OutboundMessage, *, target: str) -> str:
        """Send a reply and return the id of its last message.

        Each message has a nonce derived from the outbound message's id, so that a retry sends none of them twice.
        """
        sent = ""
        for number, step in enumerate(self._steps(outbound.address, outbound.reply, target)):
            sent = await step(_nonce(f"{outbound.id}\n{outbound.reply.kind}\n{number}"))
        return sent

    def _steps(self, address: Address, reply: Reply, target: str) -> tuple[SendWithNonce, ...]:
        match reply:
            case Text():
                return self._text_steps(address, render.text_messages(reply, self._signer(address)), reply.choices)
            case Voice():
                return self._voice_steps(address, reply)
            case Quiz():
                return self._quiz_steps(address, reply)
            case Mark():
                return self._mark_steps(address, reply, target)
            case Picture() | Document():
                return self._file_steps(address, reply)

    def _signer(self, address: Address) -> Callable[[str], str]:
        return lambda choice: custom_id.encode(choice, address, self._key)

    def _text_steps(
        self, address: Address, messages: tuple[DiscordMessage, ...], choices: tuple[Choice, ...]
    ) -> tuple[SendWithNonce, ...]:
        if not messages:
            raise Refused("there is no text to send")
        if choices and not (messages[-1].buttons or messages[-1].menu):
            self._count("numbers")
        return tuple(self._step(address, message) for message in messages)

    def _step(self, address: Address, message: DiscordMessage) -> SendWithNonce:
        return lambda nonce: self._send_message(address, message, nonce)

    async def _send_message(self, address: Address, message: DiscordMessage, nonce: str) -> str:
        """Replace the draft with the message, or send it as a new one."""
        if draft := await self._draft_for(address, nonce):
            try:
                return await self._post.edit(address, draft, message)
            except DiscordUneditable as error:
                self._raise_if_too_early(draft, error)
                self._count("post")
        sent = await self._post.send_message(address, message, nonce)
        if DiscordLocation.of(address).needs_token:
            await self._streams.remember_reply_message(address, nonce, sent)
        return sent

    async def _draft_for(self, address: Address, nonce: str) -> str:
        """Return the draft's message that this reply replaces, the same at every attempt; empty for a new message.

        A draft that another process is still writing would overwrite the reply, so it is deleted.
        """
        if used := await self._streams.reply_message(address, nonce):
            return used
        draft = await self._streams.take_draft(address)
        if draft.message:
            await self._streams.remember_reply_message(address, nonce, draft.message)
        if draft.message and draft.writer:
            with suppress(Refused):
                await self._post.delete(address, draft.message)
            return ""
        return draft.message

    def _raise_if_too_early(self, draft: str, error: DiscordUneditable) -> None:
        """Raise `Throttled` if Discord has not yet processed the deferred response that the answer replaces."""
        if too_early(draft, error, self._clock.now()):
            raise Throttled(str(error), retry_after=0.5) from error

    async def _delete_draft(self, address: Address, nonce: str) -> None:
        """Delete a draft that the reply cannot replace."""
        if draft := await self._draft_for(address, nonce):
            try:
                await self._post.delete(address, draft)
            except DiscordUneditable as error:
                self._raise_if_too_early(draft, error)

    def _voice_steps(self, address: Address, reply: Voice) -> tuple[SendWithNonce, ...]:
        audio = reply.audio
        if audio is None:
            return self._text_steps(address, render.text_messages(Text(text=reply.text), self._signer(address)), ())
        return (lambda nonce: self._send_voice_note(address, audio, nonce),)

    async def _send_voice_note(self, address: Address, audio: Media, nonce: str) -> str:
        """Send a voice note, else the same audio as a file; raises `Refused` if Discord accepts neither."""
        data, mime = await self._blobs.get(audio.ref)
        await self._delete_draft(address, nonce)
        try:
            return await self._post.send_voice_note(address, await self._encode_voice_note(data), nonce)
        except (Refused, Malformed) as error:
            if isinstance(error, Refused) and error.gone:
                raise
        self._count("audio")
        return await self._post.send_file(address, data, "sona.ogg", mime, DiscordMessage(), _nonce(nonce))

    def _quiz_steps(self, address: Address, reply: Quiz) -> tuple[SendWithNonce, ...]:
        """Send the audio before the question, because a voice note cannot contain text."""
        choices = () if reply.form == "ordering" else reply.choices
        texts = self._text_steps(address, render.quiz_messages(reply, self._signer(address)), choices)
        audio = reply.audio
        return texts if audio is None else (lambda nonce: self._send_voice_note(address, audio, nonce), *texts)

    def _mark_steps(self, address: Address, reply: Mark, target: str) -> tuple[SendWithNonce, ...]:
        """Mark the question's message; without a target or choices to mark, send the verdict as a new message."""
        shown = render.verdict_message(reply)
        if not target or shown is None or not any(choice.value == reply.right for choice in reply.choices):
            texts = self._text_steps(address, render.text_messages(Text(text=reply.text), self._signer(address)), ())
            return (lambda _: self._remove_form_button(address, target), *texts) if target else texts

        async def mark(nonce: str) -> str:
            draft = (await self._streams.finished_draft(address)).message
            if draft and not is_deferred(draft):
                await self._delete_draft(address, nonce)
            return await self._post.edit(address, target, shown)

        return (mark,)

    async def _remove_form_button(self, address: Address, target: str) -> str:
        with suppress(Refused):
            await self._post.remove_components(address, target)
        return target

    def _file_steps(self, address: Address, reply: Picture | Document) -> tuple[SendWithNonce, ...]:
        messages = render.text_messages(Text(text=reply.text), self._signer(address)) if reply.text else ()
        first = messages[0] if len(messages) == 1 else DiscordMessage()
        rest = () if len(messages) == 1 else messages
        return (
            lambda nonce: self._send_file(address, reply.media, first, nonce),
            *(self._step(address, m) for m in rest),
        )

    async def _send_file(self, address: Address, file: Media, message: DiscordMessage, nonce: str) -> str:
        data, mime = await self._blobs.get(file.ref)
        await self._delete_draft(address, nonce)
        name = file.name or f"sona{guess_extension(mime) or '.png'}"
        return await self._post.send_file(address, data, name, mime, message, nonce)


def _nonce(key: str) -> str:
    """Return 16 characters derived from the key; Discord accepts at most 25."""
    return urlsafe_b64encode(sha256(key.encode()).digest()[:12]).decode()
