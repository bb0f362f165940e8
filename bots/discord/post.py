"""Puts things where they belong: as the bot, or by an interaction's token where the bot has no access of its own or one person alone may see it."""

from bots.discord.client import DiscordClient, is_deferred
from bots.discord.errors import BotBlocked
from bots.discord.live import DiscordStreams
from bots.discord.location import DiscordLocation
from bots.discord.render import DiscordMessage
from core.address import Address
from core.clock import Clock
from core.errors import Refused
from core.media import Audio

_NO_VOICE_NOTES = "no voice note is sent by a token"


class WebhookPost:
    """Sends for one bot. What is sent by a token has no nonce, as Discord takes none there: where its answer is lost, a retry shows it twice."""

    def __init__(self, *, client: DiscordClient, streams: DiscordStreams, clock: Clock) -> None:
        self._client = client
        self._streams = streams
        self._clock = clock

    async def send_message(self, address: Address, message: DiscordMessage, nonce: str) -> str:
        """Send a message and return its id."""
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
        """Send a message that will be changed, which needs access of one's own; raises `Refused` without."""
        if DiscordLocation.of(address).needs_token:
            raise Refused("what is sent by a token is not drafted")
        return await self._client.send_message(address, message, nonce)

    async def edit(self, address: Address, message_id: str, message: DiscordMessage) -> str:
        """Change a message, or put it where Sona is shown to think, and return its id."""
        if is_deferred(message_id) or not DiscordLocation.of(address).needs_token:
            return await self._client.edit(address, message_id, message.json())
        return await self._client.edit_followup(await self._token(address), message_id, message.json())

    async def remove_components(self, address: Address, message_id: str) -> None:
        """Take what can be tapped away from a message."""
        body = {"components": [], "allowed_mentions": {"parse": []}}
        if DiscordLocation.of(address).needs_token:
            await self._client.edit_followup(await self._token(address), message_id, body)
        else:
            await self._client.edit(address, message_id, body)

    async def delete(self, address: Address, message_id: str) -> None:
        """Delete one of the bot's messages."""
        await self._client.delete(address, message_id)

    async def send_voice_note(self, address: Address, sound: Audio, nonce: str) -> str:
        """Send a voice note; raises `Refused` where there can be none."""
        if DiscordLocation.of(address).needs_token:
            raise Refused(_NO_VOICE_NOTES)
        try:
            return await self._client.send_voice_note(address, sound, nonce)
        except BotBlocked as barred:
            if await self._streams.interaction_token(address, self._clock.now()):
                raise Refused(_NO_VOICE_NOTES) from barred
            raise

    async def send_file(
        self, address: Address, data: bytes, name: str, mime: str, message: DiscordMessage, nonce: str
    ) -> str:
        """Send a file with words beside it."""
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
        """Show "typing" where the bot can."""
        if not DiscordLocation.of(address).needs_token:
            await self._client.typing(address)

    async def _token(self, address: Address) -> str:
        if token := await self._streams.interaction_token(address, self._clock.now()):
            return token
        raise Refused("the 15 minutes in which Discord lets Sona answer there are over", gone=True)
