"""The OAuth install of the app: a redirect to Slack's consent page, and the callback with a code for a token."""

import hmac
import json
from base64 import urlsafe_b64encode
from hashlib import sha256
from html import escape
from importlib import resources

from aiohttp import web

from bots.slack.oauth import OAuth
from bots.slack.tokens import InstalledTokens
from core.clock import Clock
from core.errors import Failure
from core.phrases import known, phrase
from core.ports.count import Count

_MINUTES = 10
_COOKIE = "sona_slack_install"
_MAX_PARAMETER = 1024
_POLICY = "default-src 'none'; frame-ancestors 'none'"


class InstallFlow:
    """`GET /slack/install` and `GET /slack/oauth`. `key` signs the OAuth state.

    A state is valid for ten minutes, and only in the browser that has the cookie set with it.
    """

    def __init__(
        self,
        *,
        oauth: OAuth,
        tokens: InstalledTokens,
        key: bytes,
        public_url: str,
        clock: Clock,
        count: Count,
    ) -> None:
        self._oauth = oauth
        self._tokens = tokens
        self._key = key
        self._clock = clock
        self._count = count
        self._redirect = f"{public_url.rstrip('/')}/slack/oauth"
        self._secure = public_url.startswith("https://")

    def routes(self) -> tuple[web.AbstractRouteDef, ...]:
        return (
            web.get("/slack/install", self._redirect_to_consent, allow_head=False),
            web.get("/slack/oauth", self._callback, allow_head=False),
        )

    async def _redirect_to_consent(self, _: web.Request) -> web.StreamResponse:
        nonce = self._clock.id()
        state = self._state(int(self._clock.now().timestamp()) + _MINUTES * 60, nonce)
        url = self._oauth.consent_url(scopes=_scopes(), state=state, redirect=self._redirect)
        answer = web.Response(status=302, headers={"Location": url, "Cache-Control": "no-store"})
        answer.set_cookie(
            _COOKIE, nonce, max_age=_MINUTES * 60, path="/slack", httponly=True, secure=self._secure, samesite="Lax"
        )
        return answer

    async def _callback(self, request: web.Request) -> web.StreamResponse:
        if not self._is_valid_state(request.query.get("state", ""), request.cookies.get(_COOKIE, "")):
            self._count("install", channel="slack", outcome="forged")
            return _page(request, "slack.install.stale", status=400)
        code = request.query.get("code", "")
        if not code or len(code) > _MAX_PARAMETER:
            self._count("install", channel="slack", outcome="declined")
            return _page(request, "slack.install.declined", status=400)
        try:
            install = await self._oauth.exchange_code(code, self._redirect)
            await self._tokens.put(install)
        except Failure as error:
            self._count("install", channel="slack", outcome="failed")
            return _page(request, "slack.install.failed", status=503 if error.retryable else 400)
        self._count("install", channel="slack", outcome="done")
        return _page(request, "slack.install.done", workspace=install.name or install.workspace)

    def _state(self, until: int, nonce: str) -> str:
        digest = hmac.digest(self._key, f"{until}\n{nonce}".encode(), sha256)
        return f"{until}.{nonce}.{urlsafe_b64encode(digest).decode().rstrip('=')}"

    def _is_valid_state(self, state: str, nonce: str) -> bool:
        until, _, _ = state.partition(".")
        if not nonce or len(state) > _MAX_PARAMETER or not (until.isascii() and until.isdigit()):
            return False
        genuine = hmac.compare_digest(state.encode(errors="replace"), self._state(int(until), nonce).encode())
        return genuine and self._clock.now().timestamp() < int(until)


def _scopes() -> str:
    """Return the bot scopes of the manifest, comma-separated."""
    manifest = json.loads((resources.files("bots.slack") / "manifest.json").read_text(encoding="utf-8"))
    return ",".join(manifest["oauth_config"]["scopes"]["bot"])


def _page(request: web.Request, key: str, *, status: int = 200, **values: str) -> web.Response:
    """Return a page with one phrase in the browser's preferred language, and delete the cookie."""
    preferred = request.headers.get("Accept-Language", "").split(",")[0].split(";")[0].strip()
    words = escape(phrase(key, known(preferred[:35]), **values))
    answer = web.Response(
        status=status,
        text=f'<!doctype html><meta charset="utf-8"><title>Sona</title><p>{words}</p>\n',
        content_type="text/html",
        headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"},
    )
    answer.del_cookie(_COOKIE, path="/slack")
    return answer
