"""Signed cookies that name a conversation, and signed links to what only it may see."""

import hashlib
import hmac
from typing import Final

COOKIE: Final = "sona"
COOKIE_SECONDS: Final = 400 * 24 * 3600  # the longest that browsers keep one


class CookieSigner:
    """Signs with one secret; every comparison takes constant time."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 16:
            raise ValueError("the secret needs at least 16 bytes")
        self._secret = secret

    def cookie(self, chat: str) -> str:
        """The cookie's value that names conversation `web:<chat>`."""
        return f"{chat}.{self._sign('cookie', chat)}"

    def chat(self, cookie: str) -> str:
        """The chat that a cookie names, or empty when it was not made with this secret."""
        chat, _, signature = cookie.rpartition(".")
        return chat if chat and self._same(signature, "cookie", chat) else ""

    def proof(self, chat: str, ref: str) -> str:
        """What shows that `chat` may see or use the blob `ref`."""
        return self._sign("blob", chat, ref)

    def proves(self, proof: str, chat: str, ref: str) -> bool:
        return self._same(proof, "blob", chat, ref)

    def _same(self, given: str, *parts: str) -> bool:
        return hmac.compare_digest(given.encode("utf-8", "replace"), self._sign(*parts).encode())

    def _sign(self, *parts: str) -> str:
        message = "\0".join(("web", *parts)).encode("utf-8", "replace")
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()[:40]
