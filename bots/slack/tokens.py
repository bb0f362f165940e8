"""Which token opens a workspace, and whether any does."""

import asyncio
import logging
from collections import OrderedDict
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

from bots.slack.oauth import PLATFORM, OAuth
from core.clock import Clock
from core.errors import Failure, Refused
from core.ports.installs import Install, Installs

_log = logging.getLogger(__name__)
_EARLY = timedelta(hours=2)
_REMEMBER = timedelta(seconds=60)
_REMEMBER_NONE = timedelta(seconds=5)
_MOST = 10_000


class Tokens(Protocol):
    """The bot tokens of the workspaces that the app is installed in."""

    async def token(self, team: str) -> str:
        """Raises `Refused`, the person gone, where the app is not installed."""
        ...

    async def known(self, team: str) -> bool:
        """Whether the app is installed there."""
        ...

    async def ended(self, team: str, at: datetime) -> None:
        """The app was removed there: nothing that was given until then opens it any more."""
        ...


class OneToken:
    """The same token for every workspace."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def token(self, team: str) -> str:  # noqa: ARG002 - an app for one workspace does not ask which
        return self._token

    async def known(self, team: str) -> bool:  # noqa: ARG002 - an app for one workspace does not ask which
        return True

    async def ended(self, team: str, at: datetime) -> None:
        """A token that stands in the settings is not ours to forget."""


class InstalledTokens:
    """The tokens of every workspace that has installed the app; those that end are renewed two hours before.

    `home` is the token of one workspace more, which needs no install. What the database says is remembered for a minute.
    """

    def __init__(self, *, installs: Installs, oauth: OAuth, clock: Clock, home: str = "") -> None:
        self._installs = installs
        self._oauth = oauth
        self._clock = clock
        self._home = home
        self._home_team = ""
        self._ask_again: datetime | None = None
        self._kept: OrderedDict[str, tuple[Install | None, datetime]] = OrderedDict()
        self._asking: dict[str, asyncio.Lock] = {}

    async def token(self, team: str) -> str:
        if not team and self._home:
            return self._home
        if (install := await self._install(team)) is not None:
            return install.token
        if await self._at_home(team):
            return self._home
        raise Refused("Slack: the app is not installed in this workspace", gone=True)

    async def known(self, team: str) -> bool:
        return await self._install(team) is not None or await self._at_home(team)

    async def put(self, install: Install) -> None:
        await self._installs.put(install)
        self._kept.pop(install.workspace, None)

    async def ended(self, team: str, at: datetime) -> None:
        """Forget the token, and ask Slack to take it back in case it has not yet."""
        forgotten = await self._installs.forget(PLATFORM, team, until=at)
        self._kept.pop(team, None)
        if forgotten is not None:
            _log.info("Slack: the app was removed from %s", team)
            with suppress(Failure):
                await self._oauth.end(forgotten.token)

    async def _install(self, team: str) -> Install | None:
        if (kept := self._remembered(team)) is not None:
            return kept[0]
        async with self._asking.setdefault(team, asyncio.Lock()):
            if (kept := self._remembered(team)) is not None:
                return kept[0]
            install = await self._fresh(team)
            self._kept[team] = (install, self._clock.now() + (_REMEMBER if install else _REMEMBER_NONE))
            if len(self._kept) > _MOST:
                self._asking.pop(self._kept.popitem(last=False)[0], None)
            return install

    def _remembered(self, team: str) -> tuple[Install | None, datetime] | None:
        kept = self._kept.get(team)
        return kept if kept is not None and self._clock.now() < kept[1] else None

    async def _fresh(self, team: str) -> Install | None:
        """The install with a token that still lasts; `None` where there is none, or none that can be had any more."""
        install = await self._installs.get(PLATFORM, team)
        soon = self._clock.now() + _EARLY
        if install is None or install.expires is None or install.expires > soon:
            return install
        try:
            return await self._installs.renewed(PLATFORM, team, soon, self._oauth.renew)
        except Failure as error:
            _log.warning("Slack: the token of %s was not renewed: %s", team, error)
            if install.expires > self._clock.now():
                return install
            if isinstance(error, Refused):
                return None
            raise

    async def _at_home(self, team: str) -> bool:
        """Whether it is the workspace of the token in the settings; while Slack does not tell whose that is, any may be."""
        if not self._home:
            return False
        now = self._clock.now()
        if not self._home_team and (self._ask_again is None or now >= self._ask_again):
            self._ask_again = now + _REMEMBER
            with suppress(Failure):
                self._home_team = await self._oauth.whose(self._home)
        return self._home_team in ("", team)
