"""Reads Twilio's calls about text messages into events; pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bots.twilio.form import FormFields, form
from bots.twilio.opt_out import confirmed, wish
from core.address import Address
from core.errors import Malformed
from core.event import Body, Event, Joined, Left, Said, Sender, Shared, Spoke
from core.media import Media

_NUMBER = re.compile(r"\+[1-9][0-9]{1,14}")
_SID = re.compile(r"(SM|MM)[0-9a-f]{32}")
_MOST_FILES = 10
_SPANISH = "AR BO CL CO CR CU DO EC ES GQ GT HN MX NI PA PE PR PY SV UY VE"
_LOCALES = {"VN": "vi", **dict.fromkeys(_SPANISH.split(), "es")}


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """What became of a message that was sent: `sent`, `delivered`, `undelivered`, `failed` and so on."""

    sid: str
    status: str
    to: str = ""
    code: str = ""


def read(body: bytes, now: datetime) -> tuple[Event, ...]:
    """The events in a webhook call, `now` being their time, which Twilio does not tell.

    What was not texted by a person's own number (short codes, names, other networks, reports) gives none.
    Raises `Malformed` for what is no call of Twilio's about a message.
    """
    fields = form(body)
    sid = _sid(fields)
    sender = fields.get("From", "")
    if "MessageStatus" in fields or not _NUMBER.fullmatch(sender) or sender == fields.get("To"):
        return ()
    person = Sender(id=sender, locale=_LOCALES.get(fields.get("FromCountry", ""), ""))
    asked = wish(fields.get("Body", ""), fields.get("OptOutType", ""))
    return tuple(
        Event(
            id=f"sms:{sid}" + (f":{place}" if place else ""),
            address=Address("sms", sender),
            sender=person,
            at=now,
            body=body,
            opts_in=asked.opts_in,
            drop_if_opted_out=not isinstance(body, Left),
            message_id=sid,
        )
        for place, body in enumerate(_bodies(fields, sid))
    )


def unconfirmed(body: bytes) -> bool:
    """Whether a call ends the messages with words that Twilio has not answered by itself. Raises `Malformed`."""
    fields = form(body)
    said, opted = fields.get("Body", ""), fields.get("OptOutType", "")
    return wish(said, opted).name == "stop" and not confirmed(said, opted)


def report(body: bytes) -> StatusReport | None:
    """What a status callback says, or `None` when it is none. Raises `Malformed`."""
    fields = form(body)
    status = fields.get("MessageStatus", "")
    if not status:
        return None
    to = fields.get("To", "")
    return StatusReport(
        sid=_sid(fields),
        status=status,
        to=to if _NUMBER.fullmatch(to) else "",
        code=fields.get("ErrorCode", ""),
    )


def _bodies(fields: FormFields, sid: str) -> Iterator[Body]:
    said = fields.get("Body", "").strip()
    match wish(said, fields.get("OptOutType", "")).name:
        case "stop":
            yield Left()
            return
        case "start":
            yield Joined()
            return
        case "help":
            yield Said(text="/help")
            return
        case "answered":
            return
        case "":
            yield from _told(said, tuple(_files(fields, sid)), sid)


def _told(said: str, files: tuple[Media, ...], sid: str) -> Iterator[Body]:
    """The words with the first picture or document, or by themselves before what was spoken; several are one album, which is answered once."""
    shared = [file for file in files if not _sounds(file)]
    album = sid if len(shared) > 1 else ""
    if said and not shared:
        yield Said(text=said)
    for file in files:
        if _sounds(file):
            yield Spoke(audio=file)
        else:
            yield Shared(media=file, text=said if file is shared[0] else "", album=album)


def _files(fields: FormFields, sid: str) -> Iterator[Media]:
    count = fields.get("NumMedia", "") or "0"
    if not (count.isascii() and count.isdigit()):
        raise Malformed("NumMedia is no number")
    for place in range(min(int(count), _MOST_FILES)):
        if not (url := fields.get(f"MediaUrl{place}", "")):
            raise Malformed(f"MediaUrl{place} is missing")
        mime = fields.get(f"MediaContentType{place}", "").partition(";")[0].strip().lower()
        name = f"{sid[:2].lower()}-{place}.{_ending(mime)}"
        yield Media(ref=url, mime=mime or "application/octet-stream", name=name)


def _ending(mime: str) -> str:
    kind = re.sub(r"[^a-z0-9]", "", mime.rpartition("/")[2].removeprefix("x-"))[:8]
    return "txt" if kind == "plain" else kind or "bin"


def _sounds(file: Media) -> bool:
    return file.mime.startswith("audio/") or file.mime == "video/3gpp"


def _sid(fields: FormFields) -> str:
    sid = fields.get("MessageSid") or fields.get("SmsSid") or fields.get("SmsMessageSid") or ""
    if not _SID.fullmatch(sid):
        raise Malformed("MessageSid is missing or no message's id")
    return sid
