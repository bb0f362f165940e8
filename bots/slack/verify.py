"""Verifies the signature and the age of webhook calls."""

import hmac
from datetime import datetime
from hashlib import sha256

from core.channel import Request

SIGNATURE = "x-slack-signature"
TIMESTAMP = "x-slack-request-timestamp"
WINDOW_SECONDS = 300


def is_signed(request: Request, secret: str, now: datetime) -> bool:
    """Return whether the call has a valid signature and a timestamp within five minutes; false without a secret."""
    stamp = request.headers.get(TIMESTAMP, "")
    signature_header = request.headers.get(SIGNATURE, "")
    if not secret or not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
        return False
    if abs(now.timestamp() - int(stamp)) > WINDOW_SECONDS:
        return False
    return hmac.compare_digest(
        signature_header.encode(errors="replace"), signature(request.body, secret, stamp).encode()
    )


def signature(body: bytes, secret: str, stamp: str) -> str:
    """Return Slack's signature, version 0, of a body sent at `stamp` (seconds since 1970)."""
    return "v0=" + hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, sha256).hexdigest()
