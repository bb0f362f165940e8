"""The address of Slack's Web API, and the mapping of a call's failures to `core.errors`."""

from collections.abc import Awaitable
from typing import Any, TypeVar, cast

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bots.slack.errors import failure
from core.errors import Unreachable

OFFICIAL = "https://slack.com"

_T = TypeVar("_T")


def base_url(api_url: str) -> str:
    """Return Slack's address, or its replacement (with or without `/api/`), without a trailing slash."""
    return (api_url or OFFICIAL).rstrip("/").removesuffix("/api")


async def result_of(call: Awaitable[_T]) -> dict[str, Any]:
    """Return the body of an SDK call's response. Raises `core.errors`."""
    try:
        response: Any = await call
    except SlackApiError as error:
        raise _to_failure(error) from error
    except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
        raise Unreachable(f"Slack: {type(error).__name__}") from error
    return cast(dict[str, Any], response.data) if isinstance(response.data, dict) else {}


def _to_failure(error: SlackApiError) -> Exception:
    response: Any = error.response
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0) or 500)
    data: Any = getattr(response, "data", {})
    headers: Any = getattr(response, "headers", {}) or {}
    code = str(data.get("error", "")) if isinstance(data, dict) else ""
    return failure(code, status, str(headers.get("Retry-After", headers.get("retry-after", ""))))
