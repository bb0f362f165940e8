"""An app connected to the fake Slack, with in-memory collaborators."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from bots.slack import Slack, SlackSettings, connect
from core.address import Address
from core.dialogue.suggestions import suggest
from core.errors import Refused
from core.media import Media
from tests.fakes.clock import ManualClock
from tests.fakes.slack import APP_TOKEN, SECRET, TOKEN, FakeSlack

DIRECT = Address("slack", "T1.D1")
THREAD = Address("slack", "T1.D1", "1699999999.000001")
CHANNEL = Address("slack", "T1.C1", "1699999999.000002")
PRIVATE = Address("slack", "T1.C1", "@U7")


class SlackBlobs:
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


@dataclass
class SlackSetup:
    """A connected app and its collaborators. `fallbacks` lists the counted forms, `pauses` the seconds slept."""

    api: FakeSlack
    app: Slack
    clock: ManualClock
    blobs: SlackBlobs
    fallbacks: list[str] = field(default_factory=list[str])
    pauses: list[float] = field(default_factory=list[float])

    async def sound(self) -> Media:
        return Media(ref=await self.blobs.put(b"OggS", mime="audio/ogg"), mime="audio/ogg", seconds=2.0)


@pytest.fixture
async def setup() -> AsyncIterator[SlackSetup]:
    clock, blobs, counted, paused = ManualClock(), SlackBlobs(), list[str](), list[float]()

    def count(name: str, /, **labels: str) -> None:
        counted.append(labels["form"])

    async def sleep(seconds: float) -> None:
        paused.append(seconds)

    async with FakeSlack() as api:
        api.channel("D1")
        api.channel("C1")
        app = connect(
            SlackSettings(token=TOKEN, signing_secret=SECRET, app_token=APP_TOKEN, api_url=api.url),
            secret_key=b"secret",
            clock=clock,
            blobs=blobs,
            count=count,
            commands=("quiz", "help", "stop"),
            suggest=lambda locale: suggest(locale, "quiz"),
            sleep=sleep,
        )
        yield SlackSetup(api=api, app=app, clock=clock, blobs=blobs, fallbacks=counted, pauses=paused)
        await app.close()
