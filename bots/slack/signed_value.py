"""Values of buttons: a choice and a signature that binds it to its conversation, within Slack's limit of 2,000 characters."""

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256

from core.address import Address
from core.errors import Malformed

LIMIT = 2000
_SIGNATURE = 22
CHOICE_BYTES = LIMIT - _SIGNATURE


def encode(choice: str, address: Address, key: bytes) -> str:
    """Return the signed choice; raises `Malformed` for an empty choice and for more than `CHOICE_BYTES` bytes."""
    if not choice or len(choice.encode()) > CHOICE_BYTES:
        raise Malformed(f"a choice has 1 to {CHOICE_BYTES} bytes")
    return _signature(choice, address, key) + choice


def decode(value: str, address: Address, key: bytes) -> str | None:
    """Return the choice, or `None` if the signature is not valid for this conversation. Compares in constant time."""
    given, choice = value[:_SIGNATURE], value[_SIGNATURE:]
    if not choice or not hmac.compare_digest(given.encode(errors="replace"), _signature(choice, address, key).encode()):
        return None
    return choice


def _signature(choice: str, address: Address, key: bytes) -> str:
    """Return 16 bytes of HMAC-SHA-256 as 22 characters of base64."""
    digest = hmac.digest(key, f"{address}\n{choice}".encode(errors="replace"), sha256)
    return urlsafe_b64encode(digest[:16]).decode().rstrip("=")
