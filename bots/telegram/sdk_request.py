"""The SDK's way to the network, with one answer read before the SDK reads it."""

import json
from typing import Any

from telegram.request import HTTPXRequest, RequestData

from bots.telegram.errors import TelegramFlood

_TOO_MANY = 429
_USUAL_WAIT = 5.0


class TelegramRequest(HTTPXRequest):
    """Raises `Flooded` for an answer 429; everything else is the SDK's."""

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = None,
        write_timeout: Any = None,
        connect_timeout: Any = None,
        pool_timeout: Any = None,
    ) -> tuple[int, bytes]:
        code, payload = await super().do_request(
            url, method, request_data, read_timeout, write_timeout, connect_timeout, pool_timeout
        )
        if code == _TOO_MANY:
            raise TelegramFlood(_wait(payload))
        return code, payload


def _wait(payload: bytes) -> float:
    """The seconds that the answer asks for, or a few where it does not say."""
    try:
        return max(float(json.loads(payload)["parameters"]["retry_after"]), 0.1)
    except (ValueError, TypeError, KeyError):
        return _USUAL_WAIT
