"""Bot tokens by workspace, renewed before they expire."""

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
        """Return the workspace's bot token; raises `Refused` (`gone`) if the app is not installed."""
        ...

    async def is_installed(self, team: str) -> bool:
        """Return whether the app is installed in the workspace."""
        ...

    async def app_removed(self, team: str, at: datetime) -> None:
        """Forget the tokens that the workspace issued until `at`, when it removed the app."""
        ...

    async def close(self) -> None:
        """Wait for running renewals, which must not be interrupted."""
        ...


class SingleToken:
    """The settings' token, for an app that is installed in one workspace."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def token(self, team: str) -> str:  # noqa: ARG002 - one token serves every workspace
        return self._token

    async def is_installed(self, team: str) -> bool:  # noqa: ARG002 - one token serves every workspace
        return True

    async def app_removed(self, team: str, at: datetime) -> None:
        """Keep the token, which belongs to the settings."""

    async def close(self) -> None:
        """Do nothing: there are no renewals."""


class InstalledTokens:
    """The tokens of all workspaces that installed the app; expiring ones are renewed two hours early.

    `settings_token` belongs to one more workspace, which needs no install. Database rows are cached for a minute, and
    missing ones for five seconds.
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
        """Forget the token and revoke it, in case Slack has not yet."""
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
        """Return the install as stored; its token may have expired."""
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
        """Return the install with a valid token, renewing it if it expires soon; `None` if Slack refuses to renew it.

        Cancelling the caller does not cancel the renewal, because Slack may already have invalidated the old refresh token.
        """
        if not self._expires_soon(install):
            return install
        team = install.workspace
        if team not in self._renewing:
            self._renewing[team] = asyncio.create_task(self._renew(install))
            self._renewing[team].add_done_callback(lambda done: self._renewal_done(team, done))
        return await asyncio.shield(self._renewing[team])

    def _renewal_done(self, team: str, done: asyncio.Task[Install | None]) -> None:
        """Forget the task and mark its exception as retrieved, in case no caller awaits it any longer."""
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
        """Renew the token; after a failure, retry no sooner than in a minute."""
        team, renew_before = install.workspace, self._clock.now() + _RENEW_BEFORE
        try:
            return self._remember(team, await self._installs.renewed(PLATFORM, team, renew_before, self._oauth.renew))
        except Failure as failure:
            _log.warning("Slack: the token of %s was not renewed: %s", team, failure)
            self._failed[team] = (self._clock.now() + _CACHE_TIME, failure)
            return self._unless_expired(install, failure)

    def _unless_expired(self, install: Install, failure: Failure | None) -> Install | None:
        """Return the install while its token is valid; then `None` after a refusal, or raise a failure that may pass."""
        if install.expires is None or install.expires > self._clock.now():
            return install
        if failure is None or isinstance(failure, Refused):
            return None
        raise Unreachable(str(failure))

    def _expires_soon(self, install: Install) -> bool:
        return install.expires is not None and install.expires <= self._clock.now() + _RENEW_BEFORE

    async def _is_settings_team(self, team: str) -> bool:
        """Return whether the settings' token belongs to the workspace; true for any while that lookup fails."""
        if not self._settings_token:
            return False
        now = self._clock.now()
        if not self._settings_team and (self._next_lookup is None or now >= self._next_lookup):
            self._next_lookup = now + _CACHE_TIME
            with suppress(Failure, TimeoutError):
                async with asyncio.timeout(_TIMEOUT):
                    self._settings_team = await self._oauth.workspace_of(self._settings_token)
        return self._settings_team in ("", team)
