"""Signed webhook requests of Slack, Twilio and Discord, each with new ids."""

import hmac
import itertools
import json
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha1, sha256
from urllib.parse import urlencode

from nacl.signing import SigningKey

PUBLIC_URL = "https://bench.example"
SLACK_SECRET, TWILIO_TOKEN = "bench-signing-secret", "bench-auth-token"
DISCORD_KEY = SigningKey(bytes(32))
PEOPLE = 500
_numbers = itertools.count(time.time_ns() // 1000 % 10**12)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """A POST request; `path` is the same on Sona and on its peers."""

    path: str
    mime: str
    headers: Mapping[str, str]
    body: bytes

    def raw(self) -> bytes:
        """HTTP/1.1 bytes for a keep-alive connection."""
        lines = {"Host": "bench.example", "Content-Type": self.mime, "Content-Length": str(len(self.body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in (lines | dict(self.headers)).items())
        return f"POST {self.path} HTTP/1.1\r\n{head}\r\n".encode() + self.body


def slack() -> SignedRequest:
    """Event of a direct message."""
    number, stamp = next(_numbers), str(int(time.time()))
    person = number % PEOPLE
    event = {
        "type": "message",
        "channel": f"D{person}",
        "user": f"U{person}",
        "text": f"toki! {number}",
        "ts": f"{stamp}.{number % 1_000_000:06d}",
        "event_ts": f"{stamp}.{number % 1_000_000:06d}",
        "channel_type": "im",
        "team": "T1",
    }
    payload = {
        "token": "x",
        "team_id": "T1",
        "api_app_id": "A1",
        "type": "event_callback",
        "event_id": f"Ev{number}",
        "event_time": int(stamp),
        "authorizations": [{"enterprise_id": None, "team_id": "T1", "user_id": "UBOT", "is_bot": True}],
        "event": event,
    }
    body = json.dumps(payload).encode()
    digest = hmac.new(SLACK_SECRET.encode(), b"v0:" + stamp.encode() + b":" + body, sha256).hexdigest()
    headers = {"X-Slack-Signature": f"v0={digest}", "X-Slack-Request-Timestamp": stamp}
    return SignedRequest(path="/slack", mime="application/json", headers=headers, body=body)


def sms() -> SignedRequest:
    """A text message."""
    number = next(_numbers)
    fields = {
        "ToCountry": "US",
        "MessageSid": f"SM{number:032x}",
        "AccountSid": "AC" + "0" * 31 + "1",
        "From": f"+1555{number % PEOPLE:07d}",
        "To": "+15550009999",
        "Body": f"toki! {number}",
        "FromCountry": "US",
        "NumMedia": "0",
        "NumSegments": "1",
        "ApiVersion": "2010-04-01",
    }
    signed = f"{PUBLIC_URL}/sms" + "".join(name + value for name, value in sorted(fields.items()))
    signature = b64encode(hmac.digest(TWILIO_TOKEN.encode(), signed.encode(), sha1)).decode()
    headers = {"X-Twilio-Signature": signature}
    return SignedRequest(
        path="/sms", mime="application/x-www-form-urlencoded", headers=headers, body=urlencode(fields).encode()
    )


def discord() -> SignedRequest:
    """Slash command in a new private chat: a second command in a chat whose first is unanswered is treated differently."""
    number, stamp = next(_numbers), str(int(time.time()))
    person = str(10**17 + number)
    payload = {
        "id": str(10**18 + number),
        "application_id": "900",
        "type": 2,
        "token": f"token-{number}",
        "version": 1,
        "locale": "en-US",
        "channel_id": str(2 * 10**17 + number),
        "context": 1,
        "user": {"id": person, "username": "ana", "global_name": "Ana", "discriminator": "0", "avatar": None},
        "entitlements": [],
        "authorizing_integration_owners": {"1": person},
        "data": {"id": "1", "type": 1, "name": "review"},
    }
    body = json.dumps(payload).encode()
    signature = DISCORD_KEY.sign(stamp.encode() + body).signature.hex()
    headers = {"X-Signature-Ed25519": signature, "X-Signature-Timestamp": stamp}
    return SignedRequest(path="/discord", mime="application/json", headers=headers, body=body)


PLATFORMS: Mapping[str, Callable[[], SignedRequest]] = {"slack": slack, "sms": sms, "discord": discord}


def signed_requests(platform: str, count: int) -> Iterator[SignedRequest]:
    """Yield new requests of a platform."""
    make = PLATFORMS[platform]
    return (make() for _ in range(count))
