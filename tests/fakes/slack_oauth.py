"""Slack's OAuth: the consent page, one-time codes, expiring tokens and their renewal.

Enforced: a code is valid once (`code_already_used`) and for its own redirect only (`bad_redirect_uri`); the app authenticates
with HTTP Basic (`invalid_client_id`, `bad_client_secret`); with token rotation a token comes with `expires_in` 43,200 and a
refresh token, which is valid once (`invalid_refresh_token`); an expired token is `token_expired`, a revoked one
`token_revoked`.
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.fakes.slack_rules import Answer

CLIENT_ID, CLIENT_SECRET = "1.2", "clients3cret"
TOKEN = "xoxb-1-TEST"
TOKEN_SECONDS = 43_200


@dataclass
class Workspaces:
    """The installs of the app: `teams` by token, `refusals` are the errors of tokens that are no longer valid."""

    teams: dict[str, str] = field(default_factory=lambda: {TOKEN: "T1"})
    refusals: dict[str, str] = field(default_factory=dict[str, str])
    codes: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    used: set[str] = field(default_factory=set[str])
    refresh_tokens: dict[str, str] = field(default_factory=dict[str, str])
    rotation: bool = True
    issued: int = 0

    def consent(self, query: dict[str, str], team: str) -> str:
        """Consent for `team` on the page opened with `query`; return the URL that the browser is redirected to."""
        if query.get("client_id") != CLIENT_ID or not query.get("scope") or not query.get("redirect_uri"):
            raise Answer("invalid_client_id")
        self.issued += 1
        code = f"code{self.issued}"
        self.codes[code] = (team, query["redirect_uri"])
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query.get('state', '')})}"

    def access(self, call: dict[str, Any]) -> dict[str, Any]:
        if call.get("client_id") != CLIENT_ID:
            raise Answer("invalid_client_id")
        if call.get("client_secret") != CLIENT_SECRET:
            raise Answer("bad_client_secret")
        if call.get("grant_type") == "refresh_token":
            team = self.refresh_tokens.pop(call.get("refresh_token", ""), "")
            if not team:
                raise Answer("invalid_refresh_token")
        else:
            team = self._exchange_code(call.get("code", ""), call.get("redirect_uri", ""))
        return self._issue_token(team)

    def _exchange_code(self, code: str, redirect: str) -> str:
        if code in self.used:
            raise Answer("code_already_used")
        if code not in self.codes:
            raise Answer("invalid_code")
        team, expected = self.codes.pop(code)
        self.used.add(code)
        if redirect != expected:
            raise Answer("bad_redirect_uri")
        return team

    def _issue_token(self, team: str) -> dict[str, Any]:
        self.issued += 1
        token = f"xoxe.xoxb-{self.issued}" if self.rotation else f"xoxb-{self.issued}"
        self.teams[token] = team
        rotation: dict[str, Any] = {}
        if self.rotation:
            refresh = f"xoxe-{self.issued}"
            self.refresh_tokens[refresh] = team
            rotation = {"refresh_token": refresh, "expires_in": TOKEN_SECONDS}
        return {
            "access_token": token,
            "token_type": "bot",
            "scope": "chat:write",
            "bot_user_id": "UBOT",
            "app_id": "A1",
            "team": {"id": team, "name": f"Lipu {team}"},
            "enterprise": None,
            "is_enterprise_install": False,
            "authed_user": {"id": "U7"},
            **rotation,
        }

    def team_of(self, token: str) -> str:
        """Return a token's team."""
        if token in self.refusals:
            raise Answer(self.refusals[token])
        if token not in self.teams:
            raise Answer("invalid_auth")
        return self.teams[token]
