"""Encrypt secrets so that neither the database nor a backup of it reveals them."""

import hmac
import os
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.errors import Malformed

_VERSION = b"\x01"
_NONCE_BYTES = 12
"""The nonce length that NIST SP 800-38D recommends for GCM."""


class SealedBox:
    """AES-256-GCM under a key derived from `secret_key` for one `purpose`."""

    def __init__(self, secret_key: bytes, *, purpose: str) -> None:
        self._cipher = AESGCM(hmac.digest(secret_key, f"seal {purpose}".encode(), sha256))

    def seal(self, secret: bytes, *, context: str) -> bytes:
        """A version byte, a random nonce and the ciphertext, which only decrypts with the same `context`."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, secret, context.encode())

    def unseal(self, sealed: bytes, *, context: str) -> bytes:
        """The secret. Raises `Malformed` if the key, purpose or context differs, or if `sealed` was altered."""
        if sealed[:1] != _VERSION:
            raise Malformed("sealed in an unknown format")
        try:
            return self._cipher.decrypt(sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :], context.encode())
        except (InvalidTag, ValueError) as error:
            raise Malformed("sealed with another key or context") from error
