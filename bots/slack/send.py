"""Delivers replies in the best form that Slack accepts; raises `Refused` if it accepts none."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

from bots.delivery import CountFallback, SendStep
from bots.slack import interactive, render, signed_value
from bots.slack.client import UPDATE_TEXT, SlackClient
from bots.slack.drafts import SlackDraft
from bots.slack.errors import BlocksRejected, NotStreaming, SlackUneditable
from bots.slack.leftover_drafts import remove_draft
from bots.slack.location import SlackLocation
from bots.slack.mrkdwn import escaped, notification_text
from bots.slack.render import SlackMessage
from bots.slack.streams import SlackStreams
from core.address import Address
from core.errors import Failure, Refused
from core.media import Media
from core.outbound import OutboundMessage
from core.ports.blobs import Blobs
from core.reply import Choice, Document, Mark, Picture, Quiz, Reply, Text, Voice

_MAX_UNFINISHED = 256
_CAPTION_LIMIT = 3000
_EXTENSIONS = {"audio/ogg": "ogg", "audio/mpeg": "mp3", "audio/mp4": "m4a", "audio/wav": "wav", "image/png": "png"}
_INLINE_IMAGES = frozenset(("image/png", "image/jpeg", "image/gif"))


class SlackSender:
    """Sends replies for one app. `key` signs buttons; `rewrite_commands` gives commands in text the prefix people can send.

    `count` receives plain, numbers, post, verdict, file or direct.
    """

    def __init__(
        self,
        *,
        client: SlackClient,
        key: bytes,
        blobs: Blobs,
        streams: SlackStreams,
        count: CountFallback,
        rewrite_commands: Callable[[str], str],
    ) -> None:
        self._client = client
        self._key = key
        self._blobs = blobs
        self._streams = streams
        self._count = count
        self._rewrite_commands = rewrite_commands
        self._unfinished: OrderedDict[tuple[str, Reply], tuple[str, ...]] = OrderedDict()

    async def send(self, outbound: OutboundMessage, *, target: str) -> str:
        """Send a reply and return the timestamp of its last message, or a file's id for a file.

        A retry in the same process resumes after the messages that were sent.
        """
        key, reply = outbound.id, outbound.reply
        steps = self._steps(outbound, self._with_commands(reply), target)
        sent = self._unfinished.pop((key, reply), ())
        for step in steps[len(sent) :]:
            try:
                sent = (*sent, await step())
            except BaseException:
                self._remember((key, reply), sent)
                raise
        return sent[-1]

    def _remember(self, key: tuple[str, Reply], sent: tuple[str, ...]) -> None:
        if sent:
            self._unfinished[key] = sent
        if len(self._unfinished) > _MAX_UNFINISHED:
            self._unfinished.popitem(last=False)

    def _with_commands(self, reply: Reply) -> Reply:
        return reply if isinstance(reply, Quiz) else replace(reply, text=self._rewrite_commands(reply.text))

    def _steps(self, to: OutboundMessage, reply: Reply, target: str) -> tuple[SendStep, ...]:
        match reply:
            case Text():
                if SlackLocation.of(to.address).private_to:
                    reply = replace(reply, rateable=False)
                return self._text_steps(to, render.text_messages(reply, self._signer(to.address)), reply.choices)
            case Picture() | Document() if (
                len(notification_text(reply.text, render.NOTIFICATION_LIMIT)) > _CAPTION_LIMIT
            ):
                words = self._text_steps(to, render.text_messages(Text(text=reply.text), self._signer(to.address)), ())
                return (*words, *self._steps(to, replace(reply, text=""), target))
            case Voice():
                return self._voice_steps(to, reply)
            case Quiz():
                return self._quiz_steps(to, reply)
            case Mark():
                return self._mark_steps(to, reply, target)
            case Picture():
                return (self._picture_step(to, reply),)
            case Document():
                return (self._file_step(to, reply.media, reply.media.name, reply.text),)

    def _signer(self, address: Address) -> Callable[[str], str]:
        return lambda choice: signed_value.encode(choice, address, self._key)

    def _text_steps(
        self, to: OutboundMessage, messages: tuple[SlackMessage, ...], choices: tuple[Choice, ...]
    ) -> tuple[SendStep, ...]:
        if not messages:
            raise Refused("there is no text to send")
        if choices and not messages[-1].has_buttons:
            self._count("numbers")
        return tuple(self._step(to, message) for message in messages)

    def _step(self, to: OutboundMessage, message: SlackMessage) -> SendStep:
        return lambda: self._send_message(to, message)

    async def _send_message(self, to: OutboundMessage, message: SlackMessage) -> str:
        """Replace the draft with the message, or send it as a new one."""
        draft = await self._current_draft(to)
        location = _location(to)
        ended = await self._end_stream(location, draft)
        sent = ""
        if draft.message:
            with suppress(SlackUneditable):
                sent = await self._without_refused_blocks(
                    lambda shown: self._replace(location, draft.message, shown), message
                )
            if not sent:
                self._count("post")
        if not sent:
            sent = await self._without_refused_blocks(lambda shown: self._send_new(location, shown), message)
        await self._finish_session(to, location, draft, ended=ended)
        return sent

    async def _current_draft(self, to: OutboundMessage) -> SlackDraft:
        """Return the draft that the reply replaces; a leftover of another turn is removed first."""
        draft = await self._streams.finished_draft(to.address)
        if not _is_leftover(to, draft):
            return draft
        await remove_draft(self._client, SlackLocation.of(to.address), draft)
        await self._streams.store_draft(to.address, SlackDraft())
        return SlackDraft()

    async def _send_new(self, location: SlackLocation, message: SlackMessage) -> str:
        """Send a new message; if an ephemeral one cannot be shown in the channel, send it to the direct conversation."""
        try:
            return await self._client.send_message(location, message)
        except Refused as refusal:
            if not (location.private_to and refusal.gone):
                raise
        direct = await self._client.direct_conversation(location.team, location.private_to)
        self._count("direct")
        return await self._client.send_message(
            direct, message.with_block_id(f"{interactive.ANSWERED_AT}{location.address}")
        )

    async def _end_stream(self, location: SlackLocation, draft: SlackDraft) -> bool:
        """End a stream that is still open; return whether this also ended the session."""
        if not draft.streaming:
            return False
        try:
            await self._client.stop_stream(location, draft.message)
        except (NotStreaming, SlackUneditable):
            return False
        return True

    async def _replace(self, location: SlackLocation, ts: str, message: SlackMessage) -> str:
        """Edit a message; a text without blocks that is too long for an edit replaces it as a new message."""
        if message.blocks or len(message.text) <= UPDATE_TEXT:
            await self._client.edit(location, ts, message)
            return ts
        new = await self._client.send_message(location, message)
        with suppress(Failure):
            await self._client.delete(location, ts)
        return new

    async def _finish_session(
        self, to: OutboundMessage, location: SlackLocation, draft: SlackDraft, *, ended: bool
    ) -> None:
        """Delete the draft and end the session after the answer was sent."""
        if not draft.working:
            return
        await self._streams.store_draft(to.address, SlackDraft())
        if location.thread and not ended:
            with suppress(Exception):
                await self._client.set_session_status(location, "active")

    async def _without_refused_blocks(
        self, send: Callable[[SlackMessage], Awaitable[str]], message: SlackMessage
    ) -> str:
        """Send a message, without its blocks if Slack rejects them; raises if they contain buttons, which must not be lost."""
        try:
            return await send(message)
        except BlocksRejected:
            if message.has_buttons:
                raise
            self._count("plain")
            return await send(message.without_blocks())

    async def _delete_draft(self, to: OutboundMessage) -> SlackLocation:
        """Delete a draft that the reply cannot replace; return the location for the reply."""
        draft = await self._current_draft(to)
        location = _location(to)
        ended = await self._end_stream(location, draft)
        if draft.message:
            with suppress(SlackUneditable):
                await self._client.delete(location, draft.message)
        await self._finish_session(to, location, draft, ended=ended)
        return location

    def _voice_steps(self, to: OutboundMessage, reply: Voice) -> tuple[SendStep, ...]:
        if reply.audio is None:
            return self._text_steps(to, render.text_messages(Text(text=reply.text), self._signer(to.address)), ())
        return (self._file_step(to, reply.audio, "voice", ""),)

    def _file_step(self, to: OutboundMessage, media: Media, name: str, words: str) -> SendStep:
        if SlackLocation.of(to.address).private_to:
            raise Refused("files cannot be shown to one person in a channel")

        async def upload() -> str:
            data, mime = await self._blobs.get(media.ref)
            location = await self._delete_draft(to)
            return await self._client.upload_file(
                location, data, _file_name(name, mime or media.mime), notification_text(words, _CAPTION_LIMIT)
            )

        return upload

    def _picture_step(self, to: OutboundMessage, reply: Picture) -> SendStep:
        """Send a picture inside a message; as a file if Slack cannot show its type or has not scanned it yet."""
        send_as_file = self._file_step(to, reply.media, reply.media.name, reply.text)

        async def show() -> str:
            data, mime = await self._blobs.get(reply.media.ref)
            if (mime or reply.media.mime) not in _INLINE_IMAGES:
                return await send_as_file()
            name = _file_name(reply.media.name, mime or reply.media.mime)
            await self._current_draft(to)
            location = _location(to)
            file = await self._client.upload_file(location, data, name, shared=False)
            try:
                sent = await self._client.send_message(
                    location, render.picture_message(file, reply.text, reply.media.name)
                )
            except BlocksRejected:
                self._count("file")
                return await send_as_file()
            await self._delete_draft(to)
            return sent

        return show

    def _quiz_steps(self, to: OutboundMessage, reply: Quiz) -> tuple[SendStep, ...]:
        messages = render.quiz_messages(reply, self._signer(to.address))
        texts = self._text_steps(to, messages, () if reply.form == "ordering" else reply.choices)
        if reply.audio is None:
            return texts
        return (self._file_step(to, reply.audio, "listen", ""), *texts)

    def _mark_steps(self, to: OutboundMessage, reply: Mark, target: str) -> tuple[SendStep, ...]:
        """Mark the question's message; without a target, or in ephemeral messages, send the verdict as a new message."""
        location = SlackLocation.of(to.address)
        alone = self._text_steps(to, render.text_messages(Text(text=reply.text), self._signer(to.address)), ())
        if not target or location.private_to:
            return alone

        async def mark() -> str:
            location = await self._delete_draft(to)
            try:
                return await self._without_refused_blocks(
                    lambda shown: self._replace(location, target, shown), render.verdict_message(reply)
                )
            except SlackUneditable:
                self._count("verdict")
                return await alone[0]()

        return (mark,)


def _location(to: OutboundMessage) -> SlackLocation:
    """Return where to show a reply: a direct conversation is shown in the thread of the message being answered."""
    return SlackLocation.of(to.address).in_thread(to.thread)


def _is_leftover(to: OutboundMessage, draft: SlackDraft) -> bool:
    """Return whether the draft was left by another turn, in another thread."""
    return draft.working and draft.thread != _location(to).display_thread


def _file_name(name: str, mime: str) -> str:
    """Return a file name with an extension, by which Slack chooses how to show it."""
    name = escaped(name or "sona")
    return name if "." in name else f"{name}.{_EXTENSIONS.get(mime, mime.partition('/')[2] or 'bin')}"
