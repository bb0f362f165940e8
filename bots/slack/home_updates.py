"""Fills home tabs, and fills them again when what was said has changed what they show."""

import asyncio
import hmac
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import sha256

from bots.slack import home, signed_value
from bots.slack.client import SlackClient
from bots.slack.directory import Directory
from bots.slack.drafts import SlackDrafts
from bots.slack.location import SlackLocation
from bots.slack.render import SlackBlock
from core.address import Address
from core.errors import Failure
from core.phrases import DEFAULT
from core.ports.overview import Overviews
from core.reply import Choice

_TAB = "home"

Suggest = Callable[[str], Sequence[Choice]]
"""What can be asked for, in a language."""


class HomeUpdates:
    """`drafts` remembers for a while who has opened the tab, and what it showed; `key` signs its buttons."""

    def __init__(
        self,
        *,
        client: SlackClient,
        directory: Directory,
        drafts: SlackDrafts,
        overviews: Overviews | None,
        suggest: Suggest,
        key: bytes,
    ) -> None:
        self._client = client
        self._directory = directory
        self._drafts = drafts
        self._overviews = overviews
        self._suggest = suggest
        self._key = key
        self._filling: set[asyncio.Task[None]] = set()

    async def opened(self, team: str, user: str) -> None:
        """Fill the tab that a person looks at. Raises `core.errors`."""
        place = await self._client.direct(team, user)
        await self._fill(place, user, "")

    def said(self, address: Address) -> None:
        """Something was said in a conversation: the tab of whoever looks at theirs is filled again if it would differ."""
        place = SlackLocation.of(address)
        if place.direct and self._overviews is not None:
            task = asyncio.create_task(self._again(place))
            self._filling.add(task)
            task.add_done_callback(self._filling.discard)

    async def close(self) -> None:
        if self._filling:
            await asyncio.wait(self._filling)

    async def _again(self, place: SlackLocation) -> None:
        with suppress(Failure):
            user, _, shown = (await self._drafts.read(_tab(place))).partition(" ")
            if user:
                await self._fill(place, user, shown)

    async def _fill(self, place: SlackLocation, user: str, shown: str) -> None:
        view = await self._view(place, user)
        digest = sha256(json.dumps(view, sort_keys=True).encode()).hexdigest()
        if not hmac.compare_digest(digest, shown):
            await self._client.publish(place.team, user, view)
            await self._drafts.write(_tab(place), f"{user} {digest}")

    async def _view(self, place: SlackLocation, user: str) -> SlackBlock:
        locale = await self._directory.locale(place.team, user) or DEFAULT
        overview = None
        if self._overviews is not None:
            overview = await self._overviews.of("slack", f"{place.team}.{user}", locale=locale)
            locale = overview.learner.locale or locale

        def sign(choice: Choice) -> str:
            return signed_value.encode(choice.value, Address("slack", f"{place.team}.{place.channel}"), self._key)

        return home.view(place, overview, self._suggest(locale), sign, locale)


def _tab(place: SlackLocation) -> Address:
    return Address("slack", f"{place.team}.{place.channel}", _TAB)
