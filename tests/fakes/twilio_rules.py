"""What Twilio refuses, with the numbers and words of its own answers (twilio.com/docs/api/errors)."""

import re
from collections.abc import Mapping
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
_LONGEST = 1600


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


@dataclass
class People:
    """What Twilio knows of numbers: who has ended the messages, which are no mobiles, which countries are closed."""

    opted_out: set[str]
    landlines: set[str]
    closed: tuple[str, ...]


def checked(fields: Mapping[str, str], number: str, people: People) -> None:
    """Raises `Wrong` for a message that Twilio would not take."""
    if strange := set(fields) - KNOWN:
        raise Wrong(400, 20001, f"unknown parameters: {sorted(strange)}")
    to, sender, body = fields.get("To", ""), fields.get("From", ""), fields.get("Body", "")
    if not to:
        raise Wrong(400, 21604, "A 'To' phone number is required.")
    if not _NUMBER.fullmatch(to):
        raise Wrong(400, 21211, f"Invalid 'To' Phone Number: {to}")
    if not sender:
        raise Wrong(400, 21603, "A 'From' phone number is required.")
    if sender != number:
        raise Wrong(400, 21606, f"The 'From' phone number provided ({sender}) is not a valid, message-capable number")
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
