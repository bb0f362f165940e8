"""A bot connected to the fake Discord, with in-memory collaborators."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from bots.discord import Discord, DiscordSettings, connect
from bots.discord.commands import MESSAGE_MENU, CommandSpec
from bots.discord.drafts import DiscordDrafts, LocalDiscordDrafts
from core.address import Address
from core.errors import Malformed, Refused
from core.media import Audio, Media
from tests.fakes.clock import ManualClock
from tests.fakes.discord import TOKEN, FakeDiscord

HERE = Address("discord", "7")
COMMANDS = (
    CommandSpec(id="lesson", name={"": "lesson", "vi": "bài-học"}, description={"": "A lesson"}, threaded=True),
    CommandSpec(id="progress", name={"": "progress"}, description={"": "How far you are"}, private=True),
    CommandSpec(
        id="Explain this",
        name={"": "Explain this", "vi": "Giải thích"},
        kind=MESSAGE_MENU,
        private=True,
        slash_command="explain",
    ),
    CommandSpec(id="Make a card", name={"": "Make a card"}, kind=MESSAGE_MENU, private=True, slash_command="card"),
)


def suggestions(command: str, typed: str, locale: str) -> tuple[tuple[str, str], ...]:
    """Return those of three units that contain the typed text."""
    units = [(f"toki/{number}", f"{locale} {command} {number}") for number in range(1, 4)]
    return tuple(unit for unit in units if typed in unit[1])


class DiscordBlobs:
    """In-memory `Blobs`."""

    def __init__(self) -> None:
        self.stored: dict[str, tuple[bytes, str]] = {}

    async def put(self, data: bytes, *, mime: str) -> str:
        key = f"blob:{len(self.stored)}"
        self.stored[key] = (data, mime)
        return key

    async def get(self, key: str) -> tuple[bytes, str]:
        if key not in self.stored:
            raise Refused("there is no such blob")
        return self.stored[key]


async def voice_note(data: bytes) -> Audio:
    """Accept OGG unchanged, anything else is malformed."""
    if not data.startswith(b"OggS"):
        raise Malformed("not audio")
    return Audio(data=data, mime="audio/ogg", seconds=2.0, waveform=bytes(range(8)))


async def no_sleep(seconds: float) -> None:
    """Yield to the event loop without waiting."""
    await asyncio.sleep(0)


@dataclass
class DiscordSetup:
    """A connected bot and its collaborators; `fallbacks` lists the counted forms."""

    api: FakeDiscord
    clock: ManualClock
    blobs: DiscordBlobs
    drafts: DiscordDrafts = field(default_factory=LocalDiscordDrafts)
    fallbacks: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.bot = self.connect(self.drafts)

    def connect(self, drafts: DiscordDrafts) -> Discord:
        """Connect the bot with these drafts, as another process would."""

        def count(name: str, /, **labels: str) -> None:
            self.fallbacks.append(labels["form"])

        return connect(
            DiscordSettings(token=TOKEN, api_url=self.api.url, public_key=self.api.public_key),
            secret_key=b"secret",
            clock=self.clock,
            blobs=self.blobs,
            encode_voice_note=voice_note,
            count=count,
            commands=COMMANDS,
            autocomplete=suggestions,
            drafts=drafts,
            sleep=no_sleep,
        )

    async def sound(self) -> Media:
        return Media(ref=await self.blobs.put(b"OggS", mime="audio/ogg"), mime="audio/ogg", seconds=2.0)

    def in_server(self, **payload: Any) -> dict[str, Any]:
        """Create an interaction in a server's text channel."""
        shared = {"channel_id": "7", "context": 0, "guild_id": "55", "channel": {"id": "7", "type": 0}, "locale": "vi"}
        member = {"user": {"id": "7", "username": "lan", "global_name": "Lan"}, "roles": []}
        owners = {"authorizing_integration_owners": {"0": "55"}}
        return self.api.interaction({**shared, "member": member, "user": None, **owners, **payload})

    def slash_command(self, name: str, **options: str) -> dict[str, Any]:
        """Create a slash command in the direct messages."""
        filled = [{"name": key, "type": 3, "value": value} for key, value in options.items()]
        return self.api.interaction(
            {
                "type": 2,
                "channel_id": "7",
                "context": 1,
                "locale": "vi",
                "data": {"id": "1", "type": 1, "name": name, "options": filled},
            }
        )


@pytest.fixture
async def setup() -> AsyncIterator[DiscordSetup]:
    async with FakeDiscord() as api:
        api.channel()
        setup = DiscordSetup(api=api, clock=ManualClock(), blobs=DiscordBlobs())
        yield setup
        await setup.bot.close()
