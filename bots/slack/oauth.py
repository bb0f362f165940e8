"""Slack's OAuth: the consent URL, and exchanging, renewing and revoking tokens."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bots.json_fields import record
from bots.slack.api_call import base_url, result_of
from bots.slack.json_fields import count_or_zero, required_text, text
from core.clock import Clock
from core.errors import Refused
from core.ports.installs import Install

PLATFORM = "slack"
_TIMEOUT = 10


class OAuth:
    """One app with its client id and secret. Methods raise `core.errors` only."""

    def __init__(self, *, client_id: str, client_secret: str, api_url: str, clock: Clock) -> None:
        self._id = client_id
        self._secret = client_secret
        self._root = base_url(api_url)
        self._clock = clock

    def consent_url(self, *, scopes: str, state: str, redirect: str) -> str:
        """Return the URL of Slack's consent page."""
        query = {"client_id": self._id, "scope": scopes, "state": state, "redirect_uri": redirect}
        return f"{self._root}/oauth/v2/authorize?{urlencode(query)}"

    async def exchange_code(self, code: str, redirect: str) -> Install:
        """Exchange a code, valid once, for an install; raises `Refused` for organisation-wide installs."""
        response = await self._access(code=code, redirect_uri=redirect)
        if response.get("is_enterprise_install") is True:
            raise Refused("the install is for an organisation, not for a workspace")
        team = record(response.get("team"), "team")
        return self._install(response, required_text(team, "id"), text(team, "name"))

    async def renew(self, install: Install) -> Install:
        """Return the install with a new token; Slack invalidates the old refresh token."""
        response = await self._access(grant_type="refresh_token", refresh_token=install.refresh)
        return self._install(response, install.workspace, install.name)

    async def workspace_of(self, token: str) -> str:
        """Return the id of a token's workspace."""
        return required_text(await result_of(self._web(token).api_call("auth.test")), "team_id")

    async def revoke(self, token: str) -> None:
        """Revoke a token."""
        await result_of(self._web(token).api_call("auth.revoke"))

    async def _access(self, **parameters: str) -> dict[str, Any]:
        headers = {"Authorization": aiohttp.encode_basic_auth(self._id, self._secret)}
        response = await result_of(self._web("").api_call("oauth.v2.access", data=parameters, headers=headers))
        if text(response, "token_type") != "bot":
            raise Refused("the token is not a bot token")
        return response

    def _install(self, response: Mapping[str, Any], team: str, name: str) -> Install:
        seconds = count_or_zero(response, "expires_in")
        return Install(
            platform=PLATFORM,
            workspace=team,
            name=name,
            token=required_text(response, "access_token"),
            refresh=text(response, "refresh_token"),
            expires=self._clock.now() + timedelta(seconds=seconds) if seconds else None,
        )

    def _web(self, token: str) -> AsyncWebClient:
        return AsyncWebClient(token=token or None, base_url=f"{self._root}/api/", retry_handlers=[], timeout=_TIMEOUT)
