"""Chooses how to send: as the bot, or with an interaction's token if the bot has no access or the message is ephemeral."""

from bots.discord.client import DiscordClient, is_deferred
from bots.discord.errors import BotBlocked
from bots.discord.live import DiscordStreams
from bots.discord.location import DiscordLocation
from bots.discord.render import DiscordMessage
from core.address import Address
from core.clock import Clock
from core.errors import Refused
from core.media import Audio

_NO_VOICE_NOTES = "an interaction's token cannot send voice notes"


class WebhookPost:
    """Sends for one bot. Discord takes no nonce with a token: if its answer is lost, a retry sends the message twice."""

    def __init__(self, *, client: DiscordClient, streams: DiscordStreams, clock: Clock) -> None:
        self._client = client
        self._streams = streams
        self._clock = clock

    async def send_message(self, address: Address, message: DiscordMessage, nonce: str) -> str:
        """Send a message and return its id; falls back to an interaction's token if the bot is blocked."""
        location = DiscordLocation.of(address)
        if location.needs_token:
            return await self._client.send_followup(
                await self._token(address), message, ephemeral=bool(location.private_to)
            )
        try:
            return await self._client.send_message(address, message, nonce)
        except BotBlocked:
            if token := await self._streams.interaction_token(address, self._clock.now()):
                return await self._client.send_followup(token, message)
            raise

    async def draft(self, address: Address, message: DiscordMessage, nonce: str) -> str:
        """Send a draft as the bot and return its id; raises `Refused` if only a token could send it."""
        if DiscordLocation.of(address).needs_token:
            raise Refused("drafts are not sent with an interaction's token")
        return await self._client.send_message(address, message, nonce)

    async def edit(self, address: Address, message_id: str, message: DiscordMessage) -> str:
        """Edit a message, or replace a deferred one, and return its id."""
        if is_deferred(message_id) or not DiscordLocation.of(address).needs_token:
            return await self._client.edit(address, message_id, message.json())
        return await self._client.edit_followup(await self._token(address), message_id, message.json())

    async def remove_components(self, address: Address, message_id: str) -> None:
        """Remove a message's buttons and menu."""
        body = {"components": [], "allowed_mentions": {"parse": []}}
        if DiscordLocation.of(address).needs_token:
            await self._client.edit_followup(await self._token(address), message_id, body)
        else:
            await self._client.edit(address, message_id, body)

    async def delete(self, address: Address, message_id: str) -> None:
        """Delete one of the bot's messages."""
        await self._client.delete(address, message_id)

    async def send_voice_note(self, address: Address, sound: Audio, nonce: str) -> str:
        """Send a voice note and return its id; raises `Refused` if only a token could send it."""
        if DiscordLocation.of(address).needs_token:
            raise Refused(_NO_VOICE_NOTES)
        try:
            return await self._client.send_voice_note(address, sound, nonce)
        except BotBlocked as blocked:
            if await self._streams.interaction_token(address, self._clock.now()):
                raise Refused(_NO_VOICE_NOTES) from blocked
            raise

    async def send_file(
        self, address: Address, data: bytes, name: str, mime: str, message: DiscordMessage, nonce: str
    ) -> str:
        """Send a file with text and return the message's id."""
        location = DiscordLocation.of(address)
        token = await self._token(address) if location.needs_token else ""
        if not token:
            try:
                return await self._client.send_file(address, data, name, mime, message, nonce)
            except BotBlocked:
                if not (token := await self._streams.interaction_token(address, self._clock.now())):
                    raise
        return await self._client.send_followup(
            token, message, ephemeral=bool(location.private_to), file=(data, name, mime)
        )

    async def typing(self, address: Address) -> None:
        """Show the typing indicator if the bot has access."""
        if not DiscordLocation.of(address).needs_token:
            await self._client.typing(address)

    async def _token(self, address: Address) -> str:
        if token := await self._streams.interaction_token(address, self._clock.now()):
            return token
        raise Refused("the 15 minutes in which Discord allows an answer here are over", gone=True)
