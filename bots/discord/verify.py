"""Whether an interaction that comes by HTTP is really from Discord."""

from binascii import Error

from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

from core.channel import Request

SIGNATURE = "x-signature-ed25519"
TIMESTAMP = "x-signature-timestamp"


def is_signed(request: Request, public_key: str) -> bool:
    """Whether the call is signed (Ed25519, over time stamp and body) by the owner of `public_key`, in hexadecimal; never without a key."""
    try:
        signature = bytes.fromhex(request.headers.get(SIGNATURE, ""))
        signed = request.headers.get(TIMESTAMP, "").encode() + request.body
        VerifyKey(bytes.fromhex(public_key)).verify(signed, signature)
    except (ValueError, Error, CryptoError):
        return False
    return True
