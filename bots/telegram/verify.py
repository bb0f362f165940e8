"""Whether a webhook call really comes from Telegram."""

import hmac

from core.channel import Request

HEADER = "x-telegram-bot-api-secret-token"


def genuine(request: Request, secret: str) -> bool:
    """Whether the call carries the secret that was set with the webhook; never without a secret."""
    given = request.headers.get(HEADER, "")
    return bool(secret) and hmac.compare_digest(given.encode(errors="replace"), secret.encode())
