"""Addresses under which Twilio may load one of our files for some hours, and nobody else can guess."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from urllib.parse import quote, urlencode

from core.clock import Clock

PATH = "/sms/media"
_LOAN = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaLinks:
    """`key` signs the addresses; `public_url` is where Twilio reaches us."""

    key: bytes
    public_url: str
    clock: Clock

    def address(self, ref: str) -> str:
        """Where a blob can be loaded from now on, for as long as Twilio tries to deliver it."""
        until = str(int((self.clock.now() + _LOAN).timestamp()))
        query = urlencode({"until": until, "sign": self._sign(ref, until)})
        return f"{self.public_url.rstrip('/')}{PATH}/{quote(ref, safe='')}?{query}"

    def lent(self, ref: str, query: Mapping[str, str]) -> bool:
        """Whether the address was given out and still holds; compares in constant time."""
        until, given = query.get("until", ""), query.get("sign", "")
        if not hmac.compare_digest(given.encode(errors="replace"), self._sign(ref, until).encode()):
            return False
        return int(until) >= self.clock.now().timestamp()

    def _sign(self, ref: str, until: str) -> str:
        return hmac.digest(self.key, f"{until} {ref}".encode(errors="replace"), sha256).hex()
