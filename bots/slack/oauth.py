"""Asks Slack for tokens: for a workspace's consent, for a token that ends soon, and to end one."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bots.json_fields import record
from bots.slack.api_call import asked, root
from bots.slack.json_fields import amount, needed, text
from core.clock import Clock
from core.errors import Refused
from core.ports.installs import Install

PLATFORM = "slack"
_SECONDS = 10


class OAuth:
    """One app, as Slack knows it by its id and its secret. Methods raise `core.errors` only."""

    def __init__(self, *, client_id: str, client_secret: str, api_url: str, clock: Clock) -> None:
        self._id = client_id
        self._secret = client_secret
        self._root = root(api_url)
        self._clock = clock

    def consent(self, *, scopes: str, state: str, redirect: str) -> str:
        """The address of the page where a workspace's owner agrees."""
        asked_for = {"client_id": self._id, "scope": scopes, "state": state, "redirect_uri": redirect}
        return f"{self._root}/oauth/v2/authorize?{urlencode(asked_for)}"

    async def grant(self, code: str, redirect: str) -> Install:
        """The install that a code stands for, once."""
        given = await self._access(code=code, redirect_uri=redirect)
        if given.get("is_enterprise_install") is True:
            raise Refused("an install for a whole organisation, not for a workspace")
        team = record(given.get("team"), "team")
        return self._install(given, needed(team, "id"), text(team, "name"))

    async def renew(self, install: Install) -> Install:
        """The install with its next token; the refresh token it was asked for by is used up."""
        given = await self._access(grant_type="refresh_token", refresh_token=install.refresh)
        return self._install(given, install.workspace, install.name)

    async def whose(self, token: str) -> str:
        """The id of the workspace that a token opens."""
        return needed(await asked(self._web(token).api_call("auth.test")), "team_id")

    async def end(self, token: str) -> None:
        """Have Slack take a token back."""
        await asked(self._web(token).api_call("auth.revoke"))

    async def _access(self, **more: str) -> dict[str, Any]:
        headers = {"Authorization": aiohttp.encode_basic_auth(self._id, self._secret)}
        given = await asked(self._web("").api_call("oauth.v2.access", data=more, headers=headers))
        if text(given, "token_type") != "bot":
            raise Refused("a token that is no bot's")
        return given

    def _install(self, given: Mapping[str, Any], team: str, name: str) -> Install:
        seconds = amount(given, "expires_in")
        return Install(
            platform=PLATFORM,
            workspace=team,
            name=name,
            token=needed(given, "access_token"),
            refresh=text(given, "refresh_token"),
            expires=self._clock.now() + timedelta(seconds=seconds) if seconds else None,
        )

    def _web(self, token: str) -> AsyncWebClient:
        return AsyncWebClient(token=token or None, base_url=f"{self._root}/api/", retry_handlers=[], timeout=_SECONDS)
