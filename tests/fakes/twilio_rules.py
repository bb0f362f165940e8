"""What Twilio refuses, with the numbers and words of its own answers (twilio.com/docs/api/errors)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web

KNOWN = frozenset(
    [
        "To",
        "From",
        "MessagingServiceSid",
        "Body",
        "MediaUrl",
        "StatusCallback",
        "MaxPrice",
        "ProvideFeedback",
        "Attempt",
        "ValidityPeriod",
        "SmartEncoded",
        "ShortenUrls",
        "SendAsMms",
    ]
)
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_SERVICE = re.compile(r"MG[0-9a-f]{32}")
_LONGEST = 1600
MMS = frozenset(
    [
        *("image/jpeg", "image/jpg", "image/gif", "image/png", "image/heic", "image/heif", "image/tiff", "image/bmp"),
        *("audio/basic", "audio/L24", "audio/mp4", "audio/mpeg", "audio/ogg", "audio/3gpp", "audio/amr", "audio/webm"),
        *("video/mpeg", "video/mp4", "video/webm", "video/3gpp", "text/vcard", "text/csv", "application/pdf"),
    ]
)
_SEVEN_BITS = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED = "\f^{}\\[~]|€"


@dataclass(frozen=True)
class Wrong(Exception):
    status: int
    code: int
    message: str
    retry_after: int = 0

    def answer(self) -> web.Response:
        body = {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }
        headers = {"Retry-After": str(self.retry_after)} if self.retry_after else {}
        return web.json_response(body, status=self.status, headers=headers)


AUTHENTICATE = Wrong(401, 20003, "Authenticate")
FINE = Wrong(201, 0, "")
"""In a row of wrongs to come, a call that goes well."""


@dataclass(frozen=True)
class File:
    """A file as its public address gave it; `told` is the type that asking for its head alone gave."""

    status: int
    data: bytes
    mime: str
    told: str


@dataclass
class People:
    """What Twilio knows of numbers: who has ended the messages, which are no mobiles, which countries are closed."""

    opted_out: set[str]
    landlines: set[str]
    closed: tuple[str, ...]


def checked(fields: Mapping[str, str], number: str, service: str, people: People) -> None:
    """Raises `Wrong` for a message that Twilio would not take."""
    if strange := set(fields) - KNOWN:
        raise Wrong(400, 20001, f"unknown parameters: {sorted(strange)}")
    to, body = fields.get("To", ""), fields.get("Body", "")
    if not to:
        raise Wrong(400, 21604, "A 'To' phone number is required.")
    if not _NUMBER.fullmatch(to):
        raise Wrong(400, 21211, f"Invalid 'To' Phone Number: {to}")
    _sender(fields, number, service)
    if not body and "MediaUrl" not in fields:
        raise Wrong(400, 21602, "Message body is required.")
    if len(body) > _LONGEST:
        raise Wrong(400, 21617, "The concatenated message body exceeds the 1600 character limit")
    if any(to.startswith(prefix) for prefix in people.closed):
        raise Wrong(400, 21408, "Permission to send an SMS has not been enabled for the region")
    if to in people.landlines:
        raise Wrong(400, 21614, f"'To' number is not a valid mobile number: {to}")
    if to in people.opted_out:
        raise Wrong(400, 21610, "Attempt to send to unsubscribed recipient")
    if not fields.get("MediaUrl", "https://").startswith(("https://", "http://")):
        raise Wrong(400, 21620, "Invalid media URL(s)")


def _sender(fields: Mapping[str, str], number: str, service: str) -> None:
    """A phone number of the account, or a messaging service, which picks one."""
    sender, chosen = fields.get("From", ""), fields.get("MessagingServiceSid", "")
    if not sender and not chosen:
        raise Wrong(400, 21603, "A 'From' phone number is required.")
    if sender and sender != number:
        raise Wrong(400, 21606, f"The 'From' phone number provided ({sender}) is not a valid, message-capable number")
    if chosen and not _SERVICE.fullmatch(chosen):
        raise Wrong(400, 21705, "The Messaging Service Sid is invalid")
    if chosen and chosen != service:
        raise Wrong(404, 21701, "The Messaging Service does not exist")


def counted(body: str) -> int:
    """The segments of a text, by the standard: seven bits a character where all of them allow it, else UTF-16."""
    if all(character in _SEVEN_BITS or character in _ESCAPED for character in body):
        sizes, alone, joined = [1 + (character in _ESCAPED) for character in body], 160, 153
    else:
        sizes, alone, joined = [len(character.encode("utf-16-be")) // 2 for character in body], 70, 67
    if sum(sizes) <= alone:
        return 1
    full, left = 1, joined
    for size in sizes:
        if size > left:
            full, left = full + 1, joined
        left -= size
    return full


def undeliverable(found: Sequence[File], body: str) -> str:
    """Why a message with these files fails once Twilio has them, as the number of the error; empty where it does not."""
    if any(file.status != 200 for file in found):
        return "11200"
    if any(file.mime not in MMS or file.mime != file.told for file in found):
        return "12300"
    return "11751" if sum(len(file.data) for file in found) + len(body.encode()) >= 5_000_000 else ""
