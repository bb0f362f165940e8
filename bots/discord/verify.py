"""Verifies the signature of interactions over HTTP."""

from binascii import Error

from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

from core.channel import Request

SIGNATURE = "x-signature-ed25519"
TIMESTAMP = "x-signature-timestamp"


def is_signed(request: Request, public_key: str) -> bool:
    """Return whether the request has a valid Ed25519 signature over timestamp and body; false without `public_key` (hexadecimal)."""
    try:
        signature = bytes.fromhex(request.headers.get(SIGNATURE, ""))
        signed = request.headers.get(TIMESTAMP, "").encode() + request.body
        VerifyKey(bytes.fromhex(public_key)).verify(signed, signature)
    except (ValueError, Error, CryptoError):
        return False
    return True
