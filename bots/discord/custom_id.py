"""Custom ids of buttons: a choice and a signature that binds it to its chat, within Discord's limit of 100 characters."""

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256

from core.address import Address
from core.errors import Malformed

LIMIT = 100
_SIGNATURE = 11
CHOICE_BYTES = LIMIT - _SIGNATURE


def encode(choice: str, address: Address, key: bytes) -> str:
    """Return the signed choice; raises `Malformed` for an empty choice and for more than `CHOICE_BYTES` bytes."""
    if not choice or len(choice.encode()) > CHOICE_BYTES:
        raise Malformed(f"a choice has 1 to {CHOICE_BYTES} bytes")
    return _signature(choice, address, key) + choice


def inert(index: int) -> str:
    """Return the id of a disabled button; ids must differ within a message."""
    return f"-{index}"


def decode(data: str, address: Address, key: bytes) -> str | None:
    """Return the choice, or `None` if the signature is not valid for this chat. Compares in constant time."""
    signature, choice = data[:_SIGNATURE], data[_SIGNATURE:]
    if not choice or not hmac.compare_digest(signature.encode(), _signature(choice, address, key).encode()):
        return None
    return choice


def _signature(choice: str, address: Address, key: bytes) -> str:
    """Return eight bytes of HMAC-SHA-256 as eleven characters of base64."""
    digest = hmac.digest(key, f"{address}\n{choice}".encode(), sha256)
    return urlsafe_b64encode(digest[:8]).decode().rstrip("=")
