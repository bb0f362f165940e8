"""Which token opens a workspace, and whether any does."""

import asyncio
import logging
from collections import OrderedDict
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

from bots.slack.oauth import PLATFORM, OAuth
from core.clock import Clock
from core.errors import Failure, Refused, Unreachable
from core.ports.installs import Install, Installs

_log = logging.getLogger(__name__)
_RENEW_BEFORE = timedelta(hours=2)
_CACHE_TIME = timedelta(seconds=60)
_MISSING_CACHE_TIME = timedelta(seconds=5)
_MAX_CACHED = 10_000
_TIMEOUT = 1.0


class SlackTokens(Protocol):
    """The bot tokens of the workspaces that the app is installed in."""

    async def token(self, team: str) -> str:
        """Raises `Refused`, the person gone, where the app is not installed."""
        ...

    async def is_installed(self, team: str) -> bool:
        """Whether the app is installed there."""
        ...

    async def app_removed(self, team: str, at: datetime) -> None:
        """The app was removed there: nothing that was given until then opens it any more."""
        ...

    async def close(self) -> None:
        """Wait for what must not be broken off."""
        ...


class SingleToken:
    """The same token for every workspace."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def token(self, team: str) -> str:  # noqa: ARG002 - an app for one workspace does not ask which
        return self._token

    async def is_installed(self, team: str) -> bool:  # noqa: ARG002 - an app for one workspace does not ask which
        return True

    async def app_removed(self, team: str, at: datetime) -> None:
        """A token that stands in the settings is not ours to forget."""

    async def close(self) -> None:
        """Nothing is under way."""


class InstalledTokens:
    """The tokens of every workspace that has installed the app; those that end are renewed two hours before.

    `home` is the token of one workspace more, which needs no install. What the database says is remembered for a minute.
    """

    def __init__(self, *, installs: Installs, oauth: OAuth, clock: Clock, settings_token: str = "") -> None:
        self._installs = installs
        self._oauth = oauth
        self._clock = clock
        self._settings_token = settings_token
        self._settings_team = ""
        self._next_lookup: datetime | None = None
        self._cache: OrderedDict[str, tuple[Install | None, datetime]] = OrderedDict()
        self._renewing: dict[str, asyncio.Task[Install | None]] = {}
        self._failed: dict[str, tuple[datetime, Failure]] = {}

    async def token(self, team: str) -> str:
        if not team and self._settings_token:
            return self._settings_token
        install = await self._install(team)
        if install is not None and (valid := await self._valid_install(install)) is not None:
            return valid.token
        if install is None and await self._is_settings_team(team):
            return self._settings_token
        raise Refused("Slack: the app is not installed in this workspace", gone=True)

    async def is_installed(self, team: str) -> bool:
        return await self._install(team) is not None or await self._is_settings_team(team)

    async def put(self, install: Install) -> None:
        await self._installs.put(install)
        self._cache.pop(install.workspace, None)

    async def app_removed(self, team: str, at: datetime) -> None:
        """Forget the token, and ask Slack to take it back in case it has not yet."""
        forgotten = await self._installs.forget(PLATFORM, team, until=at)
        self._cache.pop(team, None)
        if forgotten is not None:
            _log.info("Slack: the app was removed from %s", team)
            with suppress(Failure, TimeoutError):
                async with asyncio.timeout(_TIMEOUT):
                    await self._oauth.revoke(forgotten.token)

    async def close(self) -> None:
        await asyncio.gather(*self._renewing.values(), return_exceptions=True)

    async def _install(self, team: str) -> Install | None:
        """The install as it is kept, whether its token still lasts or not."""
        cached = self._cache.get(team)
        if cached is not None and self._clock.now() < cached[1]:
            return cached[0]
        return self._remember(team, await self._installs.get(PLATFORM, team))

    def _remember(self, team: str, install: Install | None) -> Install | None:
        self._cache[team] = (install, self._clock.now() + (_CACHE_TIME if install else _MISSING_CACHE_TIME))
        if len(self._cache) > _MAX_CACHED:
            self._cache.popitem(last=False)
        return install

    async def _valid_install(self, install: Install) -> Install | None:
        """The install with a token that still lasts, renewed when it ends soon; `None` where Slack gives no more.

        Who stops waiting does not stop the renewal: by then Slack may have used up the old token, and told the new one to nobody.
        """
        if not self._expires_soon(install):
            return install
        team = install.workspace
        if team not in self._renewing:
            self._renewing[team] = asyncio.create_task(self._renew(install))
            self._renewing[team].add_done_callback(lambda done: self._renewal_done(team, done))
        return await asyncio.shield(self._renewing[team])

    def _renewal_done(self, team: str, done: asyncio.Task[Install | None]) -> None:
        """Whether or not anybody still waits for how it ended."""
        del self._renewing[team]
        if not done.cancelled():
            done.exception()

    async def _renew(self, install: Install) -> Install | None:
        install = await self._install(install.workspace) or install
        if not self._expires_soon(install):
            return install
        again, failure = self._failed.get(install.workspace, (None, None))
        if again is None or self._clock.now() >= again:
            return await self._try_renewing(install)
        return self._unless_expired(install, failure)

    async def _try_renewing(self, install: Install) -> Install | None:
        """Renew it; what fails is not tried again for a minute."""
        team, renew_before = install.workspace, self._clock.now() + _RENEW_BEFORE
        try:
            return self._remember(team, await self._installs.renewed(PLATFORM, team, renew_before, self._oauth.renew))
        except Failure as failure:
            _log.warning("Slack: the token of %s was not renewed: %s", team, failure)
            self._failed[team] = (self._clock.now() + _CACHE_TIME, failure)
            return self._unless_expired(install, failure)

    def _unless_expired(self, install: Install, failure: Failure | None) -> Install | None:
        """The install while its token lasts; then `None` if Slack gives no more, and the failure if it may yet."""
        if install.expires is None or install.expires > self._clock.now():
            return install
        if failure is None or isinstance(failure, Refused):
            return None
        raise Unreachable(str(failure))

    def _expires_soon(self, install: Install) -> bool:
        return install.expires is not None and install.expires <= self._clock.now() + _RENEW_BEFORE

    async def _is_settings_team(self, team: str) -> bool:
        """Whether it is the workspace of the token in the settings; while Slack does not tell whose that is, any may be."""
        if not self._settings_token:
            return False
        now = self._clock.now()
        if not self._settings_team and (self._next_lookup is None or now >= self._next_lookup):
            self._next_lookup = now + _CACHE_TIME
            with suppress(Failure, TimeoutError):
                async with asyncio.timeout(_TIMEOUT):
                    self._settings_team = await self._oauth.workspace_of(self._settings_token)
        return self._settings_team in ("", team)
