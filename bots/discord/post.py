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

_NO_NOTES = "no voice note is sent by a token"


class WebhookPost:
    """Sends for one bot. What is sent by a token has no nonce, as Discord takes none there: where its answer is lost, a retry shows it twice."""

    def __init__(self, *, client: DiscordClient, streams: DiscordStreams, clock: Clock) -> None:
        self._client = client
        self._streams = streams
        self._clock = clock

    async def say(self, address: Address, message: DiscordMessage, nonce: str) -> str:
        """Send a message and return its id."""
        place = DiscordLocation.of(address)
        if place.lent:
            return await self._client.follow_up(await self._token(address), message, hidden=bool(place.only))
        try:
            return await self._client.say(address, message, nonce)
        except BotBlocked:
            if token := await self._streams.lent(address, self._clock.now()):
                return await self._client.follow_up(token, message)
            raise

    async def draft(self, address: Address, message: DiscordMessage, nonce: str) -> str:
        """Send a message that will be changed, which needs access of one's own; raises `Refused` without."""
        if DiscordLocation.of(address).lent:
            raise Refused("what is sent by a token is not drafted")
        return await self._client.say(address, message, nonce)

    async def rewrite(self, address: Address, sent: str, message: DiscordMessage) -> str:
        """Change a message, or put it where Sona is shown to think, and return its id."""
        if is_deferred(sent) or not DiscordLocation.of(address).lent:
            return await self._client.rewrite(address, sent, message.json())
        return await self._client.correct(await self._token(address), sent, message.json())

    async def strip(self, address: Address, sent: str) -> None:
        """Take what can be tapped away from a message."""
        bare = {"components": [], "allowed_mentions": {"parse": []}}
        if DiscordLocation.of(address).lent:
            await self._client.correct(await self._token(address), sent, bare)
        else:
            await self._client.rewrite(address, sent, bare)

    async def take_back(self, address: Address, sent: str) -> None:
        """Delete one of the bot's messages."""
        await self._client.take_back(address, sent)

    async def voice(self, address: Address, sound: Audio, nonce: str) -> str:
        """Send a voice note; raises `Refused` where there can be none."""
        if DiscordLocation.of(address).lent:
            raise Refused(_NO_NOTES)
        try:
            return await self._client.voice(address, sound, nonce)
        except BotBlocked as barred:
            if await self._streams.lent(address, self._clock.now()):
                raise Refused(_NO_NOTES) from barred
            raise

    async def file(
        self, address: Address, data: bytes, name: str, mime: str, message: DiscordMessage, nonce: str
    ) -> str:
        """Send a file with words beside it."""
        place = DiscordLocation.of(address)
        token = await self._token(address) if place.lent else ""
        if not token:
            try:
                return await self._client.file(address, data, name, mime, message, nonce)
            except BotBlocked:
                if not (token := await self._streams.lent(address, self._clock.now())):
                    raise
        return await self._client.follow_up(token, message, hidden=bool(place.only), file=(data, name, mime))

    async def typing(self, address: Address) -> None:
        """Show "typing" where the bot can."""
        if not DiscordLocation.of(address).lent:
            await self._client.typing(address)

    async def _token(self, address: Address) -> str:
        if token := await self._streams.lent(address, self._clock.now()):
            return token
        raise Refused("the 15 minutes in which Discord lets Sona answer there are over", gone=True)
