"""Whether a webhook call really comes from Twilio."""

import hmac
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha1
from urllib.parse import urlsplit

from bots.twilio.form import FormPairs, pairs
from core.channel import Request
from core.errors import Malformed

HEADER = "x-twilio-signature"
_PORTS = {"https": 443, "http": 80, "wss": 443, "ws": 80}


def genuine(request: Request, *, public_url: str, token: str) -> bool:
    """Whether the call is signed with the account's token, for the address under which Twilio knows us.

    Twilio signs with or without the usual port, so both are tried; never true without a token.
    """
    given = request.headers.get(HEADER, "").encode(errors="replace")
    if not token or not given:
        return False
    try:
        fields = pairs(request.body)
    except Malformed:
        return False
    address = public_url.rstrip("/") + request.path
    wanted = [signature(url, fields, token).encode() for url in _spelled(address)]
    return any([hmac.compare_digest(given, each) for each in wanted])  # noqa: C419 - all are compared, whichever fits


def signature(url: str, fields: FormPairs, token: str) -> str:
    """HMAC-SHA1 over the address and the fields in their order by name, each value of a name once, in base64."""
    words = "".join(name + value for name, value in sorted(set(fields)))
    return b64encode(hmac.digest(token.encode(), (url + words).encode(errors="replace"), sha1)).decode()


def _spelled(url: str) -> Iterator[str]:
    """The address as it is, and with the usual port named or not."""
    yield url
    parts = urlsplit(url)
    usual = _PORTS.get(parts.scheme)
    if usual is None:
        return
    if parts.port is None:
        yield parts._replace(netloc=f"{parts.netloc}:{usual}").geturl()
    else:
        yield parts._replace(netloc=parts.netloc.rpartition(":")[0]).geturl()
