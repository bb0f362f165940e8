"""Seals secrets so that the database alone, or a backup of it, does not give them away."""

import hmac
import os
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.errors import Malformed

_VERSION = b"\x01"
_NONCE = 12


class SealedBox:
    """AES-256-GCM under a key derived from `secret_key` for this `purpose` alone."""

    def __init__(self, secret_key: bytes, *, purpose: str) -> None:
        self._cipher = AESGCM(hmac.digest(secret_key, f"seal {purpose}".encode(), sha256))

    def seal(self, secret: bytes, *, context: str) -> bytes:
        """A version, a fresh nonce and the sealed secret, which opens for the same `of` only."""
        nonce = os.urandom(_NONCE)
        return _VERSION + nonce + self._cipher.encrypt(nonce, secret, context.encode())

    def unseal(self, sealed: bytes, *, context: str) -> bytes:
        """Raises `Malformed` where it was sealed with another key, for something else, or not by us."""
        if sealed[:1] != _VERSION:
            raise Malformed("not sealed in a way that is known")
        try:
            return self._cipher.decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], context.encode())
        except (InvalidTag, ValueError) as error:
            raise Malformed("sealed with another key") from error
