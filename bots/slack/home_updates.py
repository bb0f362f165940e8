"""Publishes home tabs, and updates them after a reply that changes what they show."""

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
"""Returns suggestions for a locale, as choices whose values are commands."""


class HomeUpdates:
    """Publishes the tabs of one app. `drafts` stores who opened the tab and a digest of its content; `key` signs its buttons."""

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
        self._refreshing: set[asyncio.Task[None]] = set()

    async def fill(self, team: str, user: str) -> None:
        """Publish the tab that a person opened. Raises `core.errors`."""
        location = await self._client.direct_conversation(team, user)
        await self._publish_if_changed(location, user, "")

    def refresh(self, address: Address) -> None:
        """Publish the tab of a direct conversation again in the background, if it was opened and its content changed."""
        location = SlackLocation.of(address)
        if location.direct and self._overviews is not None:
            task = asyncio.create_task(self._refresh(location))
            self._refreshing.add(task)
            task.add_done_callback(self._refreshing.discard)

    async def close(self) -> None:
        if self._refreshing:
            await asyncio.wait(self._refreshing)

    async def _refresh(self, location: SlackLocation) -> None:
        with suppress(Failure):
            user, _, shown_digest = (await self._drafts.read(_tab_key(location))).partition(" ")
            if user:
                await self._publish_if_changed(location, user, shown_digest)

    async def _publish_if_changed(self, location: SlackLocation, user: str, shown_digest: str) -> None:
        view = await self._view(location, user)
        digest = sha256(json.dumps(view, sort_keys=True).encode()).hexdigest()
        if not hmac.compare_digest(digest, shown_digest):
            await self._client.publish_home(location.team, user, view)
            await self._drafts.write(_tab_key(location), f"{user} {digest}")

    async def _view(self, location: SlackLocation, user: str) -> SlackBlock:
        locale = await self._directory.locale(location.team, user) or DEFAULT
        overview = None
        if self._overviews is not None:
            overview = await self._overviews.of("slack", f"{location.team}.{user}", locale=locale)
            locale = overview.learner.locale or locale

        def sign(choice: Choice) -> str:
            return signed_value.encode(choice.value, Address("slack", f"{location.team}.{location.channel}"), self._key)

        return home.home_view(location, overview, self._suggest(locale), sign, locale)


def _tab_key(location: SlackLocation) -> Address:
    return Address("slack", f"{location.team}.{location.channel}", _TAB)
