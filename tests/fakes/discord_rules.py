"""Discord's error responses, rate limits and rules for messages."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web


class Answer(Exception):
    """An error response."""

    def __init__(self, status: int, message: str, code: int = 0, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"message": message, "code": code, **more}
        self.headers: dict[str, str] = {}


def rate_limited(seconds: float, *, bot_wide: bool = False, headers: Mapping[str, str] | None = None) -> Answer:
    """Return a 429 that asks to wait, for the route or for the whole bot."""
    answer = Answer(429, "You are being rate limited.")
    answer.body |= {"retry_after": seconds, "global": bot_wide}
    scope = {"X-RateLimit-Scope": "global", "X-RateLimit-Global": "true"} if bot_wide else {"X-RateLimit-Scope": "user"}
    answer.headers = {**(headers or {}), **scope, "Retry-After": str(seconds)}
    return answer


def invalid(field: str, words: str) -> Answer:
    errors = {field: {"_errors": [{"code": "BASE_TYPE_BAD", "message": words}]}}
    return Answer(400, "Invalid Form Body", 50035, errors=errors)


def unknown(what: str, code: int) -> Answer:
    return Answer(404, f"Unknown {what}", code)


class Buckets:
    """Rate limits: five calls in five seconds per route and channel (or webhook), and a global one; `time` in seconds.

    Every response's headers describe its bucket. `refused` counts the calls beyond a limit.
    """

    def __init__(self, time: Callable[[], float], *, limit: int = 5, period: float = 5.0) -> None:
        self.time, self.limit, self.period = time, limit, period
        self.refused = 0
        self._windows: dict[str, tuple[float, int]] = {}
        self._blocked_until = 0.0

    def block(self, seconds: float) -> None:
        """Refuse calls to every route for this time."""
        self._blocked_until = self.time() + seconds

    def use(self, bucket: str) -> Mapping[str, str]:
        """Count a call and return the headers of its response; raises `Answer` 429."""
        now = self.time()
        if now < self._blocked_until:
            self.refused += 1
            raise rate_limited(round(self._blocked_until - now, 3), bot_wide=True)
        start, used = self._windows.get(bucket, (now, 0))
        if now - start >= self.period:
            start, used = now, 0
        remaining = round(self.period - (now - start), 3)
        headers = {
            "X-RateLimit-Bucket": bucket.partition(" ")[0],
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(self.limit - used - 1, 0)),
            "X-RateLimit-Reset-After": str(remaining),
        }
        if used >= self.limit:
            self.refused += 1
            raise rate_limited(remaining, headers=headers)
        self._windows[bucket] = (start, used + 1)
        return headers


def check_message(body: Mapping[str, Any], files: Mapping[str, bytes], *, edit: bool = False) -> None:
    """Raise `Answer` for an invalid message."""
    content = body.get("content") or ""
    if not isinstance(content, str) or len(content) > 2000:
        raise invalid("content", "Must be 2000 or fewer in length.")
    if not content.strip() and not files and not edit:
        raise Answer(400, "Cannot send an empty message", 50006)
    _nonce(body)
    _attachments(body, files)
    if body.get("allowed_mentions") != {"parse": []}:
        raise AssertionError("the bot would notify people")


def _nonce(body: Mapping[str, Any]) -> None:
    nonce = body.get("nonce", "")
    if not isinstance(nonce, str | int) or len(str(nonce)) > 25:
        raise invalid("nonce", "Must be 25 or fewer in length.")


def _attachments(body: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
    listed = body.get("attachments") or []
    for attachment in listed:
        if f"files[{attachment['id']}]" not in files:
            raise invalid("attachments", "Unknown attachment id")
    if not body.get("flags", 0) & (1 << 13):
        return
    if body.get("content") or body.get("components"):
        raise Answer(400, "Voice messages do not support additional content.", 50159)
    if len(files) != 1:
        raise Answer(400, "Voice messages must have a single audio attachment.", 50160)
    if not listed or not listed[0].get("waveform") or not listed[0].get("duration_secs"):
        raise Answer(400, "Voice messages must have supporting metadata.", 50161)
    if not next(iter(files.values())).startswith(b"OggS"):
        raise invalid("attachments", "Voice messages must be OGG/Opus")


def response(data: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return a JSON response with exactly Discord's content type."""
    everywhere = {"Content-Type": "application/json", "Via": "1.1 google", **(headers or {})}
    return web.Response(body=json.dumps(data).encode(), status=status, headers=everywhere)
