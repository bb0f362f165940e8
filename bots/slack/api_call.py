"""One call of Slack's Web API: where it goes, and its failures in the house's words."""

from collections.abc import Awaitable
from typing import Any, TypeVar, cast

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bots.slack.errors import failure
from core.errors import Unreachable

OFFICIAL = "https://slack.com"

_T = TypeVar("_T")


def root(api_url: str) -> str:
    """Slack's address, or the one that replaces it (with or without `/api/`), without a slash at its end."""
    return (api_url or OFFICIAL).rstrip("/").removesuffix("/api")


async def asked(call: Awaitable[_T]) -> dict[str, Any]:
    """The answer of a call that the SDK makes. Raises `core.errors`."""
    try:
        answer: Any = await call
    except SlackApiError as error:
        raise _mapped(error) from error
    except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
        raise Unreachable(f"Slack: {type(error).__name__}") from error
    return cast(dict[str, Any], answer.data) if isinstance(answer.data, dict) else {}


def _mapped(error: SlackApiError) -> Exception:
    answer: Any = error.response
    status = int(getattr(answer, "status_code", 0) or getattr(answer, "status", 0) or 500)
    data: Any = getattr(answer, "data", {})
    headers: Any = getattr(answer, "headers", {}) or {}
    said = str(data.get("error", "")) if isinstance(data, dict) else ""
    return failure(said, status, str(headers.get("Retry-After", headers.get("retry-after", ""))))
