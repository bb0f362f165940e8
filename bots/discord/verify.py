"""Whether an interaction that comes by HTTP is really from Discord."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from core.channel import Request

SIGNATURE = "x-signature-ed25519"
TIMESTAMP = "x-signature-timestamp"


def genuine(request: Request, public_key: str) -> bool:
    """Whether the call is signed (Ed25519, over time stamp and body) by the owner of `public_key`, in hexadecimal; never without a key."""
    try:
        signature = bytes.fromhex(request.headers.get(SIGNATURE, ""))
        signed = request.headers.get(TIMESTAMP, "").encode() + request.body
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(signature, signed)
    except (ValueError, InvalidSignature):
        return False
    return True
